import type { Database, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ForwarderName } from './destination.ts';
import type { Place } from './places.ts';

export type TroublesParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** For the log: each failure, and each end of one. */
  readonly onProblem: (problem: ForwarderProblem) => void;
  /** A row could not be written. */
  readonly onFault: (error: unknown) => void;
  readonly times?: TroublesTimes;
};

export type ForwarderProblem = {
  readonly forwarder: ForwarderName;
  /** Null when it is over. */
  readonly error: string | null;
};

type TroublesTimes = {
  /** A destination that comes back within so long makes no row. */
  readonly tellMs: number;
  /** And of one that comes and goes there is no more than one failure in so long. */
  readonly againMs: number;
};

const defaultTimes: TroublesTimes = { tellMs: 60_000, againMs: 60 * 60_000 };
const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

/** What of the forwarders' failures goes into the ledger: its beginning and its end, and little of what flaps. */
export class Troubles {
  readonly #parts: TroublesParts;
  readonly #times: TroublesTimes;
  readonly #told = new Map<ForwarderName, { readonly atMs: number; open: boolean }>();
  readonly #logged = new Set<ForwarderName>();

  constructor(parts: TroublesParts) {
    this.#parts = parts;
    this.#times = parts.times ?? defaultTimes;
  }

  async failed(
    forwarder: ForwarderName,
    destination: string,
    { message: error, sinceMs }: { readonly message: string; readonly sinceMs: number },
  ): Promise<void> {
    const { clock, onProblem } = this.#parts;
    this.#logged.add(forwarder);
    onProblem({ forwarder, error });
    const told = this.#told.get(forwarder);
    const nowMs = clock();
    if (told?.open === true || nowMs - sinceMs < this.#times.tellMs) return;
    if (told !== undefined && nowMs - told.atMs < this.#times.againMs) return;
    const since = new Date(sinceMs).toISOString();
    const isWritten = await this.#append((unit) =>
      this.#parts.ledger.append(unit, {
        origin: serverOrigin,
        outcome: 'failed',
        reason: 'forwarding-failed',
        event: { event: 'forwarding.failed.1', forwarder, destination, error, since },
      }),
    );
    // What could not be written is told with the next failure.
    if (isWritten) this.#told.set(forwarder, { atMs: nowMs, open: true });
  }

  async over(forwarder: ForwarderName): Promise<void> {
    if (this.#logged.delete(forwarder)) this.#parts.onProblem({ forwarder, error: null });
    const told = this.#told.get(forwarder);
    if (told?.open !== true) return;
    const isWritten = await this.#append((unit) =>
      this.#parts.ledger.append(unit, {
        origin: serverOrigin,
        outcome: 'success',
        reason: null,
        event: { event: 'forwarding.resumed.1', forwarder },
      }),
    );
    if (isWritten) told.open = false;
  }

  /** An administrator's change, in the unit that makes it. */
  async changed(
    unit: Unit,
    origin: Origin,
    {
      forwarder,
      before,
      after,
    }: { readonly forwarder: ForwarderName; readonly before: Place; readonly after: Place },
  ): Promise<void> {
    await this.#parts.ledger.append(unit, {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'forwarder.changed.1', forwarder, before, after },
    });
  }

  /** Forwarding goes on whether its troubles can be recorded or not. @returns whether they are */
  async #append(work: (unit: Unit) => Promise<void>): Promise<boolean> {
    try {
      await this.#parts.database.write(work);
      return true;
    } catch (error) {
      this.#parts.onFault(error);
      return false;
    }
  }
}
