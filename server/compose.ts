import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdminApi, type AdminApi } from '../admin-api/app.ts';
import { createAccounts } from './accounts/accounts.ts';
import { createAdminKeys, type AdminKeys } from './accounts/admin-keys.ts';
import { createPasswordHashing } from './accounts/password-hashing.ts';
import type { Gate } from './admission/gate.ts';
import { createAuthentication, type Authentication } from './authentication/authentication.ts';
import { createLiveControl } from './authentication/live-control.ts';
import { openLocalDisk } from './blobs/local-disk.ts';
import type { BlobStore } from './blobs/store.ts';
import type { Config } from './config.ts';
import { hostKeyFingerprint, hostKeySigner, publicKeyLine } from './connection/host-keys.ts';
import { openDoor, startWorkers } from './compose-network.ts';
import { openDatabase, type OpenDatabase } from './database/open.ts';
import { createAdminFiles } from './files/admin-view.ts';
import { createFiles } from './files/files.ts';
import { LiveOpens } from './files/opens.ts';
import type { FilesParts } from './files/parts.ts';
import { recover, type Recovered } from './files/recovery.ts';
import { startSweep, type Sweep } from './files/sweep.ts';
import { createTransfers } from './files/transfers.ts';
import { isTreeEmpty, plantTree } from './files/tree.ts';
import { giveUpUploads } from './files/uploads.ts';
import { checkMasterKey, createVault } from './files/vault.ts';
import { ledger } from './ledger/ledger.ts';
import type { Logger } from './log.ts';
import { createMonitor } from './monitor/monitor.ts';
import type { Workers } from './monitor/workers.ts';
import type { KeyMaterial } from './setup.ts';
import { version } from './version.ts';

/** Every part of a running server, wired; `server.ts` gives it addresses and a life. */
export type Composed = {
  readonly database: OpenDatabase;
  readonly adminKeys: AdminKeys;
  readonly authentication: Authentication;
  readonly gate: Gate;
  readonly workers: Workers;
  readonly adminApi: AdminApi;
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
  const database = openDatabase({
    dataDirectory: config.dataDirectory,
    clock: Date.now,
    onProblem: (problem) =>
      problem === null ? log.info('the audit ledger can be written again') : log.error(problem),
  });
  try {
    await database.read((reader) => checkMasterKey(reader, masterKey));
    const store = await openLocalDisk(join(config.dataDirectory, 'blobs'));
    const vault = createVault(masterKey);
    const opens = new LiveOpens((blobId) => void store.remove(blobId).catch(onFault));
    const files: FilesParts = { database, ledger, vault, opens };
    const recovered = await recover(files, store);
    const services = await composeServices({
      config,
      keys,
      log,
      readiness,
      database,
      store,
      files,
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
  readonly onFault: (error: unknown) => void;
};

async function composeServices(
  parts: ServiceParts,
): Promise<Omit<Composed, 'recovered' | 'sweep'>> {
  const { config, keys, log, readiness, database, store, files, onFault } = parts;
  const accounts = createAccounts({
    database,
    ledger,
    limits: config.limits,
    lockout: config.lockout,
    passwordHashing: await createPasswordHashing({
      queuedMax: config.limits.passwordHashesQueuedMax,
    }),
    randomBytes,
    agencyIsEmpty: isTreeEmpty,
    giveUpUploads: (unit, userId, origin) => giveUpUploads(unit, userId, { ledger, origin }),
    provisionAgency: async (unit, agency) => {
      await plantTree(unit, agency);
      await files.vault.createAgencyKey(unit, agency.id);
    },
  });
  const adminKeys = createAdminKeys({ database, ledger, randomBytes });
  const door = openDoor(config, database, onFault);
  const { gate, placements, link } = door;
  const authentication = createAuthentication({
    database,
    ledger,
    accounts,
    limits: config.limits,
    now: () => performance.now(),
    randomBytes,
    sshSessionIdOf: (connectionId) => placements.ofConnection(connectionId)?.sshSessionId,
    onRefused: ({ connectionId, reason }) => gate.loginRefused(connectionId, reason),
    onAccepted: ({ connectionId }) => gate.loggedIn(connectionId),
  });
  const control = createLiveControl({
    accounts,
    authentication,
    database,
    ledger,
    endSession: ({ connectionId }, reason) => link.endConnection(connectionId, reason),
  });
  const connectionOf = (sessionId: string) => placements.ofSession(sessionId)?.arrival.connectionId;
  const monitor = createMonitor({
    authentication,
    files: createFiles(files, store, async (openId) => {
      const connectionId = connectionOf(files.opens.get(openId)?.holder.sessionId ?? '');
      if (connectionId !== undefined) await link.revokeOpen(connectionId, openId);
    }),
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
  const signer = hostKeySigner(hostKey);

  const adminApi = createAdminApi({
    accounts: control.accounts,
    adminKeys,
    adminFiles: createAdminFiles(files),
    transfers: createTransfers(files),
    authentication,
    endLogin: control.endLogin,
    penalties: gate.penalties,
    database,
    ledger,
    store,
    limits: config.limits,
    version,
    ready: () => {
      const { problem } = database;
      const reasons = problem === null ? readiness.reasons : [...readiness.reasons, problem];
      return { ready: reasons.length === 0, reasons };
    },
    onFault,
  });
  // Last: what threw after it would leave processes behind.
  const workers = await startWorkers({ config, log, door, monitor, signer, onFault });
  return {
    database,
    adminKeys,
    authentication,
    gate,
    workers,
    adminApi,
    hostKey: { fingerprint: hostKeyFingerprint(hostKey), line: publicKeyLine(hostKey) },
  };
}
