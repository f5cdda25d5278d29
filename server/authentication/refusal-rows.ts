import type { Database, Unit } from '../database/units.ts';
import { sourceGroup } from '../domain/addresses.ts';
import type { Proof } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Counted, MinuteCounter } from '../ledger/minute-counter.ts';
import type { ConnectionState } from './connection-state.ts';
import { cleanClaim, describeProof, recordRefusal, type RefusalRow } from './login-records.ts';

export type RefusalRowsParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly limits: {
    readonly refusalRowsPerSourceMax: number;
    readonly refusalRowsMax: number;
    readonly refusalSourcesCountedMax: number;
  };
  /** Milliseconds; only differences count. */
  readonly now: () => number;
};

type Refused = {
  readonly username: unknown;
  /** The worker's word, so it may be anything. */
  readonly proof: Proof | null | undefined;
  readonly reason: FaultCode;
};

/**
 * Refused logins in the ledger, so that a stranger cannot grow it at will. Of equal refusals on a connection (one
 * reason, one kind of proof) the first is a row at once, and one more tells how many there were when the connection
 * closes or logs in. Past so many rows in a minute a source (an IPv6 one is its /64) is only counted, and one row for
 * the minute says so.
 */
export class RefusalRows {
  readonly #parts: RefusalRowsParts;
  readonly #counter: MinuteCounter;
  /** The last row could not be written. Until one can, nothing is merely counted. */
  #isFailing = false;

  constructor(parts: RefusalRowsParts) {
    this.#parts = parts;
    this.#counter = new MinuteCounter({
      now: parts.now,
      rowsPerSourceMax: parts.limits.refusalRowsPerSourceMax,
      rowsMax: parts.limits.refusalRowsMax,
      countedMax: parts.limits.refusalSourcesCountedMax,
      write: (counted) => this.#append(counted.map(countedRow)),
    });
  }

  /**
   * Records a refusal, or counts it to be recorded.
   *
   * @param alongside runs in the unit of the row, and also where there is no row to write
   * @returns whether that is durable
   */
  async note(
    connection: ConnectionState,
    { username, proof, reason }: Refused,
    alongside?: (unit: Unit) => Promise<void>,
  ): Promise<boolean> {
    const kind = kindOf(proof);
    const key = `${reason} ${kind}`;
    const equal = connection.refusals.get(key);
    if (equal !== undefined) {
      equal.count += 1;
      return this.#write(this.#isFailing ? [rowOf(connection, equal)] : [], alongside);
    }
    if (!this.#takeRow(connection) && !this.#isFailing) {
      this.#count(connection, 1);
      return this.#write([], alongside);
    }
    const claim = cleanClaim(username);
    const row = { username: claim, proof: describe(proof), reason, count: 1 };
    if (!(await this.#write([rowOf(connection, row)], alongside))) return false;
    connection.refusals.set(key, { username: claim, proof: kind, reason, count: 1 });
    return true;
  }

  /** What is left to tell of a connection that logs in, for the unit of the login. */
  totalsOf(connection: ConnectionState): readonly RefusalRow[] {
    return [...connection.refusals.values()]
      .filter(({ count }) => count > 1)
      .map((refused) => rowOf(connection, refused));
  }

  /** Tells the rest of a connection that is over. Rejects if that cannot be written. */
  async settle(connection: ConnectionState): Promise<void> {
    const rows: RefusalRow[] = [];
    for (const row of this.totalsOf(connection)) {
      if (this.#takeRow(connection)) rows.push(row);
      else this.#count(connection, row.count - 1);
    }
    connection.refusals.clear();
    if (rows.length > 0) await this.#append(rows);
  }

  /** Tells of all that was only counted so far. */
  settleAll(): Promise<void> {
    return this.#counter.settle();
  }

  #takeRow({ opening }: ConnectionState): boolean {
    return this.#counter.takeRow(sourceGroup(opening.source.address));
  }

  #count({ opening }: ConnectionState, refusals: number): void {
    this.#counter.count(sourceGroup(opening.source.address), 'attempts-exceeded', refusals);
  }

  async #write(
    rows: readonly RefusalRow[],
    alongside?: (unit: Unit) => Promise<void>,
  ): Promise<boolean> {
    if (rows.length === 0 && alongside === undefined) return true;
    try {
      await this.#append(rows, alongside);
      return true;
    } catch {
      return false;
    }
  }

  async #append(
    rows: readonly RefusalRow[],
    alongside?: (unit: Unit) => Promise<void>,
  ): Promise<void> {
    const { database, ledger } = this.#parts;
    try {
      await database.write(async (unit) => {
        for (const row of rows) await recordRefusal(ledger, unit, row);
        await alongside?.(unit);
      });
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      throw error;
    }
  }
}

function rowOf(
  { opening, source }: ConnectionState,
  refused: Pick<RefusalRow, 'username' | 'proof' | 'reason' | 'count'>,
): RefusalRow {
  const { client, connectionId: connection } = opening;
  return { ...refused, source, client, connection };
}

function countedRow({ source, reason, count }: Counted): RefusalRow {
  return { source, reason, count, username: '', proof: 'several', client: '', connection: '' };
}

function describe(proof: Refused['proof']): string {
  return proof === null || proof === undefined ? 'unusable' : describeProof(proof);
}

function kindOf(proof: Refused['proof']): string {
  const kind = proof?.kind ?? 'unusable';
  return [
    'none',
    'offer',
    'signature',
    'password',
    'password-change',
    'interactive',
    'answers',
  ].includes(kind)
    ? kind
    : 'unusable';
}
