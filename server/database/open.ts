import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { GroupedCommits } from './grouped-commits.ts';
import { migrate, migrationState, type MigrationState } from './migrate.ts';
import { Reads } from './reads.ts';
import { Reserve } from './reserve.ts';
import { TrustedTime } from './trusted-time.ts';
import type { Commit, Database, Unit, WriteOptions } from './units.ts';
import { Writability } from './writability.ts';

export type OpenDatabase = Database & {
  readonly migrations: MigrationState;
  /** `ok`, or what SQLite found wrong, one finding a line. */
  integrityCheck(): string;
  /** Why nothing can be written now, in words for the operator; null while it can. */
  readonly problem: string | null;
  /** Has `listener` told of every commit from now on. It holds up the next one, so it only takes note. */
  onCommit(listener: (commit: Commit) => void): void;
  /** Bytes of the database, of its write-ahead log and of the reserve. */
  sizes(): {
    readonly databaseBytes: number;
    readonly walBytes: number;
    readonly reserveBytes: number;
  };
  /** Units of work that wait for the writer. */
  readonly unitsWaiting: number;
  /**
   * Folds the write-ahead log into the database, as far as readers allow. It keeps its blocks for a full disk.
   *
   * @throws Fault `storage-failed` or `storage-full`
   */
  checkpoint(): Promise<void>;
  /**
   * The same, and empties the log: until then its old pages hold what was overwritten in the database, keys that were
   * destroyed among them.
   *
   * @returns false where it is still needed, by a read or by a copy that is being taken: to be tried again
   * @throws Fault as `checkpoint`
   */
  truncateLog(): Promise<boolean>;
  /** Grows the reserve by at most so many bytes (server/database/reserve.ts). */
  keepReserve(bytesMax: number): Promise<void>;
  /** Waits for queued units, folds the write-ahead log into the database and closes both connections. */
  close(): Promise<void>;
};

export type OpenOptions = {
  readonly dataDirectory: string;
  /** Milliseconds since the epoch; the timestamp of each unit. */
  readonly clock: () => number;
  /** How far it is to be believed; always if not given. */
  readonly trusted?: TrustedTime;
  /** Told when the database cannot be written, and (null) when it can again. */
  readonly onProblem?: (problem: string | null) => void;
  /** Told of what a listener of commits threw: what is committed stays answered as committed. */
  readonly onFault?: (error: unknown) => void;
  readonly migrationsDirectory?: string;
  /** `leave` opens a database as it is, for one who only looks. Default `apply`. */
  readonly migrations?: 'apply' | 'leave';
};

export const databaseFileName = 'waybill.db';

/**
 * Opens and migrates the database of a data directory: one connection that writes and one that reads, so that a reader
 * never sees a group of units that is still open.
 *
 * @throws Fault `database-unusable`
 */
export function openDatabase(options: OpenOptions): OpenDatabase {
  const file = join(options.dataDirectory, databaseFileName);
  const reserve = new Reserve(options.dataDirectory);
  if (options.migrations !== 'leave') reserve.releaseIfFull();
  const writing = connect(file, {});
  let migrations: MigrationState;
  try {
    if (options.migrations !== 'leave') {
      migrate(writing, options.migrationsDirectory);
      chmodSync(file, 0o600);
    }
    migrations = migrationState(writing, options.migrationsDirectory);
  } catch (error) {
    writing.close();
    throw error;
  }
  const reading = connect(file, { readonly: true });
  const { clock, trusted = new TrustedTime(() => performance.now()) } = options;
  const writability: Writability = new Writability({
    probe: () => commits.touch(),
    onChange: (problem) => options.onProblem?.(problem),
  });
  const listeners: ((commit: Commit) => void)[] = [];
  const commits = new GroupedCommits({
    sqlite: writing,
    clock,
    trusted,
    writability,
    makeRoom: () => reserve.release(),
    onCommit: (commit) => {
      for (const listener of listeners)
        try {
          listener(commit);
        } catch (error) {
          options.onFault?.(error);
        }
    },
  });
  const reads = new Reads(reading, { clock, trusted });
  let closing: Promise<void> | undefined;
  const close = async () => {
    await writability.close();
    await commits.close();
    await reads.close();
    reading.close();
    try {
      writing.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // A full disk: the log stays as it is, and the next start reads it.
    }
    writing.close();
  };
  return {
    migrations,
    read: (work) => reads.read(work),
    write: <T>(work: (unit: Unit) => Promise<T>, options?: WriteOptions) =>
      commits.write(work, options),
    integrityCheck: () =>
      (reading.pragma('integrity_check') as { integrity_check: string }[])
        .map((row) => row.integrity_check)
        .join('\n'),
    get problem() {
      return writability.problem;
    },
    whenWritable: (work) => writability.whenWritable(work),
    retry: (work) => writability.retry(work),
    onCommit: (listener) => void listeners.push(listener),
    sizes: () => ({
      databaseBytes: bytesOf(file),
      walBytes: bytesOf(`${file}-wal`),
      reserveBytes: reserve.bytes,
    }),
    get unitsWaiting() {
      return commits.waiting;
    },
    checkpoint: () => commits.checkpoint(),
    truncateLog: () => commits.truncateLog(),
    keepReserve: (bytesMax) => reserve.take(bytesMax),
    close: () => (closing ??= close()),
  };
}

/**
 * One more connection to the database of a data directory, that only reads: for a thread of its own. Nothing is migrated.
 *
 * @throws Fault `database-unusable`
 */
export function openForReading(
  dataDirectory: string,
  clock: () => number,
): Pick<Database, 'read'> & { close(): Promise<void> } {
  const sqlite = connect(join(dataDirectory, databaseFileName), { readonly: true });
  // In KiB: who walks from one end to the other looks at no page twice.
  sqlite.pragma('cache_size = -4096');
  const trusted = new TrustedTime(() => performance.now());
  const reads = new Reads(sqlite, { clock, trusted });
  return {
    read: (work) => reads.read(work),
    close: async () => {
      await reads.close();
      sqlite.close();
    },
  };
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Settings of every connection, and what each must read back as. */
const settings: readonly (readonly [name: string, value: string, readsBack: string | number])[] = [
  ['journal_mode', 'WAL', 'wal'],
  // FULL: a commit that was answered survives a power cut (DESIGN.md D3). Less only for a group that is to be durable
  // soon (sync-lag.ts).
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  // Deleted rows are overwritten: wrapped keys must not linger in free pages.
  ['secure_delete', 'ON', 1],
  // No file in the host's temporary directory: it would hold rows in the clear, and need a descriptor and room.
  ['temp_store', 'MEMORY', 2],
];

function connect(file: string, options: { readonly?: boolean }): BetterSqlite3.Database {
  let sqlite: BetterSqlite3.Database;
  try {
    // No busy time-out: it would freeze the event loop; grouped-commits.ts waits instead.
    sqlite = new BetterSqlite3(file, { ...options, timeout: 0 });
  } catch (error) {
    throw new Fault('database-unusable', `cannot open the database ${file}: ${String(error)}`, {
      cause: error,
    });
  }
  try {
    for (const [name, value, expected] of settings) {
      if (!(options.readonly === true && name === 'journal_mode'))
        sqlite.pragma(`${name} = ${value}`);
      const actual = sqlite.pragma(name, { simple: true });
      if (actual !== expected) {
        throw new Fault(
          'database-unusable',
          `the database ${file} does not take ${name} = ${value}; is it on a file system without shared memory?`,
        );
      }
    }
    sqlite.pragma('journal_size_limit = 67108864');
    // In KiB. With SQLite's 16 MiB, what takes a page from memory at ten thousand entries takes it from the system at a
    // million, at two to three times the time of a search (bench/trials/growth.ts).
    sqlite.pragma('cache_size = -65536');
    return sqlite;
  } catch (error) {
    sqlite.close();
    if (error instanceof Fault) throw error;
    throw new Fault('database-unusable', `cannot use the database ${file}: ${String(error)}`, {
      cause: error,
    });
  }
}
