import type BetterSqlite3 from 'better-sqlite3';
import { SqliteConnection } from './dialect.ts';
import { databaseFault } from './errors.ts';
import type { Reader } from './units.ts';

/** Reads one at a time, each on one snapshot. */
export class Reads {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #connection: SqliteConnection;
  readonly #clock: () => number;
  #last: Promise<unknown> | undefined;

  constructor(sqlite: BetterSqlite3.Database, clock: () => number) {
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
      return await work({ query, prepared: this.#connection, nowMs: this.#clock() });
    } catch (error) {
      throw databaseFault(error);
    } finally {
      this.#connection.usable = false;
      // An I/O error may have ended it already.
      if (this.#sqlite.inTransaction) this.#connection.control('COMMIT');
    }
  }
}
