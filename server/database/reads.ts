import type BetterSqlite3 from 'better-sqlite3';
import { SqliteConnection } from './dialect.ts';
import { databaseFault } from './errors.ts';
import type { TrustedTime } from './trusted-time.ts';
import type { Reader } from './units.ts';

export type ReadsClock = { readonly clock: () => number; readonly trusted: TrustedTime };

/** Reads one at a time, each on one snapshot. */
export class Reads {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #connection: SqliteConnection;
  readonly #clock: ReadsClock;
  #last: Promise<unknown> | undefined;

  constructor(sqlite: BetterSqlite3.Database, clock: ReadsClock) {
    this.#sqlite = sqlite;
    this.#clock = clock;
    this.#connection = new SqliteConnection(sqlite);
  }

  read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const result =
      this.#last === undefined
        ? this.#onSnapshot(work)
        : this.#last.then(() => this.#onSnapshot(work));
    const done = () => {
      if (this.#last === settled) this.#last = undefined;
    };
    const settled = result.then(done, done);
    this.#last = settled;
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
  }

  async #onSnapshot<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const { query } = this.#connection;
    try {
      this.#connection.control('BEGIN');
      this.#connection.usable = true;
      const { clock, trusted } = this.#clock;
      return await work({ query, prepared: this.#connection, nowMs: clock(), trusted });
    } catch (error) {
      throw databaseFault(error);
    } finally {
      this.#connection.usable = false;
      // An I/O error may have ended it already.
      if (this.#sqlite.inTransaction) this.#connection.control('COMMIT');
    }
  }
}
