import { randomBytes } from 'node:crypto';
import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Accounts } from '../accounts/accounts.ts';
import { createAuthentication, type Authentication } from '../authentication/authentication.ts';
import { createLiveControl, type LiveControl } from '../authentication/live-control.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Config } from '../config.ts';
import { algorithmSets } from '../connection/algorithms.ts';
import type { Database } from '../database/units.ts';
import { createFiles, type Files } from '../files/files.ts';
import type { FilesParts } from '../files/parts.ts';
import { createMonitor } from '../monitor/monitor.ts';
import type { Answers } from '../monitor/verbs.ts';
import type { Door } from './network.ts';

type Parts = {
  readonly config: Config;
  readonly door: Door;
  readonly accounts: Accounts;
  readonly files: FilesParts;
  readonly store: BlobStore;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly onFault: (error: unknown) => void;
};

export type ComposedLogins = {
  readonly authentication: Authentication;
  readonly control: LiveControl;
  readonly servedFiles: Files;
  /** What workers are answered by. */
  readonly monitor: Answers;
};

/** Who is in, what they are served, and how an administrator ends it. */
export function composeLogins(parts: Parts): ComposedLogins {
  const { config, door, accounts, files, store, guarded, onFault } = parts;
  const { database, ledger } = files;
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
  return { authentication, control, servedFiles, monitor };
}
