import type { Socket } from 'node:net';
import type { Arrival } from '../domain/authentication.ts';
import type { Placements } from './placements.ts';
import type { Worker } from './verbs.ts';

/** All workers together, as the monitor's process sees them. */
export interface Workers extends Worker {
  /** Hands a socket, of which nothing was read, to one of them. */
  receive(socket: Socket, arrival: Arrival): void;
  /** Ends them; what they still hold is cut. */
  close(): Promise<void>;
}

/** The one worker of `WAYBILL_WORKERS=0`, in this process. */
export const localWorker = 0;

export function createLocalWorkers(
  side: Worker & { receive(socket: Socket, arrival: Arrival): void },
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
  };
}

/** Workers that are named before they exist: the monitor and the gate are made first. */
export class WorkersLink implements Pick<Workers, 'receive' | 'endConnection' | 'revokeOpen'> {
  #workers: Workers | undefined;

  connect(workers: Workers): void {
    this.#workers = workers;
  }

  receive(socket: Socket, arrival: Arrival): void {
    if (this.#workers === undefined) throw new Error('a socket before there are workers');
    this.#workers.receive(socket, arrival);
  }

  async endConnection(...args: Parameters<Worker['endConnection']>): Promise<void> {
    await this.#workers?.endConnection(...args);
  }

  async revokeOpen(...args: Parameters<Worker['revokeOpen']>): Promise<void> {
    await this.#workers?.revokeOpen(...args);
  }
}
