import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { ledger } from '../fixtures/ledger.ts';
import { LimitRows } from '../../server/ledger/limit-rows.ts';
import { freshDatabase } from '../fixtures/database.ts';

async function openRows(t: Test, more: { banRowsMax?: number; limitRowsMax?: number } = {}) {
  const time = { nowMs: 0 };
  const database = freshDatabase(t, () => Date.UTC(2030, 0, 1) + time.nowMs);
  const faults: unknown[] = [];
  const broken = { is: false };
  const rows = new LimitRows({
    database,
    ledger: {
      append: async (unit, entry) => {
        if (broken.is) throw new Fault('ledger-unavailable');
        await ledger.append(unit, entry);
      },
    },
    limits: { ...limits, ...more },
    now: () => time.nowMs,
    onFault: (error) => faults.push(error),
  });
  const written = () =>
    database.read(async ({ query }) => {
      const found = await query.selectFrom('ledger').select('body').orderBy('seq').execute();
      return found.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    });
  return { rows, time, written, faults, broken };
}

function banOf(source: string): LedgerEntry {
  return {
    origin: { actor: { kind: 'nobody' }, session: null, source },
    outcome: 'refused',
    reason: 'user-unknown',
    event: {
      event: 'ban.started.1',
      banned: source,
      failures: 3,
      until: '2030-01-01T00:00:15.000Z',
    },
  };
}

t.test('one row for each limit and source, with a count', async (t) => {
  const { rows, time, written } = await openRows(t);
  for (let times = 0; times < 1_000; times += 1) rows.reached('address-banned', '192.0.2.1');
  time.nowMs = 5_000;
  rows.reached('address-banned', '192.0.2.2');
  rows.reached('connections-dropped', '192.0.2.1');
  rows.reached('memory-short', null);
  t.same(await written(), [], 'nothing at once');
  time.nowMs = 60_000;
  await rows.settle();
  await rows.settle();
  t.match(await written(), [
    {
      event: 'limit.reached.1',
      outcome: 'refused',
      reason: 'address-banned',
      limit: 'address-banned',
      source: '192.0.2.1',
      count: 1_000,
      firstAt: '2030-01-01T00:00:00.000Z',
      at: '2030-01-01T00:01:00.000Z',
    },
    { source: '192.0.2.2', count: 1, firstAt: '2030-01-01T00:00:05.000Z' },
    { limit: 'connections-dropped', source: '192.0.2.1', count: 1 },
    { limit: 'memory-short', source: null, count: 1 },
  ]);
  t.equal((await written()).length, 4);
});

t.test('they are written by themselves after a minute', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { rows, written } = await openRows(t);
  rows.reached('address-banned', '192.0.2.1');
  mock.timers.tick(60_000);
  mock.timers.reset();
  // Settling again waits for what the timer began.
  await rows.settle();
  t.match(await written(), [{ event: 'limit.reached.1', count: 1 }]);
});

t.test('a stranger with a thousand addresses finds the most of them in one row', async (t) => {
  const { rows, written } = await openRows(t, { limitRowsMax: 10 });
  for (let index = 0; index < 1_000; index += 1)
    rows.reached('connections-dropped', `2001:db8:${index}::/64`);
  rows.reached('address-banned', '192.0.2.1');
  rows.reached('connections-dropped', '2001:db8:0::/64');
  await rows.settle();
  const found = await written();
  t.equal(found.length, 12);
  t.match(found[0], { source: '2001:db8:0::/64', count: 2 });
  t.match(found.slice(10), [
    { limit: 'connections-dropped', source: null, count: 990 },
    { limit: 'address-banned', source: null, count: 1 },
  ]);
});

t.test('rows of their own are so many in a minute, the rest is counted', async (t) => {
  const { rows, time, written } = await openRows(t, { banRowsMax: 3 });
  const ban = (index: number) =>
    rows.tell(banOf(`192.0.2.${index}`), 'address-banned', `192.0.2.${index}`);
  for (let index = 0; index < 5; index += 1) ban(index);
  time.nowMs = 60_000;
  ban(5);
  await rows.settle();
  t.match(
    (await written()).map((row) => [row['event'], row['source']]),
    [
      ...[0, 1, 2, 5].map((index) => ['ban.started.1', `192.0.2.${index}`]),
      ['limit.reached.1', '192.0.2.3'],
      ['limit.reached.1', '192.0.2.4'],
    ],
  );
});

t.test('what cannot be written is kept until it can', async (t) => {
  const { rows, written, faults, broken } = await openRows(t);
  broken.is = true;
  rows.reached('connections-exceeded', '192.0.2.1');
  rows.tell(banOf('192.0.2.2'), 'address-banned', '192.0.2.2');
  await t.rejects(rows.settle(), { code: 'ledger-unavailable' });
  rows.reached('connections-exceeded', '192.0.2.1');
  t.equal(faults.length, 2);
  broken.is = false;
  await rows.settle();
  t.match(await written(), [
    { limit: 'address-banned', source: '192.0.2.2', count: 1 },
    { limit: 'connections-exceeded', source: '192.0.2.1', count: 2 },
  ]);
});
