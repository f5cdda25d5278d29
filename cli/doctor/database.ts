import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationsDirectory } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import type { OpenDatabase } from '../../server/database/open.ts';

export type Opened = {
  readonly database: OpenDatabase;
  readonly applied: number;
  readonly pending: readonly string[];
};

/**
 * Opens the database without migrating it: a doctor changes nothing. The server's way in applies every migration it
 * knows and refuses a database that has more, so it is told of none, then of the first, the first two, and so on, until
 * it knows just what was applied.
 *
 * @throws Fault `database-unusable`
 */
export function openUnmigrated(dataDirectory: string, clock: () => number): Opened {
  const known = readdirSync(migrationsDirectory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const told = mkdtempSync(join(tmpdir(), 'waybill-doctor-'));
  try {
    for (let count = 0; ; count += 1) {
      try {
        const database = openDatabase({ dataDirectory, clock, migrationsDirectory: told });
        return { database, applied: count, pending: known.slice(count) };
      } catch (error) {
        const next = known[count];
        if (next === undefined) throw error;
        copyFileSync(join(migrationsDirectory, next), join(told, next));
      }
    }
  } finally {
    rmSync(told, { recursive: true, force: true });
  }
}
