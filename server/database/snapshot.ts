import { rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { databaseFileName } from './open.ts';

/** One step copies 1 MiB, and then whoever else has something to do in this process does it. */
const pagesPerStep = 256;

export type SnapshotProgress = {
  readonly bytesDone: number;
  readonly bytesTotal: number;
};

/**
 * Copies the database of a data directory to `<directory>/waybill.db`, as it is at one moment. A server may write to it
 * meanwhile, from this process or another: the copy is read within one transaction, which no writer waits for and which
 * no write makes begin anew. The log of the database grows until the copy is done.
 *
 * @throws Fault `database-unusable`
 */
export async function snapshotDatabase(
  dataDirectory: string,
  directory: string,
  onProgress: (progress: SnapshotProgress) => void = () => undefined,
): Promise<void> {
  const file = join(dataDirectory, databaseFileName);
  const target = join(directory, databaseFileName);
  let sqlite: BetterSqlite3.Database | undefined;
  try {
    sqlite = new BetterSqlite3(file, { readonly: true, fileMustExist: true });
    const [{ page_size: pageBytes }] = sqlite.pragma('page_size') as [{ page_size: number }];
    sqlite.exec('BEGIN');
    // The transaction reads what is there from its first read on.
    sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
    await sqlite.backup(target, {
      progress: ({ totalPages, remainingPages }) => {
        const bytesTotal = totalPages * pageBytes;
        onProgress({ bytesDone: bytesTotal - remainingPages * pageBytes, bytesTotal });
        return pagesPerStep;
      },
    });
  } catch (cause) {
    rmSync(target, { force: true });
    throw new Fault('database-unusable', `cannot copy the database ${file}: ${String(cause)}`, {
      cause,
    });
  } finally {
    sqlite?.close();
  }
}
