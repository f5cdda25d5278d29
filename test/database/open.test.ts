import t from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { appendFileSync, cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataDirectory } from '../../server/database/lock.ts';
import { migrationsDirectory } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';

const clock = Date.now;

t.test('a fresh directory gets a migrated database that only its owner reads', async (t) => {
  const dataDirectory = t.testdir();
  const database = openDatabase({ dataDirectory, clock });
  t.equal(database.integrityCheck(), 'ok');
  await database.close();
  t.equal(statSync(join(dataDirectory, 'waybill.db')).mode & 0o777, 0o600);
});

t.test('it opens again, and migrates nothing twice', async (t) => {
  const dataDirectory = t.testdir();
  await openDatabase({ dataDirectory, clock }).close();
  const again = openDatabase({ dataDirectory, clock });
  await again.close();
  const raw = new BetterSqlite3(join(dataDirectory, 'waybill.db'), { readonly: true });
  t.teardown(() => raw.close());
  const names = raw.prepare('SELECT name FROM migrations').all();
  t.equal(
    names.length,
    readdirSync(migrationsDirectory).filter((name) => name.endsWith('.sql')).length,
  );
});

t.test('an edited migration is refused', async (t) => {
  const root = t.testdir({ data: {}, migrations: {} });
  const migrations = join(root, 'migrations');
  cpSync(migrationsDirectory, migrations, { recursive: true });
  const options = { dataDirectory: join(root, 'data'), clock, migrationsDirectory: migrations };
  await openDatabase(options).close();
  appendFileSync(join(migrations, '0001-exchange.sql'), '-- edited\n');
  t.throws(() => openDatabase(options), {
    code: 'database-unusable',
    message: /0001-exchange\.sql was changed/,
  });
});

t.test('a database that is newer than the code is refused', async (t) => {
  const dataDirectory = t.testdir();
  await openDatabase({ dataDirectory, clock }).close();
  const raw = new BetterSqlite3(join(dataDirectory, 'waybill.db'));
  raw.prepare("INSERT INTO migrations VALUES ('9999-future.sql', 'x', 0)").run();
  raw.close();
  t.throws(() => openDatabase({ dataDirectory, clock }), {
    code: 'database-unusable',
    message: /newer version/,
  });
});

t.test('a file that is no database is refused with a clear message', (t) => {
  const dataDirectory = t.testdir({
    'waybill.db': 'this is not a database, not at all; it only has its name',
  });
  t.throws(() => openDatabase({ dataDirectory, clock }), {
    code: 'database-unusable',
    message: /cannot use the database/,
  });
  t.end();
});

t.test('a directory that is not there is refused with a clear message', (t) => {
  // The look at the free room came first, and said "ENOENT: statfs".
  const dataDirectory = join(t.testdir(), 'gone');
  t.throws(() => openDatabase({ dataDirectory, clock }), { code: 'database-unusable' });
  t.end();
});

t.test('one process per data directory, and the message names the owner', (t) => {
  const dataDirectory = t.testdir();
  const lock = lockDataDirectory(dataDirectory);
  t.throws(() => lockDataDirectory(dataDirectory), {
    code: 'data-directory-in-use',
    message: new RegExp(`in use by process ${process.pid} `),
  });
  lock.release();
  lockDataDirectory(dataDirectory).release();
  t.end();
});
