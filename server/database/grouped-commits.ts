import { setTimeout as sleep } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { SqliteConnection } from './dialect.ts';
import { databaseFault, isBusy, isFull } from './errors.ts';
import { SyncLag } from './sync-lag.ts';
import type { TrustedTime } from './trusted-time.ts';
import type { Commit, Durable, Unit, WriteOptions } from './units.ts';
import type { Writability } from './writability.ts';

/** Units that may share one commit: bounds how long the event loop is held. */
const unitsPerCommitMax = 128;
/** How long a lock that another process holds on the database is waited for, from when it was first met. */
const busyMsMax = 5_000;
/** And by what comes later under the same lock: a request that asks three times does not wait three times as long. */
const busyAgainMsMax = 250;

export type CommitParts = {
  readonly sqlite: BetterSqlite3.Database;
  readonly clock: () => number;
  readonly trusted: TrustedTime;
  readonly writability: Writability;
  /** Asked when the disk is full; true where there is room now and the same may be tried again. */
  readonly makeRoom: () => boolean;
  /** Told after each commit, before its units hear of it. */
  readonly onCommit: (commit: Commit) => void;
};

type Pending = {
  readonly work: (unit: Unit) => Promise<unknown>;
  readonly durable: Durable;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
};

type Ran = {
  readonly pending: Pending;
  readonly value: unknown;
  readonly left: readonly object[];
};

/**
 * The one writer. Units that are queued at the same time run one after another inside one transaction, each in its own
 * savepoint, and share one commit and so one fsync, or none where all are to be durable `soon`; each promise resolves
 * only after that commit (DESIGN.md D6). A unit that throws is rolled back to its savepoint and its neighbours never
 * notice. When the disk is full the whole group is undone and, where the reserve gives room, run again: a unit changes
 * nothing but the database.
 */
export class GroupedCommits {
  readonly #parts: CommitParts;
  readonly #sqlite: BetterSqlite3.Database;
  readonly #connection: SqliteConnection;
  readonly #known = new Map<object, unknown>();
  readonly #lag: SyncLag;
  readonly #queue: Pending[] = [];
  #running = false;
  #closed = false;
  #used = false;
  /** When the lock that is in the way was first met, on the steady clock. */
  #heldSinceMs: number | undefined;

  constructor(parts: CommitParts) {
    this.#parts = parts;
    this.#sqlite = parts.sqlite;
    this.#connection = new SqliteConnection(parts.sqlite);
    // Its failure is told like any other commit's, and the next success makes up for it.
    this.#lag = new SyncLag(parts.sqlite, () => void this.touch().catch(() => undefined));
  }

  write<T>(work: (unit: Unit) => Promise<T>, { durable = 'now' }: WriteOptions = {}): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'));
    return this.#add(work, durable);
  }

  /** Units that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Sets what is set, as nothing uses it: a page for the log, which is what a full disk refuses, and a sync. */
  touch(): Promise<void> {
    return this.write(async () => this.#touch());
  }

  /** Folds the log into the database, as far as readers allow, once all that it holds is durable. @throws Fault */
  checkpoint(): Promise<void> {
    return this.#fold(() => this.#lag.checkpoint());
  }

  /** The same, and empties the log. @returns false where a reader still needs it @throws Fault */
  truncateLog(): Promise<boolean> {
    return this.#fold(() => this.#lag.truncate());
  }

  async #fold<T>(fold: () => T): Promise<T> {
    // A full disk takes no page, but what is folded makes room in the log.
    await this.touch().catch((error: unknown) => {
      if (!isFull(error)) throw error;
    });
    // The next group begins in a later turn: nobody's transaction is open.
    try {
      return fold();
    } catch (error) {
      throw databaseFault(error);
    }
  }

  #touch(): void {
    this.#sqlite.exec('PRAGMA user_version = 0');
  }

  #add<T>(work: (unit: Unit) => Promise<T>, durable: Durable): Promise<T> {
    this.#used = true;
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, durable, resolve: resolve as (value: unknown) => void, reject });
      if (this.#running) return;
      this.#running = true;
      // After this turn's input, so that what arrived together commits together.
      setImmediate(() => void this.#drain());
    });
  }

  /** Resolves when everything queued so far is durable or refused; nothing is taken after. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await sleep(1);
    // Where the disk takes nothing any more, the checkpoint that follows is the last that can be tried. Who only looked
    // leaves everything as it was.
    if (this.#used && this.#lag.isBehind)
      await this.#add(async () => this.#touch(), 'now').catch(() => undefined);
    while (this.#running) await sleep(1);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, unitsPerCommitMax);
      try {
        await this.#commitTogether(batch);
      } catch (error) {
        // A defect of whoever is told of a failure: the next writes must go on all the same.
        for (const pending of batch) pending.reject(error);
      }
      await new Promise(setImmediate);
    }
    this.#running = false;
  }

  async #commitTogether(batch: readonly Pending[]): Promise<void> {
    const waiting = new Set(batch);
    const startedMs = performance.now();
    for (;;) {
      let ran: readonly Ran[];
      try {
        ran = await this.#attempt(waiting);
      } catch (error) {
        const undone = this.#rollback();
        this.#lag.failed(error);
        if (undone && isFull(error) && this.#parts.makeRoom()) continue;
        const fault = databaseFault(error);
        this.#parts.writability.failed(fault);
        for (const pending of waiting) pending.reject(fault);
        return;
      }
      // They hear of it in a later microtask. From here on, nothing that goes wrong can tell them otherwise.
      for (const { pending, value } of ran) pending.resolve(value);
      this.#tell(ran, performance.now() - startedMs);
      return;
    }
  }

  #tell(ran: readonly Ran[], ms: number): void {
    if (ran.length > 0) this.#parts.writability.wrote();
    this.#parts.onCommit({
      units: ran.length,
      ms,
      left: ran.flatMap(({ left }) => left),
      isDurable: !this.#lag.isBehind,
    });
  }

  /** Runs and commits what is waiting. A unit that threw has its answer, and waits no more. */
  async #attempt(waiting: Set<Pending>): Promise<readonly Ran[]> {
    const isAlone = waiting.size === 1;
    const ran: Ran[] = [];
    const durable = [...waiting].every((pending) => pending.durable === 'soon') ? 'soon' : 'now';
    this.#lag.begin(durable);
    await this.#begin();
    for (const pending of waiting) {
      const done = await this.#runOne(pending, isAlone);
      if (done === undefined) waiting.delete(pending);
      else ran.push(done);
    }
    if (!this.#sqlite.inTransaction) {
      // One that was alone and threw has ended the transaction. Where none threw, an I/O error did, which a unit caught.
      if (ran.length > 0) throw new Fault('storage-failed');
      this.#lag.undone();
      return ran;
    }
    // A commit of nothing waits for no disk, whatever was promised of what came before it.
    if (durable === 'now' && this.#lag.isBehind) this.#touch();
    this.#connection.control('COMMIT');
    this.#lag.committed();
    return ran;
  }

  /** Undefined when the unit threw: it was rolled back and has its answer. */
  async #runOne(pending: Pending, isAlone: boolean): Promise<Ran | undefined> {
    const left: object[] = [];
    if (!isAlone) this.#connection.control('SAVEPOINT unit');
    try {
      const value = await this.#withoutWaiting(pending.work, left);
      if (!isAlone) this.#connection.control('RELEASE unit');
      return { pending, value, left };
    } catch (error) {
      this.#known.clear();
      // A full disk is everybody's, and an I/O error may have ended the whole transaction: the neighbours fail with it.
      if (!this.#sqlite.inTransaction || isFull(error)) throw error;
      if (isAlone) this.#sqlite.exec('ROLLBACK');
      else this.#sqlite.exec('ROLLBACK TO unit; RELEASE unit');
      pending.reject(databaseFault(error));
      return undefined;
    }
  }

  /**
   * Runs a unit and holds it to its contract. Queries settle in microtasks, so a unit that is still pending when a
   * macrotask runs awaits something else, and would keep everybody's transaction open meanwhile.
   */
  async #withoutWaiting(work: (unit: Unit) => Promise<unknown>, left: object[]): Promise<unknown> {
    this.#connection.usable = true;
    let overdue: NodeJS.Immediate | undefined;
    const tripwire = new Promise<never>((_, reject) => {
      overdue = setImmediate(() =>
        reject(new Error('a unit of work awaited something other than the database')),
      );
    });
    try {
      return await Promise.race([
        work({
          query: this.#connection.query,
          prepared: this.#connection,
          known: this.#known,
          leave: (what) => void left.push(what),
          nowMs: this.#parts.clock(),
          trusted: this.#parts.trusted,
        }),
        tripwire,
      ]);
    } finally {
      clearImmediate(overdue);
      this.#connection.usable = false;
    }
  }

  async #begin(): Promise<void> {
    const startedMs = performance.now();
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 100)) {
      try {
        this.#connection.control('BEGIN IMMEDIATE');
        this.#heldSinceMs = undefined;
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        const nowMs = performance.now();
        this.#heldSinceMs ??= nowMs;
        if (nowMs - this.#heldSinceMs >= busyMsMax && nowMs - startedMs >= busyAgainMsMax)
          throw error;
        // The driver's own busy wait would freeze the event loop, so it is off and this one sleeps.
        await sleep(pauseMs);
      }
    }
  }

  /** @returns false where not even that works: the group is lost all the same, as it was never committed */
  #rollback(): boolean {
    this.#known.clear();
    try {
      if (this.#sqlite.inTransaction) this.#sqlite.exec('ROLLBACK');
      return true;
    } catch {
      return false;
    }
  }
}
