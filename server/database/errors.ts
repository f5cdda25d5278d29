import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';

/** SQLite's result codes as faults; a constraint that failed is a defect of ours and stays what it is. */
export function databaseFault(error: unknown): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return error;
  if (error.code.startsWith('SQLITE_FULL'))
    return new Fault('storage-full', undefined, { cause: error });
  if (/^SQLITE_(IOERR|READONLY|CORRUPT|CANTOPEN|NOTADB|BUSY|LOCKED|PROTOCOL)/.test(error.code)) {
    return new Fault('storage-failed', undefined, { cause: error });
  }
  return error;
}

export function isBusy(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
