import { createAdminApi, type AdminApi } from '../../admin-api/app.ts';
import type { ListenerTls } from '../../admin-api/listener-tls.ts';
import type { AdminKeys } from '../accounts/admin-keys.ts';
import type { PendingChanges } from '../accounts/pending-changes.ts';
import { openAdminTls } from '../admin-tls.ts';
import type { Gate } from '../admission/gate.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Config } from '../config.ts';
import type { UnitGuards } from '../database/guards.ts';
import type { Database } from '../database/units.ts';
import { createAdminChanges } from '../files/admin-changes.ts';
import { createAdminFiles } from '../files/admin-view.ts';
import { createLiveView } from '../files/live-view.ts';
import type { FilesParts } from '../files/parts.ts';
import { createTransfers } from '../files/transfers.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import type { Logger } from '../log.ts';
import type { RunningReceipts } from '../receipts/receipts.ts';
import { version } from '../version.ts';
import type { ComposedLogins } from './logins.ts';
import type { Operations } from './operations.ts';
import type { ComposedRecords } from './records.ts';

type Parts = ComposedRecords &
  ComposedLogins & {
    readonly config: Config;
    readonly log: Logger;
    /** Through it goes what an administrator changes. */
    readonly guarded: Database;
    readonly guards: UnitGuards;
    readonly adminKeys: AdminKeys;
    readonly pendingChanges: PendingChanges;
    readonly files: FilesParts;
    readonly store: BlobStore;
    readonly ledger: Ledger;
    readonly names: LedgerNames;
    readonly receipts: RunningReceipts;
    readonly penalties: Gate['penalties'];
    readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
    readonly operations: Operations;
    readonly onFault: (error: unknown) => void;
  };

/** What administrators see and change, over what the other parts do. */
export function composeAdminApi(parts: Parts): AdminApi {
  const { config, control, guarded: database, store } = parts;
  const files = { ...parts.files, database };
  // Named one by one: what faces administrators holds nothing that it does not use.
  return createAdminApi({
    accounts: control.accounts,
    adminKeys: parts.adminKeys,
    pendingChanges: parts.pendingChanges,
    adminFiles: createAdminFiles(files, store),
    adminChanges: createAdminChanges(files, store),
    live: createLiveView(parts.servedFiles, files.opens),
    transfers: createTransfers(parts.files),
    reports: parts.reports,
    ledgerExports: parts.ledgerExports,
    ledgerArchive: parts.ledgerArchive,
    reviews: parts.reviews,
    retention: parts.retention,
    receipts: parts.receipts.search,
    authentication: parts.authentication,
    endLogin: control.endLogin,
    penalties: parts.penalties,
    database,
    guards: parts.guards,
    ledger: parts.ledger,
    names: parts.names,
    store,
    limits: config.limits,
    twoPersonActions: config.admin.twoPersonActions,
    tls: openListenerTls(config, parts.log),
    steadyNow: () => performance.now(),
    version,
    ready: parts.ready,
    operations: parts.operations,
    onFault: parts.onFault,
  });
}

function openListenerTls({ admin }: Config, log: Logger): ListenerTls | null {
  if (admin.tls === null) return null;
  return openAdminTls({
    files: admin.tls,
    log: {
      info: (words) => log.info(words),
      error: (details, words) => log.error(details, words),
    },
  });
}
