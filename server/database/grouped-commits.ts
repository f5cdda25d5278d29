import { setTimeout as sleep } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { Kysely } from 'kysely';
import { SqliteConnection, singleConnectionDialect } from './dialect.ts';
import { databaseFault, isBusy } from './errors.ts';
import type { Schema } from './schema.ts';
import type { Unit } from './units.ts';

/** Units that may share one commit: bounds how long the event loop is held. */
const unitsPerCommitMax = 128;
/** How long a lock that another process holds on the database is waited for. */
const busyMsMax = 5_000;

type Pending = {
  readonly work: (unit: Unit) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
};

type Ran = { readonly pending: Pending; readonly value: unknown };

/**
 * The one writer. Units that are queued at the same time run one after another inside one transaction, each in its own
 * savepoint, and share one commit and so one fsync; each promise resolves only after that commit (DESIGN.md D6). A unit
 * that throws is rolled back to its savepoint and its neighbours never notice.
 */
export class GroupedCommits {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #connection: SqliteConnection;
  readonly #query: Kysely<Schema>;
  readonly #clock: () => number;
  readonly #queue: Pending[] = [];
  #running = false;
  #closed = false;

  constructor(sqlite: BetterSqlite3.Database, clock: () => number) {
    this.#sqlite = sqlite;
    this.#clock = clock;
    this.#connection = new SqliteConnection(sqlite);
    this.#query = new Kysely<Schema>({ dialect: singleConnectionDialect(this.#connection) });
  }

  write<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.#running) return;
      this.#running = true;
      // After this turn's input, so that what arrived together commits together.
      setImmediate(() => void this.#drain());
    });
  }

  /** Resolves when everything queued so far has been committed or refused; nothing is taken after. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await sleep(1);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, unitsPerCommitMax);
      await this.#commitTogether(batch);
      await new Promise(setImmediate);
    }
    this.#running = false;
  }

  async #commitTogether(batch: readonly Pending[]): Promise<void> {
    const ran: Ran[] = [];
    try {
      await this.#begin();
      for (const pending of batch) {
        const value = await this.#runOne(pending);
        if (value !== undefined) ran.push(value);
      }
      this.#sqlite.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      const fault = databaseFault(error);
      for (const pending of batch) pending.reject(fault);
      return;
    }
    for (const { pending, value } of ran) pending.resolve(value);
  }

  /** Undefined when the unit threw: it was rolled back and has its answer. */
  async #runOne(pending: Pending): Promise<Ran | undefined> {
    this.#sqlite.exec('SAVEPOINT unit');
    try {
      const value = await this.#withoutWaiting(pending.work);
      this.#sqlite.exec('RELEASE unit');
      return { pending, value };
    } catch (error) {
      // A full disk or an I/O error may have ended the whole transaction: then every neighbour fails with it.
      if (!this.#sqlite.inTransaction) throw error;
      this.#sqlite.exec('ROLLBACK TO unit; RELEASE unit');
      pending.reject(databaseFault(error));
      return undefined;
    }
  }

  /**
   * Runs a unit and holds it to its contract. Queries settle in microtasks, so a unit that is still pending when a
   * macrotask runs awaits something else, and would keep everybody's transaction open meanwhile.
   */
  async #withoutWaiting(work: (unit: Unit) => Promise<unknown>): Promise<unknown> {
    this.#connection.usable = true;
    let overdue: NodeJS.Immediate | undefined;
    const tripwire = new Promise<never>((_, reject) => {
      overdue = setImmediate(() =>
        reject(new Error('a unit of work awaited something other than the database')),
      );
    });
    try {
      return await Promise.race([work({ query: this.#query, nowMs: this.#clock() }), tripwire]);
    } finally {
      clearImmediate(overdue);
      this.#connection.usable = false;
    }
  }

  async #begin(): Promise<void> {
    for (
      let waitedMs = 0, pauseMs = 1;
      ;
      waitedMs += pauseMs, pauseMs = Math.min(pauseMs * 2, 100)
    ) {
      try {
        this.#sqlite.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        // The driver's own busy wait would freeze the event loop, so it is off and this one sleeps.
        if (!isBusy(error) || waitedMs >= busyMsMax) throw error;
        await sleep(pauseMs);
      }
    }
  }

  #rollback(): void {
    if (this.#sqlite.inTransaction) this.#sqlite.exec('ROLLBACK');
  }
}
