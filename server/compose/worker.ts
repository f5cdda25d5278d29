import type { Socket } from 'node:net';
import { openLocalDisk } from '../blobs/local-disk.ts';
import { sandboxedFileSystem } from '../blobs/sandboxed-file-system.ts';
import { createReception } from '../connection/reception.ts';
import type { PublicHostKey } from '../connection/signing.ts';
import type { ServerAlgorithmProfile } from '../domain/algorithms.ts';
import type { Arrival, CloseReason, ConnectionClosing } from '../domain/authentication.ts';
import { valueOf } from '../domain/faults.ts';
import type { Limits } from '../domain/limits.ts';
import type { Logger } from '../log.ts';
import { ProcessMemory } from '../memory/budget.ts';
import { processMemoryBytesMax } from '../memory/host.ts';
import type { Monitor, Worker } from '../monitor/verbs.ts';
import { SessionRegistry } from '../session/registry.ts';
import type { PaceWaits } from '../monitor/vitals.ts';

/** What a worker is given when it begins: no database, no path but that of the blobs, and no secret. */
export type WorkerSettings = {
  readonly blobsDirectory: string;
  readonly hostKeys: readonly PublicHostKey[];
  /** Those to come. */
  readonly nextHostKeys: readonly PublicHostKey[];
  readonly algorithms: ServerAlgorithmProfile;
  readonly banner: string;
  readonly limits: Limits;
  /** How many processes share the host's memory. */
  readonly processes: number;
};

/** The network's side, wired: what `server/monitor` hands sockets to. */
export interface WorkerSide extends Worker {
  receive(socket: Socket, arrival: Arrival): void;
  /** How often and how long its clients were made to wait. */
  readonly paceWaits: PaceWaits;
}

export async function composeWorker(
  settings: WorkerSettings,
  monitor: Monitor,
  log: Logger,
): Promise<WorkerSide> {
  const { blobsDirectory, hostKeys, nextHostKeys, algorithms, banner, limits } = settings;
  const onFault = (error: unknown) => log.error({ err: error }, 'internal fault');
  const store = await openLocalDisk(blobsDirectory, sandboxedFileSystem);
  const sessions = new SessionRegistry({ monitor, store, clock: Date.now, limits, onFault });
  const reception = createReception({
    memory: new ProcessMemory({
      ...limits,
      processMemoryBytesMax: processMemoryBytesMax(settings.processes),
    }),
    hostKeys,
    nextHostKeys,
    algorithms,
    sign: async (connectionId, exchangeHash, type) =>
      valueOf(await monitor.signExchange(connectionId, exchangeHash, type)),
    proveHostKeys: async (connectionId, blobs) =>
      valueOf(await monitor.proveHostKeys(connectionId, blobs)),
    banner,
    limits,
    ident: 'Waybill',
    onPeer: (peer) => sessions.accept(peer),
    onGone: (connectionId, reason) =>
      void monitor.connectionClosed(nothingOf(connectionId, reason)).catch(onFault),
    onFault,
    onNotice: (notice) => log.debug(notice, 'connection'),
  });
  return {
    receive: (socket, arrival) => reception.receive(socket, arrival),
    paceWaits: sessions.paceWaits,
    endConnection: (connectionId, reason) => sessions.endConnection(connectionId, reason),
    revokeOpen: (connectionId, openId) => sessions.revokeOpen(connectionId, openId),
    drain: async (msMax) => {
      reception.endStrangers('server-stopping');
      await sessions.drain(msMax);
      await reception.close();
      // A connection whose key exchange was done only now.
      await sessions.endAll('server-stopping');
    },
  };
}

/** The close of a socket that never became a peer. */
export function nothingOf(connectionId: string, reason: CloseReason): ConnectionClosing {
  return { connectionId, reason, operations: {}, bytesRead: 0, bytesWritten: 0 };
}
