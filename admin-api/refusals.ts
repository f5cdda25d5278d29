import type { Database } from '../server/database/units.ts';
import type { Origin } from '../server/domain/events.ts';
import type { FaultCode } from '../server/domain/faults.ts';
import type { Ledger } from '../server/ledger/ledger.ts';

const rowsEveryMs = 60_000;
const addressesMax = 1000;
const urlCharactersMax = 200;

export type RefusedCall = {
  readonly origin: Origin;
  /** Or of a known key its id. */
  readonly address: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly reason: FaultCode;
};

/**
 * Refused calls in the ledger. Calls of a known key are a row each, but one a minute of those that came too fast. A
 * stranger's are one row for each source address and minute, and the rest is only counted, so that nobody without a key can make the ledger grow at will; past
 * `addressesMax` addresses in a minute all the others together are one.
 */
export class Refusals {
  readonly #database: Database;
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #recordedAtMs = new Map<string, number>();
  /** Refusals that made no row. */
  onlyCounted = 0;

  constructor(
    parts: { readonly database: Database; readonly ledger: Ledger },
    now: () => number = () => performance.now(),
  ) {
    this.#database = parts.database;
    this.#ledger = parts.ledger;
    this.#now = now;
  }

  async record({ origin, address, method, url, status, reason }: RefusedCall): Promise<void> {
    const isBounded = origin.actor.kind === 'nobody' || status === 429;
    if (isBounded && !this.#isDue(address)) {
      this.onlyCounted += 1;
      return;
    }
    // A query is left out: whoever has no key may have put it there.
    const path = (url.split('?', 1)[0] ?? '').slice(0, urlCharactersMax);
    await this.#database.write((unit) =>
      this.#ledger.append(unit, {
        origin,
        outcome: 'refused',
        reason,
        event: { event: 'api.refused.1', method, url: path, status },
      }),
    );
  }

  #isDue(address: string): boolean {
    const nowMs = this.#now();
    // In the order in which they were recorded, so the old ones come first.
    for (const [known, atMs] of this.#recordedAtMs) {
      if (nowMs - atMs < rowsEveryMs) break;
      this.#recordedAtMs.delete(known);
    }
    const name = this.#recordedAtMs.size < addressesMax ? address : 'others';
    if (this.#recordedAtMs.has(name)) return false;
    this.#recordedAtMs.set(name, nowMs);
    return true;
  }
}
