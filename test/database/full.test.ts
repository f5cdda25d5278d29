import t from 'tap';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { GroupedCommits } from '../../server/database/grouped-commits.ts';
import { Reserve, reserveFileName } from '../../server/database/reserve.ts';
import type { Unit } from '../../server/database/units.ts';
import { TrustedTime } from '../../server/database/trusted-time.ts';
import { Writability } from '../../server/database/writability.ts';
import { freshDatabase } from '../fixtures/database.ts';

const MiB = 1024 * 1024;

/** A writer on a database that may have no more pages than it has; SQLite says of it what it says of a full disk. */
async function openFull(t: Parameters<typeof freshDatabase>[0], steps: number) {
  const fresh = freshDatabase(t);
  await fresh.close();
  const sqlite = new BetterSqlite3(join(fresh.directory, 'waybill.db'));
  t.teardown(() => sqlite.close());
  const pages = () => Number(sqlite.pragma('page_count', { simple: true }));
  sqlite.pragma(`max_page_count = ${pages()}`);
  const told: (string | null)[] = [];
  const state = { steps, asked: 0 };
  const writability: Writability = new Writability({
    probe: () => commits.write(insert('probe', 100_000)),
    onChange: (problem) => told.push(problem),
  });
  t.teardown(() => writability.close());
  const commits: GroupedCommits = new GroupedCommits({
    sqlite,
    clock: Date.now,
    trusted: new TrustedTime(() => performance.now()),
    writability,
    makeRoom: () => {
      state.asked += 1;
      if (state.steps === 0) return false;
      state.steps -= 1;
      sqlite.pragma(`max_page_count = ${pages() + 100}`);
      return true;
    },
    onCommit: () => undefined,
  });
  const ids = () =>
    sqlite.prepare('SELECT id FROM admin_keys ORDER BY id').pluck().all() as string[];
  return { commits, writability, state, told, ids };
}

function insert(id: string, bytes: number) {
  return async ({ query, nowMs }: Unit) => {
    const row = { id, name: 'n'.repeat(bytes), secret_hash: Buffer.alloc(32), scopes: '[]' };
    const rest = { allowed_cidrs: '[]', expires_at: null, last_used_at: null, removed_at: null };
    await query
      .insertInto('admin_keys')
      .values({ ...row, ...rest, created_at: nowMs })
      .execute();
    return id;
  };
}

t.test('a full disk: the group is undone, room is made, and it is run again', async (t) => {
  const { commits, state, told, ids } = await openFull(t, 3);
  let tries = 0;
  const answers = await Promise.allSettled([
    commits.write(insert('a', 100_000)),
    commits.write(async () => {
      tries += 1;
      throw new Error('changed its mind');
    }),
    commits.write(insert('b', 300_000)),
    commits.write(insert('c', 10)),
  ]);
  t.same(
    answers.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  t.same(ids(), ['a', 'b', 'c'], 'each once');
  t.ok(tries <= 2);
  t.ok(state.asked > 0);
  t.same(told, [], 'nobody noticed');
});

t.test(
  'no room at all: the whole group is refused, and what was put off is done in the end',
  async (t) => {
    const { commits, writability, state, told, ids } = await openFull(t, 0);
    const refused = await Promise.allSettled([
      commits.write(insert('a', 100_000)),
      commits.write(insert('b', 10)),
    ]);
    t.match(refused, [
      { status: 'rejected', reason: { code: 'storage-full' } },
      { status: 'rejected', reason: { code: 'storage-full' } },
    ]);
    t.same(ids(), []);
    t.match(writability.problem, /the audit ledger cannot be written: the server has no room left/);
    const done: true[] = [];
    t.ok(writability.whenWritable(async () => void done.push(true)));
    state.steps = 3;
    // The look itself keeps no process alive.
    for (let look = 0; look < 1_000 && done.length === 0; look += 1) await sleep(10);
    t.same(done, [true]);
    t.equal(writability.problem, null, 'found by the probe');
    t.match(told, [String, null], 'told once, and once when it was over');
    t.notOk(
      writability.whenWritable(async () => undefined),
      'nothing to wait for',
    );
  },
);

t.test('the reserve holds real bytes and gives them back a step at a time', async (t) => {
  const directory = t.testdir();
  const reserve = new Reserve(directory);
  t.equal(reserve.bytes, 0);
  t.notOk(reserve.release(), 'nothing to give');
  await reserve.take(6 * MiB);
  await reserve.take(MiB);
  const { size, blocks, mode } = statSync(join(directory, reserveFileName));
  t.equal(size, 7 * MiB);
  t.ok(blocks * 512 >= size, 'no hole');
  t.equal(mode & 0o777, 0o600);
  t.ok(reserve.release());
  const left = reserve.bytes;
  t.ok(left < 7 * MiB);
  while (reserve.bytes > 0) t.ok(reserve.release());
  t.notOk(reserve.release());
});

t.test('what was put off and fails of something else is done at a later look', async (t) => {
  // It was dropped when the database could be written by then: an upload that could not be read stayed open for good.
  const writability: Writability = new Writability({
    probe: async () => writability.wrote(),
    onChange: () => undefined,
  });
  t.teardown(() => writability.close());
  writability.failed(new Error('full'));
  const tries: true[] = [];
  writability.whenWritable(async () => {
    tries.push(true);
    if (tries.length === 1) throw new Error('EMFILE');
  });
  writability.wrote();
  for (let look = 0; look < 1_000 && tries.length < 2; look += 1) await sleep(10);
  t.equal(tries.length, 2);
});

t.test('what is to be tried again is, though the database was never found failing', async (t) => {
  const writability: Writability = new Writability({
    probe: async () => undefined,
    onChange: () => undefined,
  });
  t.teardown(() => writability.close());
  const tries: true[] = [];
  writability.retry(async () => {
    tries.push(true);
    if (tries.length === 1) throw new Error('EIO');
  });
  for (let look = 0; look < 1_000 && tries.length < 2; look += 1) await sleep(10);
  t.equal(tries.length, 2);
});

t.test('a reserve that cannot be asked is no room, and harms no writer', async (t) => {
  // The look at its size threw where a full disk is dealt with: the queue was never taken up again.
  const directory = t.testdir({ file: '' });
  const reserve = new Reserve(join(directory, 'file', 'gone'));
  t.notOk(reserve.release());
  reserve.releaseIfFull();
  await t.rejects(reserve.take(MiB), 'the caller is told');

  const { commits, state } = await openFull(t, 0);
  Object.defineProperty(state, 'steps', {
    get: () => {
      throw new Error('EACCES');
    },
  });
  await t.rejects(commits.write(insert('a', 100_000)), /EACCES/);
  await t.rejects(commits.write(insert('b', 100_000)), /EACCES/, 'and not left without an answer');
});
