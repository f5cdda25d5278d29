import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { sql } from 'kysely';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../server/database/open.ts';
import type { Unit } from '../../server/database/units.ts';
import { freshDatabase } from '../fixtures/database.ts';

function insertKey(id: string) {
  return async (unit: Unit) => {
    await unit.query
      .insertInto('admin_keys')
      .values({
        id,
        name: id,
        secret_hash: Buffer.alloc(32),
        scopes: '[]',
        allowed_cidrs: '[]',
        expires_at: null,
        created_at: unit.nowMs,
        last_used_at: null,
        removed_at: null,
      })
      .execute();
    return unit.nowMs;
  };
}

async function keyIds(database: ReturnType<typeof freshDatabase>): Promise<string[]> {
  const rows = await database.read(({ query }) =>
    query.selectFrom('admin_keys').select('id').orderBy('id').execute(),
  );
  return rows.map((row) => row.id);
}

/** Commits as SQLite counts them: the data version that another connection sees moves once a commit. */
function commitCounter(t: Test, directory: string): () => number {
  const other = new BetterSqlite3(join(directory, 'waybill.db'), { readonly: true });
  t.teardown(() => other.close());
  return () => other.pragma('data_version', { simple: true }) as number;
}

t.test('units queued together share one commit and each gets its own answer', async (t) => {
  const database = freshDatabase(t);
  const version = commitCounter(t, database.directory);
  const before = version();
  const answers = await Promise.all([
    database.write(insertKey('a')),
    database.write(insertKey('b')),
    database.write(insertKey('c')),
  ]);
  t.equal(answers.length, 3);
  t.equal(version(), before + 1, 'one commit for three units');
  t.same(await keyIds(database), ['a', 'b', 'c']);
});

t.test('a unit that fails is undone and its neighbours are not', async (t) => {
  const database = freshDatabase(t);
  const failing = database.write(async (unit) => {
    await insertKey('half')(unit);
    throw new Error('changed its mind');
  });
  const [first, second, third] = await Promise.allSettled([
    database.write(insertKey('a')),
    failing,
    database.write(insertKey('z')),
  ]);
  t.equal(first.status, 'fulfilled');
  t.match(second, { status: 'rejected', reason: { message: 'changed its mind' } });
  t.equal(third.status, 'fulfilled');
  t.same(await keyIds(database), ['a', 'z']);
});

t.test('a constraint that fails undoes its unit only', async (t) => {
  const database = freshDatabase(t);
  const results = await Promise.allSettled([
    database.write(insertKey('a')),
    database.write(insertKey('a')),
    database.write(insertKey('b')),
  ]);
  t.same(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.same(await keyIds(database), ['a', 'b']);
});

t.test('a unit has one timestamp', async (t) => {
  let now = 1_000;
  const database = freshDatabase(t, () => now++);
  const times = await database.write(async (unit) => [
    unit.nowMs,
    await insertKey('a')(unit),
    unit.nowMs,
  ]);
  t.equal(new Set(times).size, 1);
});

t.test('a unit that awaits something else is refused and undone', async (t) => {
  const database = freshDatabase(t);
  await t.rejects(
    database.write(async (unit) => {
      await insertKey('slow')(unit);
      await sleep(5);
      await insertKey('late')(unit);
    }),
    { message: /awaited something other/ },
  );
  await sleep(20);
  t.same(await keyIds(database), [], 'nothing of it remains, nor of what it did afterwards');
});

t.test('a query object is dead after its unit', async (t) => {
  const database = freshDatabase(t);
  const leaked = await database.write(async (unit) => unit.query);
  await t.rejects(leaked.selectFrom('admin_keys').selectAll().execute(), {
    message: /outside its unit/,
  });
});

t.test('readers see nothing of a group that is still open', async (t) => {
  const database = freshDatabase(t);
  const write = database.write(insertKey('a'));
  const during = await keyIds(database);
  await write;
  t.same(during, []);
  t.same(await keyIds(database), ['a']);
});

t.test(
  'a lock held by another process is waited for, then is a fault, and nothing is half done',
  async (t) => {
    const database = freshDatabase(t);
    const other = new BetterSqlite3(join(database.directory, 'waybill.db'));
    t.teardown(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const waiting = database.write(insertKey('a'));
    await sleep(50);
    other.exec('COMMIT');
    await waiting;
    t.same(await keyIds(database), ['a']);

    other.exec('BEGIN IMMEDIATE');
    const refused = database.write(insertKey('b'));
    await t.rejects(refused, { name: 'Fault', code: 'storage-failed' });
    other.exec('COMMIT');
    t.same(await keyIds(database), ['a']);
  },
);

t.test('a closed database takes no more units', async (t) => {
  const database = freshDatabase(t);
  const last = database.write(insertKey('a'));
  await database.close();
  await last;
  await t.rejects(database.write(insertKey('b')), { message: /closed/ });
});

// Metrics threw over one commit: its units, committed and durable, were answered with a failure, and clients did it all again.
t.test(
  'a listener that throws takes back no answer, and the others hear of the commit',
  async (t) => {
    const dataDirectory = t.testdir();
    const faults: unknown[] = [];
    const onFault = (error: unknown) => void faults.push(error);
    const database = openDatabase({ dataDirectory, clock: Date.now, onFault });
    t.teardown(() => database.close());
    let heard = 0;
    database.onCommit(() => {
      throw new Error('mine');
    });
    database.onCommit(({ units }) => (heard += units));
    await Promise.all([database.write(insertKey('a')), database.write(insertKey('b'))]);
    t.equal(heard, 2);
    t.match(faults, [{ message: 'mine' }]);
    t.equal(database.problem, null);
  },
);

// SQLite ends a transaction by itself at some errors of the disk. A unit that was alone and caught one went on, and was
// answered as committed, with nothing in the database.
t.test('a unit whose transaction is gone has failed, whatever it says', async (t) => {
  const database = freshDatabase(t);
  const lost = database.write(async (unit) => {
    await insertKey('a')(unit);
    await sql`ROLLBACK`.execute(unit.query);
    return 'fine';
  });
  await t.rejects(lost, { code: 'storage-failed' });
  await database.write(insertKey('b'));
  t.same(
    await database.read(({ query }) => query.selectFrom('admin_keys').select('id').execute()),
    [{ id: 'b' }],
  );
});
