import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { createReport } from '../../server/retention/report.ts';
import { plantFiles } from './fixtures/planted.ts';
import { amy, createJob, dayMs, dora, openRetained, startMs } from './fixtures/retained.ts';

const PUT = 0x1a;
const dayOf = (days: number) => new Date(startMs + days * dayMs).toISOString().slice(0, 10);

t.test('what expires is told by agency and day, and what is overdue', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock, retention } = retained;
  const client = await exchange.connect(amy);
  const other = await exchange.connect({ username: 'ben', agency: 'butte' });
  await exchange.login({ username: 'eve', agency: 'empty' });
  const state = await exchange.connect(dora);
  await client.put('/outgoing/a', Buffer.alloc(10));
  await client.put('/outgoing/b', Buffer.alloc(20));
  clock.pass(dayMs);
  await client.put('/outgoing/c', Buffer.alloc(5));
  await client.put('/outgoing/c', Buffer.alloc(6));
  await other.put('/outgoing/d', Buffer.alloc(7));
  await other.put('/outgoing/e', Buffer.alloc(8));
  clock.pass(dayMs);
  await state.get('/agencies/butte/outgoing/e');
  t.match(await retention.report.read({ days: 30 }), {
    atMs: clock.now(),
    days: 30,
    expiring: [],
    overdue: [],
    oldest: [
      { agency: 'alameda', path: '/outgoing/a', receivedAtMs: startMs },
      { agency: 'butte', path: '/outgoing/d', receivedAtMs: startMs + dayMs },
    ],
  });

  await createJob(retained, { name: 'one' });
  await createJob(retained, { name: 'two', agency: null, olderThanDays: 10, clock: 'collected' });
  await createJob(retained, { name: 'off', agency: null, olderThanDays: 1, enabled: false });
  const told = async (days: number, agency?: string) => {
    clock.pass(1);
    retained.restart();
    const asked = { days, ...(agency !== undefined && { agency }) };
    const { expiring, overdue, oldest } = await retained.retention.report.read(asked);
    return { expiring, overdue, oldest: oldest.map(({ path }) => path) };
  };
  const alameda = {
    agency: 'alameda',
    byDay: [
      { day: dayOf(30), files: 2, bytes: 30 },
      { day: dayOf(31), files: 2, bytes: 11 },
    ],
  };
  const butte = { agency: 'butte', byDay: [{ day: dayOf(12), files: 1, bytes: 8 }] };
  const oldest = ['/outgoing/a', '/outgoing/d'];
  t.same(await told(30), { expiring: [alameda, butte], overdue: [], oldest });
  t.same(await told(30, 'butte'), { expiring: [butte], overdue: [], oldest: ['/outgoing/d'] });
  t.same(await told(28), {
    expiring: [{ ...alameda, byDay: alameda.byDay.slice(0, 1) }, butte],
    overdue: [],
    oldest,
  });
  t.same(await told(9), { expiring: [], overdue: [], oldest });
  clock.pass(28.5 * dayMs);
  t.same(await told(30), {
    expiring: [{ ...alameda, byDay: alameda.byDay.slice(1) }],
    overdue: [
      { agency: 'alameda', files: 2, bytes: 30 },
      { agency: 'butte', files: 1, bytes: 8 },
    ],
    oldest,
  });
});

t.test('the first of the rules that are for a file counts, and a file once', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  const state = await exchange.connect(dora);
  for (const name of ['a', 'b', 'c']) {
    await client.put(`/outgoing/${name}`, Buffer.alloc(1));
    await client.put(`/outgoing/${name}`, Buffer.alloc(2));
  }
  await client.put('/outgoing/d', Buffer.alloc(4));
  const cut = await client.open('/outgoing/cut', PUT);
  await client.write(cut, 0, Buffer.alloc(70_000));
  await client.drop();
  clock.pass(dayMs);
  // The earlier version of the one was never collected, and goes with the file.
  for (const name of ['a', 'd']) await state.get(`/agencies/alameda/outgoing/${name}`);
  await createJob(retained, { name: '1', olderThanDays: 20, targets: ['file', 'partial-upload'] });
  await createJob(retained, { name: '2', olderThanDays: 10, path: '/outgoing/b' });
  await createJob(retained, { name: '3', olderThanDays: 5, clock: 'collected' });
  await createJob(retained, {
    name: '4',
    agency: null,
    olderThanDays: 15,
    path: '/**/c',
    targets: ['previous-version'],
    keepVersions: 1,
  });
  await createJob(retained, {
    name: '5',
    olderThanDays: 2,
    targets: ['previous-version'],
    keepVersions: 2,
  });
  const { expiring } = await retained.retention.report.read({ days: 30 });
  t.same(expiring, [
    {
      agency: 'alameda',
      byDay: [
        { day: dayOf(6), files: 3, bytes: 7 },
        { day: dayOf(10), files: 2, bytes: 3 },
        { day: dayOf(15), files: 1, bytes: 1 },
        { day: dayOf(20), files: 2, bytes: 70_002 },
      ],
    },
  ]);
});

// Who replaces a file every week had each of its earlier versions told of as overdue, for ever: no run took one of them,
// as the job takes files, and the file is young.
t.test('an earlier version that goes with its file is due with that', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  for (let week = 0; week < 3; week += 1) {
    await client.put('/outgoing/a', Buffer.alloc(1 + week));
    clock.pass(week < 2 ? 7 * dayMs : 26 * dayMs);
  }
  const told = async () => {
    clock.pass(1);
    retained.restart();
    const { expiring, overdue } = await retained.retention.report.read({ days: 30 });
    return { expiring, overdue };
  };
  await createJob(retained);
  const whole = { agency: 'alameda', byDay: [{ day: dayOf(44), files: 3, bytes: 6 }] };
  t.same(await told(), { expiring: [whole], overdue: [] });
  await retained.tick();
  t.match(await told(), { overdue: [] }, 'a run takes none of it');
  await createJob(retained, { name: 'two', targets: ['file', 'previous-version'] });
  t.same(await told(), {
    expiring: [{ agency: 'alameda', byDay: [{ day: dayOf(44), files: 1, bytes: 3 }] }],
    overdue: [{ agency: 'alameda', files: 2, bytes: 3 }],
  });
});

t.test('what was replaced before it was collected is told of with its file', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const client = await exchange.connect(amy);
  const state = await exchange.connect(dora);
  for (const bytes of [1, 2]) await client.put('/outgoing/a', Buffer.alloc(bytes));
  await state.get('/agencies/alameda/outgoing/a');
  await client.put('/outgoing/b', Buffer.alloc(4));
  const targets = ['file', 'previous-version'] as const;
  await createJob(retained, { olderThanDays: 10, clock: 'collected', targets });
  clock.pass(11 * dayMs);
  const { overdue } = await retained.retention.report.read({ days: 30 });
  t.same(overdue, [{ agency: 'alameda', files: 2, bytes: 3 }]);
});

t.test('a report of many files is made of short reads, and kept for a while', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  await exchange.login(amy);
  await plantFiles(exchange.database, 'alameda', {
    directory: 'outgoing',
    count: 1_300,
    receivedAtMs: (index) => startMs - Math.floor(index / 100) * dayMs,
  });
  await createJob(retained);
  let steadyMs = 0;
  let reads = 0;
  const report = createReport({
    database: {
      ...exchange.database,
      read: (work) => {
        reads += 1;
        return exchange.database.read(work);
      },
    },
    limits,
    rest: async () => void (steadyMs += 10),
    steadyNow: () => steadyMs,
  });
  const first = await report.read({ days: 31 });
  const [alameda] = first.expiring;
  t.equal(
    alameda!.byDay.reduce((sum, { files }) => sum + files, 0),
    1_300,
  );
  t.equal(alameda!.byDay.length, 13);
  t.ok(reads > 5, `${reads} reads`);
  const before = reads;
  const [one, other] = await Promise.all([report.read({ days: 31 }), report.read({ days: 31 })]);
  t.equal(one, first);
  t.equal(other, first);
  t.equal(reads, before);
  await report.read({ days: 10 });
  t.ok(reads > before);
  steadyMs += 60_000;
  clock.pass(dayMs);
  const later = await report.read({ days: 31 });
  t.equal(later.atMs, clock.now());
});
