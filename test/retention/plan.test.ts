import t, { type Test } from 'tap';
import { setImmediate as turn } from 'node:timers/promises';
import { chainItem, emptyPlanSha256 } from '../../server/retention/plan-hash.ts';
import type { JobFields, RetentionRun } from '../../server/retention/views.ts';
import type { RetentionServerParts } from '../../server/retention/retention.ts';
import { plantFiles } from './fixtures/planted.ts';
import {
  Mortal,
  type Retained,
  amy,
  createJob,
  dayMs,
  dora,
  itemsOf,
  newestRun,
  olga,
  openRetained,
  startMs,
} from './fixtures/retained.ts';

const PUT = 0x1a;

/** A dry run of a job with these fields, planned; what it lists, as `target path`. */
async function planned(
  retained: Retained,
  fields: Partial<JobFields>,
): Promise<{ readonly run: RetentionRun; readonly list: readonly string[] }> {
  const job = await createJob(retained, { name: `job ${Math.random()}`, ...fields });
  const { id } = await retained.retention.runs.start(olga, job.id, { dryRun: true });
  await retained.retention.idle();
  const run = await retained.retention.runs.get(job.id, id);
  const items = await itemsOf(retained, id);
  return { run, list: items.map(({ target, path }) => `${target} ${path}`) };
}

const listed = async (retained: Retained, fields: Partial<JobFields>) =>
  (await planned(retained, fields)).list;

t.test('a dry run lists exactly what is older, in its agency and below its pattern', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  const other = await exchange.connect({ username: 'ben', agency: 'butte' });
  await client.mkdir('/outgoing/day');
  await client.put('/outgoing/b.csv', Buffer.alloc(20));
  await client.put('/outgoing/day/a.csv', Buffer.alloc(10));
  clock.pass(1);
  await other.put('/outgoing/c.csv', Buffer.alloc(5));
  await client.put('/outgoing/d.txt', Buffer.alloc(7));
  clock.pass(30 * dayMs - 1);
  t.same(await listed(retained, {}), [], 'at its age to the millisecond it stays');
  clock.pass(1);
  const { run, list } = await planned(retained, {});
  t.same(list, ['file /outgoing/b.csv', 'file /outgoing/day/a.csv']);
  t.match(run, {
    state: 'planned',
    dryRun: true,
    waitsFor: null,
    cause: 'administrator',
    planned: { files: 2, bytes: 30 },
    purged: { files: 0, bytes: 0 },
    scopeFiles: 3,
    cutoffMs: startMs + 1,
    requestedBy: { keyId: 'olga' },
    progress: 0,
  });
  clock.pass(1);
  t.same(await listed(retained, { agency: null }), [
    'file /outgoing/b.csv',
    'file /outgoing/day/a.csv',
    'file /outgoing/c.csv',
    'file /outgoing/d.txt',
  ]);
  t.same(await listed(retained, { path: '/outgoing/*.csv' }), ['file /outgoing/b.csv']);
  t.same(await listed(retained, { path: '/outgoing/**/*.csv' }), [
    'file /outgoing/b.csv',
    'file /outgoing/day/a.csv',
  ]);
  t.same(await listed(retained, { path: '/outgoing/nothing*' }), []);
  t.same((await exchange.events({ event: 'file.purged.1' })).length, 0);
  await client.get('/outgoing/b.csv');
});

t.test(
  'earlier versions go before their content, and with all of them or not at all',
  async (t) => {
    const retained = await openRetained(t);
    const { exchange, clock } = retained;
    const client = await exchange.connect(amy);
    for (const size of [1, 2, 3]) {
      await client.put('/outgoing/a', Buffer.alloc(size));
      clock.pass(10 * dayMs);
    }
    // By now 30, 20 and 10 days old.
    const all = { targets: ['file', 'previous-version'] as const };
    const sizes = async (fields: Partial<JobFields>) => {
      const { run } = await planned(retained, fields);
      return (await itemsOf(retained, run.id)).map(({ target, size }) => `${target} ${size}`);
    };
    const [one, two, three] = ['previous-version 1', 'previous-version 2', 'file 3'] as const;
    t.same(await sizes({ ...all, olderThanDays: 9 }), [one, two, three]);
    t.same(await sizes({ ...all, olderThanDays: 15 }), [one, two]);
    t.same(await sizes({ ...all, olderThanDays: 25 }), [one]);
    t.same(await sizes({ olderThanDays: 9 }), [one, two, three], 'also where only files go');
    t.same(await sizes({ olderThanDays: 15 }), [], 'and then not without it');
    t.same(await sizes({ targets: ['previous-version'], olderThanDays: 9 }), [one, two]);
    t.same(await sizes({ ...all, olderThanDays: 9, keepVersions: 1 }), [one, two]);
    t.same(await sizes({ ...all, olderThanDays: 9, keepVersions: 2 }), [one]);
    t.same(await sizes({ ...all, olderThanDays: 9, keepVersions: 3 }), []);

    const [version] = await exchange.database.read(({ query }) =>
      query.selectFrom('versions').select('received_at').where('size', '=', 2).execute(),
    );
    const hold = await retained.retention.holds.place(olga, {
      agency: 'alameda',
      path: null,
      file: null,
      receivedFromMs: version!.received_at,
      receivedUntilMs: version!.received_at + 1,
      reason: 'case 12',
      authority: 'court',
      untilMs: null,
    });
    t.same(await sizes({ ...all, olderThanDays: 9 }), [one], 'what is held keeps its name');
    await retained.retention.holds.lift(olga, hold.id, 'settled');
    t.same(await sizes({ ...all, olderThanDays: 9 }), [one, two, three]);
  },
);

t.test('a restored content is younger than what it replaced, and still goes last', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/a', Buffer.alloc(1));
  clock.pass(dayMs);
  await client.put('/outgoing/a', Buffer.alloc(2));
  await exchange.database.write(async ({ query, nowMs }) => {
    const rows = await query.selectFrom('versions').select(['id', 'size', 'entry_id']).execute();
    const [first, second] = [1, 2].map((size) => rows.find((row) => row.size === size)!);
    const set = query.updateTable('versions');
    await set
      .set({ replaced_at: nowMs + 1 })
      .where('id', '=', second!.id)
      .execute();
    await set.set({ replaced_at: null }).where('id', '=', first!.id).execute();
    await query
      .updateTable('entries')
      .set({ version_id: first!.id, size: 1 })
      .where('id', '=', first!.entry_id)
      .execute();
  });
  clock.pass(40 * dayMs);
  for (const targets of [['file'], ['file', 'previous-version']] as const) {
    const { run } = await planned(retained, { targets });
    const items = await itemsOf(retained, run.id);
    t.same(
      items.map(({ target, size }) => `${target} ${size}`),
      ['previous-version 2', 'file 1'],
    );
  }
});

t.test('by the other clock only what was collected grows old', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  const state = await exchange.connect(dora);
  for (const name of ['a', 'b', 'c']) await client.put(`/outgoing/${name}`, Buffer.alloc(3));
  clock.pass(20 * dayMs);
  await state.get('/agencies/alameda/outgoing/b');
  await client.get('/outgoing/c');
  clock.pass(20 * dayMs);
  const job = { clock: 'collected' } as const;
  t.same(await listed(retained, { ...job, olderThanDays: 19 }), ['file /outgoing/b']);
  t.same(await listed(retained, { ...job, olderThanDays: 20 }), []);
});

// Its sender had corrected it before anybody came for it: what it held first was never collected, nobody could collect it
// any more, and with it the file stayed for good, in no report as overdue.
t.test('a file that was replaced before anybody collected it goes by its content', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  const state = await exchange.connect(dora);
  for (const bytes of [1, 2, 3]) await client.put('/outgoing/a', Buffer.alloc(bytes));
  await client.put('/outgoing/b', Buffer.alloc(1));
  await client.put('/outgoing/b', Buffer.alloc(2));
  clock.pass(20 * dayMs);
  await state.get('/agencies/alameda/outgoing/a');
  clock.pass(20 * dayMs);
  const job = { clock: 'collected' } as const;
  const targets = ['file', 'previous-version'] as const;
  const { run, list } = await planned(retained, { ...job, targets, olderThanDays: 19 });
  t.same(list, [
    'previous-version /outgoing/a',
    'previous-version /outgoing/a',
    'file /outgoing/a',
  ]);
  const items = await itemsOf(retained, run.id);
  t.same(
    items.map(({ size, clockAtMs }) => [size, clockAtMs]),
    [1, 2, 3].map((size) => [size, startMs + 20 * dayMs]),
    'each as old as what came in its place',
  );
  t.same(await listed(retained, { ...job, targets, olderThanDays: 20 }), []);
  t.same(
    await listed(retained, { ...job, targets: ['previous-version'], olderThanDays: 1 }),
    [],
    'not without it',
  );
  // The second collection is of another content, and the first one's is old by itself.
  await client.put('/outgoing/a', Buffer.alloc(4));
  t.same(await listed(retained, { ...job, targets, olderThanDays: 19 }), [
    'previous-version /outgoing/a',
  ]);
  await retained.retention.holds.place(olga, {
    agency: 'alameda',
    path: null,
    file: null,
    receivedFromMs: startMs,
    receivedUntilMs: startMs + 1,
    reason: 'case',
    authority: 'court',
    untilMs: null,
  });
  t.same(await listed(retained, { ...job, targets, olderThanDays: 19 }), []);
});

t.test(
  'partial uploads go by when they were last written, and before everything else',
  async (t) => {
    const retained = await openRetained(t);
    const { exchange, clock } = retained;
    const client = await exchange.connect(amy);
    await client.put('/outgoing/a', Buffer.alloc(3));
    const cut = await client.open('/outgoing/cut', PUT);
    await client.write(cut, 0, Buffer.alloc(70_000));
    await client.drop();
    const again = await exchange.connect(amy);
    const live = await again.open('/outgoing/live', PUT);
    await again.write(live, 0, Buffer.alloc(70_000));
    clock.pass(40 * dayMs);
    const targets = ['file', 'partial-upload'] as const;
    const everything = ['partial-upload /outgoing/cut', 'file /outgoing/a'];
    t.same(await listed(retained, { targets }), everything);
    t.same(await listed(retained, { targets: ['partial-upload'] }), everything.slice(0, 1));
    t.same(await listed(retained, { targets, clock: 'collected' }), everything.slice(0, 1));
    t.same(await listed(retained, {}), everything.slice(1));
    await retained.retention.holds.place(olga, {
      agency: 'alameda',
      path: '/outgoing/c*',
      file: null,
      receivedFromMs: null,
      receivedUntilMs: null,
      reason: 'case 12',
      authority: 'court',
      untilMs: null,
    });
    t.same(await listed(retained, { targets }), everything.slice(1));
  },
);

t.test('the hash of a plan is that of its list', async (t) => {
  const retained = await openRetained(t);
  await retained.exchange.login(amy);
  const { run: empty } = await planned(retained, {});
  t.equal(empty.planSha256, emptyPlanSha256);
  await plantFiles(retained.exchange.database, 'alameda', {
    directory: 'outgoing',
    count: 7,
    receivedAtMs: (index) => index,
  });
  const { run } = await planned(retained, {});
  let sha256 = emptyPlanSha256;
  for (const { state: _, reason: __, ...item } of await itemsOf(retained, run.id))
    sha256 = chainItem(sha256, item);
  t.equal(run.planSha256, sha256);
  t.not(sha256, emptyPlanSha256);
});

async function manyFiles(t: Test, count: number, parts: Partial<RetentionServerParts> = {}) {
  const retained = await openRetained(t, { parts });
  const client = await retained.exchange.connect(amy);
  await plantFiles(retained.exchange.database, 'alameda', {
    directory: 'outgoing',
    count,
    // Many of each millisecond.
    receivedAtMs: (index) => Math.floor(index / 90),
  });
  return { retained, client };
}

t.test('a plan of many parts has each file once, oldest first', async (t) => {
  const { retained } = await manyFiles(t, 1_200);
  const { run } = await planned(retained, {});
  const items = await itemsOf(retained, run.id);
  t.equal(items.length, 1_200);
  t.equal(new Set(items.map(({ targetId }) => targetId)).size, 1_200);
  t.same(
    items,
    items.toSorted((a, b) => a.clockAtMs - b.clockAtMs || (a.targetId < b.targetId ? -1 : 1)),
  );
  t.same(
    items.map(({ ordinal }) => ordinal),
    items.map((_, index) => index),
  );
  t.match(run, { planned: { files: 1_200, bytes: 1_200 }, scopeFiles: 1_200 });
});

t.test('planning that was broken off anywhere goes on behind the last part', async (t) => {
  const { retained: whole } = await manyFiles(t, 1_200);
  const { run: expected } = await planned(whole, {});
  const mortal = new Mortal();
  const { retained } = await manyFiles(t, 1_200, { rest: mortal.rest });
  const job = await createJob(retained);
  mortal.left = 2;
  const { id } = await retained.retention.runs.start(olga, job.id, { dryRun: true });
  let kills = 0;
  for (; ; kills += 1) {
    while (!mortal.isDead && (await newestRun(retained, job.id)).state === 'planning') await turn();
    if ((await newestRun(retained, job.id)).state !== 'planning') break;
    mortal.left = 2;
    await retained.restart().tick();
  }
  t.ok(kills >= 4, `${kills} kills`);
  const run = await newestRun(retained, job.id);
  const { planned: amount, scopeFiles, state } = run;
  t.same(
    { amount, scopeFiles, state },
    {
      amount: expected.planned,
      scopeFiles: expected.scopeFiles,
      state: 'planned',
    },
  );
  const items = await itemsOf(retained, id);
  t.equal(new Set(items.map(({ path }) => path)).size, 1_200);
});

t.test('what changes while it is planned is in the plan once at most', async (t) => {
  const { retained, client } = await manyFiles(t, 600);
  let parts = 0;
  const rest = async () => {
    parts += 1;
    // The last of all gets a new content, and the oldest of those to come another name.
    if (parts === 2) await client.rename('/outgoing/planted-599', '/outgoing/elsewhere');
    if (parts === 2) await client.put('/outgoing/planted-598', Buffer.alloc(9));
  };
  retained.restart({ rest });
  const { run } = await planned(retained, {});
  t.ok(parts > 3);
  const items = await itemsOf(retained, run.id);
  const paths = items.map(({ path }) => path);
  t.equal(new Set(paths).size, paths.length);
  t.notOk(paths.includes('/outgoing/planted-599'));
  t.ok(paths.includes('/outgoing/elsewhere'));
  t.notOk(paths.includes('/outgoing/planted-598'), 'its new content is young');
  t.equal(paths.length, 599);
});
