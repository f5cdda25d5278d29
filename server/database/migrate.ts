import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';

type Migration = { readonly name: string; readonly sql: string; readonly sha256: string };

/** The repository's `migrations/`, seen from the build (`dist/server/database`). */
export const migrationsDirectory = join(import.meta.dirname, '../../../migrations');

export type MigrationState = {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
};

/**
 * Brings the database to the newest migration, each in its own transaction and recorded with its checksum.
 *
 * @returns the names that were applied now
 * @throws Fault `database-unusable` when the history was edited, or is newer than this code
 */
export function migrate(
  sqlite: BetterSqlite3.Database,
  directory = migrationsDirectory,
): readonly string[] {
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
  );
  const pending = pendingOf(sqlite, directory);
  for (const migration of pending) apply(sqlite, migration);
  return pending.map((migration) => migration.name);
}

/** What a database has and lacks, changing nothing. @throws Fault `database-unusable` as `migrate` */
export function migrationState(
  sqlite: BetterSqlite3.Database,
  directory = migrationsDirectory,
): MigrationState {
  const pending = pendingOf(sqlite, directory).map((migration) => migration.name);
  return { applied: appliedTo(sqlite).map((row) => row.name), pending };
}

type AppliedMigration = Omit<Migration, 'sql'>;

function appliedTo(sqlite: BetterSqlite3.Database): AppliedMigration[] {
  const table = sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'")
    .get();
  if (table === undefined) return [];
  return sqlite
    .prepare('SELECT name, sha256 FROM migrations ORDER BY name')
    .all() as AppliedMigration[];
}

function pendingOf(sqlite: BetterSqlite3.Database, directory: string): readonly Migration[] {
  const known = readMigrations(directory);
  const applied = appliedTo(sqlite);
  applied.forEach((row, index) => checkHistory(row, known[index]));
  return known.slice(applied.length);
}

function checkHistory(row: AppliedMigration, migration: Migration | undefined): void {
  if (migration === undefined || migration.name !== row.name) {
    throw new Fault(
      'database-unusable',
      `the database has migration ${row.name}, which this version of Waybill does not know: it was opened by a newer version; run that one, or restore a backup made before the upgrade`,
    );
  }
  if (migration.sha256 !== row.sha256) {
    throw new Fault(
      'database-unusable',
      `migration ${row.name} was changed after it was applied to this database; restore the file of the release that you installed`,
    );
  }
}

function apply(sqlite: BetterSqlite3.Database, migration: Migration): void {
  sqlite
    .transaction(() => {
      sqlite.exec(migration.sql);
      sqlite
        .prepare('INSERT INTO migrations (name, sha256, applied_at) VALUES (?, ?, ?)')
        .run(migration.name, migration.sha256, Date.now());
    })
    .immediate();
}

function readMigrations(directory: string): readonly Migration[] {
  const names = readdirSync(directory)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort();
  return names.map((name) => {
    const sql = readFileSync(join(directory, name), 'utf8');
    return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}
