import type { Database } from '../database/units.ts';
import type { LedgerEntry } from '../domain/events.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Ledger } from './ledger.ts';
import { type Counted, MinuteCounter } from './minute-counter.ts';

export type LimitRowsParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly limits: { readonly limitRowsMax: number; readonly banRowsMax: number };
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** A row could not be written; what it would have said is counted and comes later. */
  readonly onFault: (error: unknown) => void;
};

/** Limits that were hit: one row for each limit, source and minute, with a count. */
export class LimitRows {
  readonly #parts: LimitRowsParts;
  readonly #counter: MinuteCounter;

  constructor(parts: LimitRowsParts) {
    this.#parts = parts;
    const { limitRowsMax, banRowsMax } = parts.limits;
    this.#counter = new MinuteCounter({
      now: parts.now,
      rowsPerSourceMax: banRowsMax,
      rowsMax: banRowsMax,
      countedMax: limitRowsMax,
      write: (counted) => this.#write(counted),
    });
  }

  /** @param source an address or IPv6 /64; null for the whole server */
  reached(limit: FaultCode, source: string | null): void {
    this.#counter.count(source, limit);
  }

  /** A row of its own at once; past so many in a minute it is only counted, as if `limit` had been reached. */
  tell(entry: LedgerEntry, limit: FaultCode, source: string): void {
    if (!this.#counter.takeRow(source)) {
      this.#counter.count(source, limit);
      return;
    }
    const { database, ledger, onFault } = this.#parts;
    database
      .write((unit) => ledger.append(unit, entry))
      .catch((error: unknown) => {
        this.#counter.count(source, limit);
        onFault(error);
      });
  }

  /** Writes the rows that are due. Rejects if they cannot be written. */
  settle(): Promise<void> {
    return this.#counter.settle();
  }

  async #write(counted: readonly Counted[]): Promise<void> {
    const { database, ledger, onFault } = this.#parts;
    try {
      await database.write(async (unit) => {
        for (const each of counted) await ledger.append(unit, entryOf(each, unit.nowMs));
      });
    } catch (error) {
      onFault(error);
      throw error;
    }
  }
}

function entryOf({ source, reason, count, ageMs }: Counted, nowMs: number): LedgerEntry {
  const firstAt = new Date(nowMs - ageMs).toISOString();
  return {
    origin: { actor: { kind: 'nobody' }, session: null, source },
    outcome: 'refused',
    reason,
    event: { event: 'limit.reached.1', limit: reason, count, firstAt },
  };
}
