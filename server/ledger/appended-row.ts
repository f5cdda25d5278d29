import type { Row } from '../database/schema.ts';
import type { LedgerEvent } from '../domain/events.ts';
import { canonicalJson } from './canonical-json.ts';
import { sealedNames } from './opened-row.ts';

type StoredRow = Omit<Row<'ledger'>, 'unusual_outcome'>;

/** A row that a unit has appended, left with it for whoever follows the ledger (tail.ts). */
export class AppendedRow {
  readonly #row: StoredRow;
  readonly recorded: LedgerEvent;

  constructor(row: StoredRow, recorded: LedgerEvent) {
    this.#row = row;
    this.recorded = recorded;
  }

  get seq(): number {
    return this.#row.seq;
  }

  get atMs(): number {
    return this.#row.at;
  }

  get event(): LedgerEvent['event'] {
    return this.recorded.event;
  }

  get outcome(): string {
    return this.#row.outcome;
  }

  get reason(): string | null {
    return this.#row.reason;
  }

  get actor(): string | null {
    return this.#row.actor;
  }

  get agency(): string | null {
    return this.#row.agency;
  }

  get session(): string | null {
    return this.#row.session;
  }

  get source(): string | null {
    return this.#row.source;
  }

  get path(): string | null {
    return 'path' in this.recorded ? this.recorded.path : null;
  }

  get body(): string {
    return this.#row.body;
  }

  /** Made when it is asked for: nobody may be there to be shown it. */
  get opened(): string {
    const body = JSON.parse(this.#row.body) as Record<string, unknown>;
    const names = sealedNames(body);
    return names === undefined
      ? this.#row.body
      : canonicalJson({ ...body, ...this.recorded, names });
  }

  get hash(): string {
    return Buffer.from(this.#row.hash).toString('hex');
  }
}
