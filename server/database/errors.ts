import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';

/** SQLite's result codes as faults; a constraint that failed is a defect of ours and stays what it is. */
export function databaseFault(error: unknown): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return error;
  if (isFull(error)) return new Fault('storage-full', undefined, { cause: error });
  if (isBusy(error))
    return new Fault('storage-failed', 'another process holds the database of the server', {
      cause: error,
    });
  if (/^SQLITE_(IOERR|READONLY|CORRUPT|CANTOPEN|NOTADB|PROTOCOL)/.test(error.code)) {
    return new Fault('storage-failed', undefined, { cause: error });
  }
  return error;
}

/** Whether it is, or was made a fault of, what SQLite says when the disk has no room. */
export function isFull(error: unknown): boolean {
  const found = error instanceof Fault ? error.cause : error;
  return found instanceof BetterSqlite3.SqliteError && found.code.startsWith('SQLITE_FULL');
}

/** Whether a call to the file system failed, a sync among them. */
export function isInputOutput(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_IOERR');
}

export function isBusy(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
