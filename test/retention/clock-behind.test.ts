/**
 * What comes while the clock is behind: nothing of it is old because of that, and what is held stays held while the clock
 * is ahead, also where nobody has looked at it yet.
 */
import t from 'tap';
import { recallTime } from '../../server/retention/clock.ts';
import {
  type Retained,
  amy,
  createJob,
  dayMs,
  dora,
  newestRun,
  openRetained,
  pathsIn,
  petra,
} from './fixtures/retained.ts';

const minuteMs = 60_000;

/** So many days, with a tick in each. */
async function days(retained: Retained, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 0.9) {
    retained.clock.pass(0.9 * dayMs);
    await retained.tick();
  }
}

/** A process that begins anew and knows of the time what the database does. */
async function restart(retained: Retained): Promise<void> {
  const { exchange, clock } = retained;
  retained.restart();
  clock.trusted.learn({ leastMs: -Infinity, mostMs: Infinity, isInDoubt: false });
  await exchange.database.read((reader) => recallTime(reader, clock.trusted, null));
  await retained.retention.begin();
}

t.test('what was received while the clock was behind', async (t) => {
  // A dead battery had set the clock back by a year for a minute. What came in that minute was a year old as soon as NTP
  // had set the clock right, and went with the next run.
  const retained = await openRetained(t);
  const { clock, exchange, retention } = retained;
  const client = await exchange.connect(amy);
  const job = await createJob(retained, { olderThanDays: 30 });
  await retained.tick();
  clock.offMs = -400 * dayMs;
  clock.pass(minuteMs);
  await retained.tick();
  await client.put('/outgoing/fresh.csv', Buffer.from('sent now'));
  clock.pass(minuteMs);
  clock.offMs = 0;
  await retained.tick();
  await retention.clock.confirm(petra, 'NTP is right again');
  await days(retained, 29);
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 0 } });
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/fresh.csv']);
  const report = await retention.report.read({ days: 30 });
  t.match(report.expiring, [{ agency: 'alameda', byDay: [{ files: 1 }] }]);
  t.same(report.overdue, []);
  await days(retained, 3);
  t.same(await pathsIn(retained, 'alameda'), [], 'and at its time it goes');
});

t.test('what came while the clock went back and forth between two looks', async (t) => {
  // No look had seen it, so there was no problem and nothing to confirm: the file went the next night.
  const retained = await openRetained(t);
  const { clock, exchange, retention } = retained;
  const client = await exchange.connect(amy);
  await createJob(retained, { olderThanDays: 30, targets: ['file', 'partial-upload'] });
  await retained.tick();
  clock.pass(10_000);
  clock.offMs = -400 * dayMs;
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  const other = await exchange.connect(amy);
  await other.write(await other.open('/outgoing/partial.csv', 0x1a), 0, Buffer.alloc(70_000));
  await other.drop();
  clock.pass(20_000);
  clock.offMs = 0;
  clock.pass(30_000);
  await retained.tick();
  t.equal((await retention.clock.read()).problem, null);
  const uploads = () =>
    exchange.database.read(({ query }) => query.selectFrom('uploads').select('name').execute());
  await days(retained, 29);
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
  t.equal((await uploads()).length, 1);
  await days(retained, 3);
  t.same(await pathsIn(retained, 'alameda'), []);
  t.equal((await uploads()).length, 0);
});

t.test('what was collected while the clock was behind', async (t) => {
  // It went as what had been collected more than a year before.
  const retained = await openRetained(t);
  const { clock, exchange, retention } = retained;
  const client = await exchange.connect(amy);
  const reader = await exchange.connect(dora);
  await createJob(retained, { olderThanDays: 30, clock: 'collected' });
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  await retained.tick();
  clock.offMs = -400 * dayMs;
  clock.pass(minuteMs);
  await retained.tick();
  await reader.get('/agencies/alameda/outgoing/x.csv');
  clock.pass(minuteMs);
  clock.offMs = 0;
  await retained.tick();
  await retention.clock.confirm(petra, 'right');
  await days(retained, 29);
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
  await days(retained, 3);
  t.same(await pathsIn(retained, 'alameda'), []);
});

t.test('what came after a stop, by a clock that was behind', async (t) => {
  // All that a server knows then is the time at which it stopped: what came was older by the days that it had been off.
  const retained = await openRetained(t);
  const { clock, exchange } = retained;
  const client = await exchange.connect(amy);
  await createJob(retained, { olderThanDays: 30 });
  await retained.tick();
  for (const [name, offDays] of [
    ['behind what was seen', -400],
    ['behind, and ahead of what was seen', -3],
  ] as const) {
    clock.pass(20 * dayMs);
    clock.offMs = offDays * dayMs;
    await restart(retained);
    await client.put('/outgoing/x.csv', Buffer.from('x'));
    await restart(retained);
    clock.pass(minuteMs);
    await client.put('/outgoing/y.csv', Buffer.from('x'));
    clock.offMs = 0;
    await retained.tick();
    await retained.retention.clock.confirm(petra, 'it was off for some weeks');
    await days(retained, 29);
    t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv', 'outgoing/y.csv'], name);
    await days(retained, 3);
    t.same(await pathsIn(retained, 'alameda'), [], name);
  }
});

t.test('a clock that is well leaves nothing to be noted', async (t) => {
  const retained = await openRetained(t);
  const { clock, exchange } = retained;
  const client = await exchange.connect(amy);
  await retained.tick();
  for (let upload = 0; upload < 5; upload += 1) {
    clock.pass(dayMs);
    clock.offMs -= 100;
    await client.put(`/outgoing/${upload}`, Buffer.from('x'));
    await retained.tick();
  }
  const rows = await exchange.database.read(({ query }) =>
    query.selectFrom('versions').select('aged_from').execute(),
  );
  t.same(new Set(rows.map(({ aged_from }) => aged_from)), new Set([null]));
});

t.test('a hold that ends by itself, between a jump of the clock and the next look', async (t) => {
  // For up to a minute, and from a start to its first look, a client could remove what a court wanted kept for months.
  const retained = await openRetained(t);
  const { clock, exchange, retention } = retained;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  await retained.tick();
  const untilMs = clock.now() + 100 * dayMs;
  const words = { reason: 'case', authority: 'court' };
  const { id } = await retention.holds.place(petra, { agency: 'alameda', untilMs, ...words });
  clock.offMs = 400 * dayMs;
  clock.pass(30_000);
  await t.rejects(client.remove('/outgoing/x.csv'), /legal hold/);
  t.equal((await retention.holds.get(id)).state, 'standing');
  await restart(retained);
  await t.rejects(client.remove('/outgoing/x.csv'), /legal hold/);
  clock.offMs = 0;
  await retained.tick();
  await retained.retention.clock.confirm(petra, 'it was a year ahead');
  await t.rejects(client.remove('/outgoing/x.csv'), /legal hold/);
  await days(retained, 101);
  await client.remove('/outgoing/x.csv');
});
