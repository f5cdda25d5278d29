import { canonicalCidr } from '../accounts/addresses.ts';
import type { Database } from '../database/units.ts';
import type { Proof } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ConnectionState } from './connection-state.ts';
import { cleanClaim, describeProof, recordRefusal, type RefusalRow } from './login-records.ts';

const minuteMs = 60_000;
const sourcesMax = 1000;
/** What the many together are called once there are too many sources to tell apart. */
const others = 'others';

export type RefusalRowsParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly limits: { readonly refusalRowsPerSourceMax: number };
  /** Milliseconds; only differences count. */
  readonly now: () => number;
};

type Refused = {
  readonly username: unknown;
  /** The worker's word, so it may be anything. */
  readonly proof: Proof | null | undefined;
  readonly reason: FaultCode;
};

/** One source (an IPv6 one is its /64) in one minute. */
type Minute = {
  readonly source: string;
  readonly startedMs: number;
  rows: number;
  /** Refusals that no other row tells of. */
  counted: number;
  timer: NodeJS.Timeout | undefined;
};

/**
 * Refused logins in the ledger, so that a stranger cannot grow it at will. Of equal refusals on a connection (one
 * reason, one kind of proof) the first is a row at once, and one more tells how many there were when the connection
 * closes or logs in. Past so many rows in a minute a source is only counted, and one row for the minute says so.
 */
export class RefusalRows {
  readonly #parts: RefusalRowsParts;
  /** In the order in which they began. */
  readonly #minutes = new Map<string, Minute>();
  readonly #uncounted = new Set<Minute>();
  /** The last row could not be written. Until one can, nothing is merely counted. */
  #isFailing = false;

  constructor(parts: RefusalRowsParts) {
    this.#parts = parts;
  }

  /** @returns whether it is recorded, or counted to be recorded */
  async note(connection: ConnectionState, { username, proof, reason }: Refused): Promise<boolean> {
    const kind = kindOf(proof);
    const key = `${reason} ${kind}`;
    const equal = connection.refusals.get(key);
    if (equal !== undefined) {
      equal.count += 1;
      return this.#isFailing ? this.#write([rowOf(connection, equal)]) : true;
    }
    if (!this.#takeRow(connection) && !this.#isFailing) {
      this.#count(connection, 1);
      return true;
    }
    const claim = cleanClaim(username);
    const row = { username: claim, proof: describe(proof), reason, count: 1 };
    if (!(await this.#write([rowOf(connection, row)]))) return false;
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
  async settleAll(): Promise<void> {
    for (const minute of this.#uncounted) await this.#tell(minute);
  }

  /** @returns whether the source may have another row in this minute */
  #takeRow(connection: ConnectionState): boolean {
    const minute = this.#minuteOf(connection);
    if (minute.rows >= this.#parts.limits.refusalRowsPerSourceMax) return false;
    minute.rows += 1;
    return true;
  }

  #count(connection: ConnectionState, refusals: number): void {
    const minute = this.#minuteOf(connection);
    minute.counted += refusals;
    this.#tellLater(minute);
  }

  #minuteOf({ opening }: ConnectionState): Minute {
    const nowMs = this.#parts.now();
    for (const [known, { startedMs }] of this.#minutes) {
      if (nowMs - startedMs < minuteMs) break;
      this.#minutes.delete(known);
    }
    const source = sourceOf(opening.source.address);
    const name = this.#minutes.has(source) || this.#minutes.size < sourcesMax ? source : others;
    const minute = this.#minutes.get(name) ?? {
      source: name,
      startedMs: nowMs,
      rows: 0,
      counted: 0,
      timer: undefined,
    };
    this.#minutes.set(name, minute);
    return minute;
  }

  #tellLater(minute: Minute): void {
    this.#uncounted.add(minute);
    minute.timer ??= setTimeout(() => {
      // What could not be written is tried again a minute later.
      this.#tell(minute).catch(() => undefined);
    }, minuteMs).unref();
  }

  async #tell(minute: Minute): Promise<void> {
    clearTimeout(minute.timer);
    minute.timer = undefined;
    this.#uncounted.delete(minute);
    const { source, counted: count } = minute;
    minute.counted = 0;
    const row: RefusalRow = {
      source: source === others ? null : source,
      reason: 'attempts-exceeded',
      username: '',
      proof: 'several',
      client: '',
      connection: '',
      count,
    };
    try {
      await this.#append([row]);
    } catch (error) {
      minute.counted += count;
      this.#tellLater(minute);
      throw error;
    }
  }

  async #write(rows: readonly RefusalRow[]): Promise<boolean> {
    try {
      await this.#append(rows);
      return true;
    } catch {
      return false;
    }
  }

  async #append(rows: readonly RefusalRow[]): Promise<void> {
    const { database, ledger } = this.#parts;
    try {
      await database.write(async (unit) => {
        for (const row of rows) await recordRefusal(ledger, unit, row);
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

function describe(proof: Refused['proof']): string {
  return proof === null || proof === undefined ? 'unusable' : describeProof(proof);
}

function kindOf(proof: Refused['proof']): string {
  const kind = proof?.kind ?? 'unusable';
  return ['none', 'offer', 'signature', 'password'].includes(kind) ? kind : 'unusable';
}

function sourceOf(address: string): string {
  const plain = canonicalCidr(address) ?? address;
  return plain.includes(':') ? (canonicalCidr(`${plain}/64`) ?? plain) : plain;
}
