import type BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { isInputOutput } from './errors.ts';
import type { Durable } from './units.ts';

/** How long a commit that was to be durable soon may stay one that a power cut takes. */
export const syncLagMsMax = 1_000;

/**
 * How far the disk is behind what was committed. In SQLite's write-ahead log the synchronous level alone decides whether
 * a commit waits for the disk: at NORMAL it does not, and as the log is one file in order, the next commit at FULL
 * makes all before it durable with itself. Where none comes by itself, `catchUp` is asked to make one.
 */
export class SyncLag {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #catchUp: () => void;
  #level: Durable = 'now';
  #timer: NodeJS.Timeout | undefined;
  /** The process before may have died within the time, and what it left in the log is not durable by itself. */
  #isBehind = true;
  #isDoubtful = false;

  constructor(sqlite: BetterSqlite3.Database, catchUp: () => void) {
    this.#sqlite = sqlite;
    this.#catchUp = catchUp;
  }

  /** Whether there are commits that a power cut would still take. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Before the transaction, as the level cannot change within one. @throws what the disk has against it */
  begin(durable: Durable): void {
    if (this.#isDoubtful) this.#fold();
    this.#set(durable);
  }

  committed(): void {
    if (this.#level === 'now') {
      this.#isBehind = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#set('now');
    this.#isBehind = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#catchUp();
    }, syncLagMsMax).unref();
  }

  /** A commit failed, perhaps at its sync: the system tells of pages that it could not write once, and forgets them. */
  failed(error: unknown): void {
    if (this.#isBehind && isInputOutput(error)) this.#isDoubtful = true;
    this.undone();
  }

  /** The transaction came to nothing. */
  undone(): void {
    if (!this.#sqlite.inTransaction) this.#set('now');
  }

  /**
   * Folds the log into the database, as far as readers allow. It asks for the disk itself, and what that has against it
   * is a failed sync like a commit's. Not within a transaction. @throws what the disk has against it
   */
  checkpoint(): void {
    this.#folded(() => this.#sqlite.pragma('wal_checkpoint(RESTART)'));
  }

  /** The same, and empties the log. @returns false where a reader still needs it, or another process writes */
  truncate(): boolean {
    return this.#folded(() => this.#sqlite.pragma('wal_checkpoint(TRUNCATE)'));
  }

  /** @returns whether all of it was folded */
  #folded(checkpoint: () => unknown): boolean {
    try {
      const [done] = checkpoint() as [{ busy: number }];
      return done.busy === 0;
    } catch (error) {
      if (isInputOutput(error)) this.#isDoubtful = true;
      throw error;
    }
  }

  #set(durable: Durable): void {
    if (this.#level === durable) return;
    // The checkpoint that SQLite makes by itself after a commit syncs the log, and tells nobody when that failed: only
    // where the commit has synced it already is there nothing to miss.
    if (durable === 'now')
      this.#sqlite.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000');
    else this.#sqlite.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    this.#level = durable;
  }

  /**
   * After a failed sync the log may have a hole on the disk where it has none in memory, and whatever was written
   * behind it would be lost with it: the log is folded into the database, and begins anew.
   */
  #fold(): void {
    const [done] = this.#sqlite.pragma('wal_checkpoint(RESTART)') as [{ busy: number }];
    if (done.busy !== 0) throw new Fault('storage-failed', 'the log of the database is in use');
    this.#isDoubtful = false;
    this.#isBehind = false;
  }
}
