import { join } from 'node:path';
import type { AdminApi } from '../admin-api/app.ts';
import type { AdminKeys } from './accounts/admin-keys.ts';
import type { Gate } from './admission/gate.ts';
import type { Authentication } from './authentication/authentication.ts';
import { createBackupLeases, type BackupLeases } from './backup-lease.ts';
import { openLocalDisk } from './blobs/local-disk.ts';
import type { BlobStore } from './blobs/store.ts';
import { composeAccounts } from './compose/accounts.ts';
import { composeAdminApi } from './compose/admin-api.ts';
import { startOperations, type Operations } from './compose/operations.ts';
import { openEvidence } from './compose/evidence.ts';
import { openServedHostKeys } from './compose/host-keys.ts';
import { composeLogins } from './compose/logins.ts';
import { composeRecords } from './compose/records.ts';
import type { LedgerArchive } from './archive/archive.ts';
import type { Config } from './config.ts';
import { hostKeyFingerprint, publicKeyLine } from './connection/host-keys.ts';
import { openDoor, startWorkers } from './compose/network.ts';
import { UnitGuards } from './database/guards.ts';
import { openDatabase, type OpenDatabase } from './database/open.ts';
import { TrustedTime } from './database/trusted-time.ts';
import { LiveOpens } from './files/opens.ts';
import type { FilesParts } from './files/parts.ts';
import { recover, type Recovered } from './files/recovery.ts';
import { Removals } from './files/removals.ts';
import { startSweep, type Sweep } from './files/sweep.ts';
import { checkMasterKey, createVault } from './files/vault.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createLedgerNames, type LedgerNames } from './ledger/names.ts';
import { lastSeqOf } from './ledger/tail.ts';
import type { Logger } from './log.ts';
import type { Workers } from './monitor/workers.ts';
import { createReceipts, type RunningReceipts } from './receipts/receipts.ts';
import type { KeyMaterial } from './setup.ts';
import type { RunningReviews } from './reports/reviews.ts';
import { lastLedgerAtMs, recallTime } from './retention/clock.ts';
import type { RunningRetention } from './retention/retention.ts';
import { standingHolds } from './retention/standing-holds.ts';
import type { RotatingKey } from './signing/rotating-key.ts';
import { version } from './version.ts';

/** Every part of a running server, wired; `server.ts` gives it addresses and a life. */
export type Composed = {
  readonly database: OpenDatabase;
  readonly adminKeys: AdminKeys;
  readonly authentication: Authentication;
  readonly gate: Gate;
  readonly workers: Workers;
  readonly adminApi: AdminApi;
  readonly operations: Operations;
  readonly retention: RunningRetention;
  readonly ledgerArchive: LedgerArchive;
  readonly reviews: RunningReviews;
  readonly receipts: RunningReceipts;
  readonly evidenceKey: RotatingKey;
  readonly backups: BackupLeases;
  readonly recovered: Recovered;
  /** Goes on while the server serves. */
  readonly sweep: Sweep;
  readonly removals: Pick<Removals, 'stop'>;
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
  const trusted = new TrustedTime(() => performance.now());
  const database = openDatabase({
    dataDirectory: config.dataDirectory,
    clock: Date.now,
    trusted,
    onProblem: (problem) =>
      problem === null ? log.info('the audit ledger can be written again') : log.error(problem),
    onFault,
  });
  try {
    await database.read((reader) => checkMasterKey(reader, masterKey));
    const store = await openLocalDisk(join(config.dataDirectory, 'blobs'));
    const vault = createVault(masterKey);
    const names = createLedgerNames(masterKey);
    names.follow(database);
    const ledger = createLedger(names);
    const removals = new Removals({ store, onFault });
    const opens = new LiveOpens((blobId) => removals.remove(blobId));
    const ledgerSeqBefore = await database.read(lastSeqOf);
    const ledgerAtMs = await database.read(lastLedgerAtMs);
    await database.read((reader) => recallTime(reader, trusted, ledgerAtMs));
    const evidenceKey = await openEvidence(config, keys, { database, ledger }, log);
    const receipts = createReceipts({
      database,
      ledger,
      vault,
      store,
      key: evidenceKey,
      version,
      limits: config.limits,
      onFault,
    });
    database.onCommit((commit) => receipts.committed(commit));
    const files: FilesParts = {
      database,
      ledger,
      vault,
      opens,
      holds: standingHolds,
      receipts,
      limits: config.limits,
    };
    const recovered = await recover(files, store);
    for (const { blobId, error } of recovered.unreadable)
      log.error(
        { err: error, blob: blobId },
        'an unfinished upload cannot be read; it is given up',
      );
    const services = await composeServices({
      config,
      keys,
      log,
      readiness,
      database,
      store,
      removals,
      files,
      ledger,
      names,
      receipts,
      evidenceKey,
      ledgerSeqBefore,
      ledgerAtMs,
      trusted,
      onFault,
    });
    return { ...services, recovered, removals, sweep: startSweep(files, store, onFault) };
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
  readonly removals: Pick<Removals, 'refused'>;
  readonly files: FilesParts;
  readonly ledger: Ledger;
  readonly names: LedgerNames;
  readonly receipts: RunningReceipts;
  readonly evidenceKey: RotatingKey;
  readonly ledgerSeqBefore: number;
  /** Of its newest row then; null where there was none. */
  readonly ledgerAtMs: number | null;
  readonly trusted: TrustedTime;
  readonly onFault: (error: unknown) => void;
};

async function composeServices(
  parts: ServiceParts,
): Promise<Omit<Composed, 'recovered' | 'removals' | 'sweep'>> {
  const { keys, readiness, ...given } = parts;
  const { config, log, database, files, ledger, onFault } = given;
  const masterKey = keys.masterKey.reveal();
  const guards = new UnitGuards();
  const shared = { ...given, guarded: guards.over(database) };
  const { accounts, adminKeys, pendingChanges, passwordHashing } = await composeAccounts({
    ...shared,
    masterKey,
  });
  const isLegacy = (address: string) => accounts.legacyAddresses.includes(address, Date.now());
  const door = openDoor(config, database, isLegacy, onFault);
  const logins = composeLogins({ ...shared, door, accounts });
  const { authentication, monitor } = logins;
  const hostKeys = await openServedHostKeys({ config, keys, database, ledger, log });
  const ready = readinessOf(database, readiness);
  const operations = await startOperations({
    ...shared,
    masterKey,
    opens: files.opens,
    door,
    authentication,
    passwordHashing,
    isReady: () => ready().ready,
  });
  const records = composeRecords({
    ...shared,
    masterKey,
    checkpoints: operations.checkpoints,
  });
  const adminApi = composeAdminApi({
    ...shared,
    ...logins,
    ...records,
    guards,
    adminKeys,
    pendingChanges,
    penalties: door.gate.penalties,
    ready,
    operations,
  });
  // Last: what threw after it would leave processes behind.
  const workers = await startWorkers({ config, log, door, monitor, hostKeys, onFault }).catch(
    async (error: unknown) => {
      await operations.stop();
      throw error;
    },
  );
  const hostKey = keys.hostKey.reveal();
  return {
    ...records,
    database,
    adminKeys,
    authentication,
    gate: door.gate,
    workers,
    adminApi,
    operations,
    receipts: given.receipts,
    evidenceKey: given.evidenceKey,
    backups: createBackupLeases({ database, ledger, hold: () => files.opens.hold() }),
    hostKey: { fingerprint: hostKeyFingerprint(hostKey), line: publicKeyLine(hostKey) },
  };
}

function readinessOf(database: OpenDatabase, readiness: Readiness) {
  return () => {
    const { problem } = database;
    const reasons = problem === null ? readiness.reasons : [...readiness.reasons, problem];
    return { ready: reasons.length === 0, reasons };
  };
}
