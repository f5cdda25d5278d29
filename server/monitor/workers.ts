import type { Socket } from 'node:net';
import type { Arrival } from '../domain/authentication.ts';
import type { Placements } from './placements.ts';
import type { Worker } from './verbs.ts';
import type { PaceWaits } from './vitals.ts';
import type { WorkersHealth } from './worker-vitals.ts';

/** All workers together, as the monitor's process sees them. */
export interface Workers extends Worker {
  /** Hands a socket, of which nothing was read, to one of them. */
  receive(socket: Socket, arrival: Arrival): void;
  /** How they are. */
  health(): WorkersHealth;
  /** Ends them; what they still hold is cut. */
  close(): Promise<void>;
}

const noWorkers: WorkersHealth = {
  wanted: 0,
  ready: 0,
  lost: 0,
  loopDelay: null,
  residentBytes: 0,
  cpuSeconds: 0,
  paceWaits: 0,
  paceWaitMs: 0,
};

/** The one worker of `WAYBILL_WORKERS=0`, in this process. */
export const localWorker = 0;

export function createLocalWorkers(
  side: Worker & {
    receive(socket: Socket, arrival: Arrival): void;
    readonly paceWaits: PaceWaits;
  },
  placements: Placements,
): Workers {
  return {
    receive: (socket, arrival) => {
      placements.place(arrival, localWorker);
      side.receive(socket, arrival);
    },
    endConnection: (connectionId, reason) => side.endConnection(connectionId, reason),
    revokeOpen: (connectionId, openId) => side.revokeOpen(connectionId, openId),
    drain: (msMax) => side.drain(msMax),
    close: () => side.drain(0),
    // Delay, memory and CPU are those of this process.
    health: () => ({
      ...noWorkers,
      paceWaits: side.paceWaits.waits,
      paceWaitMs: side.paceWaits.ms,
    }),
  };
}

/** Workers that are named before they exist: the monitor and the gate are made first. */
export class WorkersLink implements Pick<
  Workers,
  'receive' | 'endConnection' | 'revokeOpen' | 'health'
> {
  #workers: Workers | undefined;

  connect(workers: Workers): void {
    this.#workers = workers;
  }

  receive(socket: Socket, arrival: Arrival): void {
    if (this.#workers === undefined) throw new Error('a socket before there are workers');
    this.#workers.receive(socket, arrival);
  }

  health(): WorkersHealth {
    return this.#workers?.health() ?? noWorkers;
  }

  async endConnection(...args: Parameters<Worker['endConnection']>): Promise<void> {
    await this.#workers?.endConnection(...args);
  }

  async revokeOpen(...args: Parameters<Worker['revokeOpen']>): Promise<void> {
    await this.#workers?.revokeOpen(...args);
  }
}
