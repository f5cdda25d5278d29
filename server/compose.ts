import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { createAdminApi, type AdminApi } from '../admin-api/app.ts';
import type { ListenerTls } from '../admin-api/listener-tls.ts';
import { createAccounts } from './accounts/accounts.ts';
import { createAdminKeys, type AdminKeys } from './accounts/admin-keys.ts';
import { createPendingChanges } from './accounts/pending-changes.ts';
import { openAdminTls } from './admin-tls.ts';
import { createPasswordHashing } from './accounts/password-hashing.ts';
import type { Gate } from './admission/gate.ts';
import { createAuthentication, type Authentication } from './authentication/authentication.ts';
import { algorithmSets } from './connection/algorithms.ts';
import { createLiveControl } from './authentication/live-control.ts';
import { createBackupLeases, type BackupLeases } from './backup-lease.ts';
import { openLocalDisk } from './blobs/local-disk.ts';
import type { BlobStore } from './blobs/store.ts';
import { startOperations, type Operations } from './compose-operations.ts';
import { openEvidence } from './compose-evidence.ts';
import { openServedHostKeys } from './compose-host-keys.ts';
import { composeReports } from './compose-reports.ts';
import type { LedgerArchive } from './archive/archive.ts';
import type { Config } from './config.ts';
import { hostKeyFingerprint, publicKeyLine } from './connection/host-keys.ts';
import { openDoor, startWorkers } from './compose-network.ts';
import { UnitGuards } from './database/guards.ts';
import { openDatabase, type OpenDatabase } from './database/open.ts';
import { composeArchive } from './compose-archive.ts';
import { TrustedTime } from './database/trusted-time.ts';
import { createAdminChanges } from './files/admin-changes.ts';
import { createAdminFiles } from './files/admin-view.ts';
import { createFiles } from './files/files.ts';
import { createLiveView } from './files/live-view.ts';
import { LiveOpens } from './files/opens.ts';
import type { FilesParts } from './files/parts.ts';
import { recover, type Recovered } from './files/recovery.ts';
import { startSweep, type Sweep } from './files/sweep.ts';
import { createTransfers } from './files/transfers.ts';
import { isTreeEmpty, plantTree } from './files/tree.ts';
import { giveUpUploads } from './files/uploads.ts';
import { checkMasterKey, createSealing, createVault, passwordPepperOf } from './files/vault.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createLedgerNames, type LedgerNames } from './ledger/names.ts';
import { lastSeqOf } from './ledger/tail.ts';
import type { Logger } from './log.ts';
import { createMonitor } from './monitor/monitor.ts';
import type { Workers } from './monitor/workers.ts';
import { createReceipts, type RunningReceipts } from './receipts/receipts.ts';
import type { KeyMaterial } from './setup.ts';
import type { RunningReviews } from './reports/reviews.ts';
import { lastLedgerAtMs, recallTime } from './retention/clock.ts';
import { createRetention, type RunningRetention } from './retention/retention.ts';
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
    const opens = new LiveOpens((blobId) => store.remove(blobId).catch(onFault));
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
    return { ...services, recovered, sweep: startSweep(files, store, onFault) };
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
): Promise<Omit<Composed, 'recovered' | 'sweep'>> {
  const { config, keys, log, readiness, database, store, files, ledger, names, onFault } = parts;
  // Through it goes what an administrator changes.
  const guards = new UnitGuards();
  const guarded = guards.over(database);
  const passwordHashing = await createPasswordHashing({
    queuedMax: config.limits.passwordHashesQueuedMax,
    scheme: config.algorithms === 'fips' ? 'pbkdf2' : 'argon2id',
    pepper: passwordPepperOf(keys.masterKey.reveal()),
  });
  const accounts = createAccounts({
    database: guarded,
    ledger,
    limits: config.limits,
    lockout: config.lockout,
    profile: config.profile,
    passwordHashing,
    sealing: createSealing(keys.masterKey.reveal()),
    algorithms: config.algorithms,
    randomBytes,
    agencyIsEmpty: isTreeEmpty,
    giveUpUploads: (unit, userId, origin) => giveUpUploads(files, unit, userId, origin),
    provisionAgency: async (unit, agency) => {
      await plantTree(unit, agency);
      await files.vault.createAgencyKey(unit, agency.id);
    },
  });
  const adminKeys = createAdminKeys({ database: guarded, ledger, randomBytes });
  const pendingChanges = createPendingChanges({
    database: guarded,
    ledger,
    randomBytes,
    limits: config.limits,
  });
  await accounts.loadLegacyAddresses();
  const isLegacy = (address: string) => accounts.legacyAddresses.includes(address, Date.now());
  const door = openDoor(config, database, isLegacy, onFault);
  const { gate, placements, link } = door;
  const authentication = createAuthentication({
    database,
    ledger,
    accounts,
    limits: config.limits,
    now: () => performance.now(),
    pause: (ms) => pauseMs(ms),
    randomBytes,
    signatureAlgorithms: algorithmSets[config.algorithms].signatures,
    sshSessionIdOf: (connectionId) => placements.ofConnection(connectionId)?.sshSessionId,
    onRefused: ({ connectionId, reason }) => gate.loginRefused(connectionId, reason),
    onAccepted: ({ connectionId }) => gate.loggedIn(connectionId),
    onPasswordChanged: (login) => control.passwordChanged(login),
  });
  const control = createLiveControl({
    accounts,
    authentication,
    database: guarded,
    ledger,
    endSession: ({ connectionId }, reason) => link.endConnection(connectionId, reason),
  });
  const connectionOf = (sessionId: string) => placements.ofSession(sessionId)?.arrival.connectionId;
  const servedFiles = createFiles(files, store, async (openId) => {
    const connectionId = connectionOf(files.opens.get(openId)?.holder.sessionId ?? '');
    if (connectionId !== undefined) await link.revokeOpen(connectionId, openId);
  });
  const monitor = createMonitor({
    authentication,
    files: servedFiles,
    database,
    ledger,
    clock: Date.now,
    endSession: async (sessionId, reason) => {
      const connectionId = connectionOf(sessionId);
      if (connectionId !== undefined) await link.endConnection(connectionId, reason);
    },
    onFault,
  });
  const hostKey = keys.hostKey.reveal();
  const hostKeys = await openServedHostKeys({ config, keys, database, ledger, log });

  const ready = () => {
    const { problem } = database;
    const reasons = problem === null ? readiness.reasons : [...readiness.reasons, problem];
    return { ready: reasons.length === 0, reasons };
  };
  const operations = await startOperations({
    config,
    log,
    database,
    guarded,
    names,
    store,
    opens: files.opens,
    door,
    authentication,
    passwordHashing,
    isReady: () => ready().ready,
    ledgerSeqBefore: parts.ledgerSeqBefore,
    masterKey: keys.masterKey.reveal(),
    evidenceKey: parts.evidenceKey,
    onFault,
  });
  const retention = createRetention({
    guarded,
    database,
    ledger,
    randomBytes,
    limits: config.limits,
    files,
    key: parts.evidenceKey,
    version,
    now: Date.now,
    steadyNow: () => performance.now(),
    ledgerAtMs: parts.ledgerAtMs,
    names,
    trusted: parts.trusted,
    eraseLog: () => database.truncateLog(),
    onFault,
  });
  const { exports: ledgerExports, archive: ledgerArchive } = composeArchive({
    config,
    masterKey: keys.masterKey.reveal(),
    database,
    guarded,
    ledger,
    names,
    evidenceKey: parts.evidenceKey,
    checkpointNow: () => operations.checkpoints.making.now(),
    clock: retention.clock,
    onFault,
  });
  const { reports, reviews } = composeReports({
    config,
    database,
    guarded,
    ledger,
    names,
    opens: files.opens,
    clock: retention.clock,
    check: operations.checkpoints.check,
    onFault,
  });
  const adminApi = createAdminApi({
    accounts: control.accounts,
    adminKeys,
    pendingChanges,
    adminFiles: createAdminFiles({ ...files, database: guarded }, store),
    adminChanges: createAdminChanges({ ...files, database: guarded }, store),
    live: createLiveView(servedFiles, files.opens),
    transfers: createTransfers(files),
    reports,
    ledgerExports,
    ledgerArchive,
    reviews,
    retention,
    receipts: parts.receipts.search,
    authentication,
    endLogin: control.endLogin,
    penalties: gate.penalties,
    database: guarded,
    guards,
    ledger,
    names,
    store,
    limits: config.limits,
    twoPersonActions: config.admin.twoPersonActions,
    tls: openListenerTls(config, log),
    steadyNow: () => performance.now(),
    version,
    ready,
    operations,
    onFault,
  });
  // Last: what threw after it would leave processes behind.
  const workers = await startWorkers({ config, log, door, monitor, hostKeys, onFault }).catch(
    async (error: unknown) => {
      await operations.stop();
      throw error;
    },
  );
  return {
    database,
    adminKeys,
    authentication,
    gate,
    workers,
    adminApi,
    operations,
    ledgerArchive,
    reviews,
    retention,
    receipts: parts.receipts,
    evidenceKey: parts.evidenceKey,
    backups: createBackupLeases({ database, ledger, hold: () => files.opens.hold() }),
    hostKey: { fingerprint: hostKeyFingerprint(hostKey), line: publicKeyLine(hostKey) },
  };
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
