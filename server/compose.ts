import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdminApi, type AdminApi } from '../admin-api/app.ts';
import { createAccounts } from './accounts/accounts.ts';
import { createAdminKeys, type AdminKeys } from './accounts/admin-keys.ts';
import { createPasswordHashing } from './accounts/password-hashing.ts';
import { createAuthentication, type Authentication } from './authentication/authentication.ts';
import { openLocalDisk } from './blobs/local-disk.ts';
import type { BlobStore } from './blobs/store.ts';
import { readBanner } from './banner.ts';
import type { Config } from './config.ts';
import {
  createListener,
  hostKeyFingerprint,
  publicKeyLine,
  type Listener,
} from './connection/listener.ts';
import { openDatabase, type OpenDatabase } from './database/open.ts';
import { limits } from './domain/limits.ts';
import { createAdminFiles } from './files/admin-view.ts';
import { createFiles } from './files/files.ts';
import { LiveOpens } from './files/opens.ts';
import type { FilesParts } from './files/parts.ts';
import { recover, type Recovered } from './files/recovery.ts';
import { createTransfers } from './files/transfers.ts';
import { isTreeEmpty, plantTree } from './files/tree.ts';
import { giveUpUploads } from './files/uploads.ts';
import { checkMasterKey, createVault } from './files/vault.ts';
import { ledger } from './ledger/ledger.ts';
import type { Logger } from './log.ts';
import { crossSeam, WorkerLink } from './monitor/in-process.ts';
import { createMonitor } from './monitor/monitor.ts';
import { SessionRegistry } from './session/registry.ts';
import type { KeyMaterial } from './setup.ts';
import { version } from './version.ts';

/** Every part of a running server, wired; `server.ts` gives it addresses and a life. */
export type Composed = {
  readonly database: OpenDatabase;
  readonly adminKeys: AdminKeys;
  readonly authentication: Authentication;
  readonly listener: Listener;
  readonly sessions: SessionRegistry;
  readonly adminApi: AdminApi;
  readonly recovered: Recovered;
  readonly hostKey: { readonly fingerprint: string; readonly line: string };
};

/** Set once everything listens; `/readyz` says why not. */
export type Readiness = { reasons: string[] };

export async function compose(
  config: Config,
  keys: KeyMaterial,
  log: Logger,
  readiness: Readiness,
): Promise<Composed> {
  const onFault = (error: unknown) => log.error({ err: error }, 'internal fault');
  const masterKey = keys.masterKey.reveal();
  const database = openDatabase({ dataDirectory: config.dataDirectory, clock: Date.now });
  try {
    await database.read((reader) => checkMasterKey(reader, masterKey));
    const store = await openLocalDisk(join(config.dataDirectory, 'blobs'));
    const vault = createVault(masterKey);
    const opens = new LiveOpens((blobId) => void store.remove(blobId).catch(onFault));
    const files: FilesParts = { database, ledger, vault, opens };
    const recovered = await recover(files, store);
    return {
      ...(await composeServices({ config, keys, log, readiness, database, store, files, onFault })),
      recovered,
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

type ServiceParts = {
  readonly config: Config;
  readonly keys: KeyMaterial;
  readonly log: Logger;
  readonly readiness: Readiness;
  readonly database: OpenDatabase;
  readonly store: BlobStore;
  readonly files: FilesParts;
  readonly onFault: (error: unknown) => void;
};

async function composeServices(parts: ServiceParts): Promise<Omit<Composed, 'recovered'>> {
  const { config, keys, log, readiness, database, store, files, onFault } = parts;
  const accounts = createAccounts({
    database,
    ledger,
    limits,
    passwordHashing: await createPasswordHashing({ queuedMax: limits.passwordHashesQueuedMax }),
    randomBytes,
    agencyIsEmpty: isTreeEmpty,
    giveUpUploads: (unit, userId, origin) => giveUpUploads(unit, userId, { ledger, origin }),
    provisionAgency: async (unit, agency) => {
      await plantTree(unit, agency);
      await files.vault.createAgencyKey(unit, agency.id);
    },
  });
  const adminKeys = createAdminKeys({ database, ledger, randomBytes });
  const authentication = createAuthentication({
    database,
    ledger,
    accounts,
    limits,
    now: () => performance.now(),
    randomBytes,
  });

  const worker = new WorkerLink();
  const served = createFiles(files, store, (openId) => worker.revokeOpen(openId));
  const monitor = crossSeam(
    createMonitor({
      authentication,
      files: served,
      database,
      ledger,
      clock: Date.now,
      endSession: (sessionId, reason) => worker.endSession(sessionId, reason),
      onFault,
    }),
  );
  const sessions = new SessionRegistry({ monitor, store, clock: Date.now, onFault });
  worker.connect(sessions);

  const hostKey = keys.hostKey.reveal();
  const listener = createListener({
    hostKeys: [hostKey],
    banner: readBanner(config.bannerFile),
    ident: 'Waybill',
    onPeer: (peer) => sessions.accept(peer),
    onFault,
    onNotice: (notice) => log.debug(notice, 'connection'),
  });
  const adminApi = createAdminApi({
    accounts,
    adminKeys,
    adminFiles: createAdminFiles(files),
    transfers: createTransfers(files),
    authentication,
    endSession: (sessionId) => worker.endSession(sessionId, 'administrator'),
    database,
    ledger,
    store,
    limits,
    version,
    ready: () => ({ ready: readiness.reasons.length === 0, reasons: readiness.reasons }),
    onFault,
  });
  return {
    database,
    adminKeys,
    authentication,
    listener,
    sessions,
    adminApi,
    hostKey: { fingerprint: hostKeyFingerprint(hostKey), line: publicKeyLine(hostKey) },
  };
}
