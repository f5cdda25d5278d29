import t from 'tap';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { migrate, migrationsDirectory } from '../../server/database/migrate.ts';

type Download = {
  readonly blob: string;
  readonly user: string | null;
  readonly state?: string;
  readonly direction?: string;
  readonly at: number | null;
};

/** A database of the release before retention, with three users in two agencies and what they sent and read. */
function released(directory: string, downloads: readonly Download[]): BetterSqlite3.Database {
  const before = join(directory, 'released');
  mkdirSync(before);
  for (const name of readdirSync(migrationsDirectory).filter((each) => each < '0009'))
    cpSync(join(migrationsDirectory, name), join(before, name));
  const sqlite = new BetterSqlite3(join(directory, 'waybill.db'));
  migrate(sqlite, before);
  sqlite.pragma('foreign_keys = OFF');
  const user = sqlite.prepare(
    `INSERT INTO users (id, username, agency_id, display_name, status, login_methods, allowed_cidrs, max_sessions,
      created_at, updated_at) VALUES (?, ?, ?, '', 'active', '[]', '[]', 1, 0, 0)`,
  );
  for (const [name, agency] of [
    ['amy', 'county'],
    ['ben', 'county'],
    ['sam', 'state'],
  ])
    user.run(name, name, agency);
  const version = sqlite.prepare(
    `INSERT INTO versions (id, entry_id, blob_id, size, sha256, received_at, received_by) VALUES (?, ?, ?, 1, '', 0, ?)`,
  );
  version.run('of-amy', 'e1', 'b1', 'amy');
  version.run('of-nobody', 'e2', 'b2', null);
  version.run('gone', 'e3', null, 'amy');
  version.run('unread', 'e4', 'b4', 'amy');
  const transfer = sqlite.prepare(
    `INSERT INTO transfers (id, direction, user_id, username, agency_id, agency_code, path, blob_id, session_id, source,
      client, state, bytes, started_at, ended_at) VALUES (?, ?, ?, '', '', '', '', ?, '', '', '', ?, 1, 0, ?)`,
  );
  for (const [
    index,
    { direction = 'download', user: reader, blob, state = 'completed', at },
  ] of downloads.entries())
    transfer.run(`t${index}`, direction, reader, blob, state, at);
  return sqlite;
}

t.test('an upgrade learns from the transfers what was collected, and when first', (t) => {
  const sqlite = released(t.testdir(), [
    { blob: 'b1', user: 'amy', at: 1 },
    { blob: 'b1', user: 'ben', at: 2 },
    { blob: 'b1', user: 'sam', at: 3, state: 'incomplete' },
    { blob: 'b1', user: 'amy', at: 4, direction: 'upload', state: 'published' },
    { blob: 'b1', user: null, at: 5 },
    { blob: 'b1', user: 'sam', at: null, state: 'sending' },
    { blob: 'b1', user: 'sam', at: 70 },
    { blob: 'b1', user: 'sam', at: 60 },
    { blob: 'b2', user: null, at: 1 },
    { blob: 'b2', user: 'amy', at: 8 },
    { blob: 'b4', user: 'ben', at: 9 },
    { blob: 'none', user: 'sam', at: 9 },
  ]);
  t.same(migrate(sqlite).at(0), '0009-retention.sql');
  const rows = sqlite.prepare('SELECT id, collected_at FROM versions ORDER BY id').all();
  t.same(rows, [
    { id: 'gone', collected_at: null },
    { id: 'of-amy', collected_at: 60 },
    { id: 'of-nobody', collected_at: 8 },
    { id: 'unread', collected_at: null },
  ]);
  sqlite.close();
  t.end();
});
