import t from 'tap';
import type { Delivery, Destination } from '../../server/forwarding/destination.ts';
import { placeOf } from '../../server/forwarding/places.ts';
import { openForwarding, upTo } from './fixtures/ledger.ts';
import { firstArrivals, until } from './fixtures/receivers.ts';

/** A destination in memory, with a script of what goes wrong. */
function memory(more: Partial<Destination> = {}) {
  const taken: number[] = [];
  const state = { isDown: false, held: undefined as Promise<void> | undefined, abandoned: 0 };
  const delivery: Delivery = {
    send: async (rows) => {
      await state.held;
      if (state.isDown) throw new Error('down');
      taken.push(...rows.map(({ seq }) => seq));
      return rows.at(-1)!.seq;
    },
    confirm: async () => undefined,
    abandon: () => void (state.abandoned += 1),
  };
  const destination: Destination = {
    name: 'webhook',
    shown: 'memory',
    rowsUnconfirmedMax: 1,
    openMsMax: 0,
    open: async () => delivery,
    ...more,
  };
  return { destination, taken, state };
}

const admin = {
  actor: { kind: 'admin', keyId: 'k', name: 'root' },
  session: 'r',
  source: '127.0.0.1:1',
} as const;

t.test('the place is durable, and the next start goes on from it', async (t) => {
  const { grow, begin, database, tail } = await openForwarding(t);
  const one = memory();
  const first = await begin([one.destination]);
  await grow(10);
  await until(() => one.taken.length === 10, 'all came');
  await first.stop();
  t.match(await database.read((reader) => placeOf(reader, 'webhook')), { lastSeq: 10 });
  await grow(3);
  await until(() => tail.lastSeq === 13, 'they are told');
  const two = memory();
  await begin([two.destination]);
  await until(() => two.taken.length === 3, 'the rest came');
  t.same(two.taken, [11, 12, 13]);
});

t.test('what it writes for itself makes no row, and stops when there is nothing new', async (t) => {
  const { grow, begin, database } = await openForwarding(t);
  const { destination, taken } = memory();
  await begin([destination]);
  await grow(5);
  await until(() => taken.length === 5, 'all came');
  let commits = 0;
  // Past the place that is kept, and the sync that makes it durable.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  database.onCommit(() => void (commits += 1));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.equal(commits, 0, 'an idle ledger costs no commit');
  const rows = await database.read(({ query }) =>
    query.selectFrom('ledger').select('seq').execute(),
  );
  t.equal(rows.length, 5);
});

t.test('a destination that stalls holds up neither the ledger nor another one', async (t) => {
  const { grow, begin } = await openForwarding(t);
  const stalled = memory({ name: 'syslog' });
  stalled.state.held = new Promise((_, reject) => t.teardown(() => reject(new Error('over'))));
  stalled.state.held.catch(() => undefined);
  const other = memory();
  await begin([stalled.destination, other.destination]);
  await grow(700);
  await until(() => other.taken.length === 700, 'the other has all');
  t.same(stalled.taken, []);
});

t.test('paused, sent again from an earlier row, and never ahead', async (t) => {
  const { grow, begin, database } = await openForwarding(t);
  const { destination, taken } = memory();
  const forwarders = await begin([destination]);
  await grow(10);
  await until(() => taken.length === 10, 'all came');
  await forwarders.change(admin, 'webhook', { paused: true });
  t.match(await forwarders.get('webhook'), { state: 'paused' });
  await grow(5);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(taken.length, 10);
  await t.rejects(forwarders.change(admin, 'webhook', { lastSeq: 12 }), {
    code: 'field-invalid',
    pointer: '/lastSeq',
  });
  await t.rejects(forwarders.get('syslog'), { code: 'not-found' });
  await forwarders.change(admin, 'webhook', { paused: false, lastSeq: 4 });
  await until(() => taken.at(-1) === 17, 'the rest came, with the rows of the changes');
  t.same(taken.slice(10), upTo(17).slice(4));
  const changes = await database.read(({ query }) =>
    query.selectFrom('ledger').select('body').where('event', '=', 'forwarder.changed.1').execute(),
  );
  t.match(JSON.parse(changes[1]!.body), {
    actor: { name: 'root' },
    forwarder: 'webhook',
    before: { paused: true, lastSeq: 10 },
    after: { paused: false, lastSeq: 4 },
  });
});

t.test('a long failure is told once, its end too, and what flaps stays quiet', async (t) => {
  const { grow, begin, database, problems } = await openForwarding(t, {
    troubles: { tellMs: 30, againMs: 60_000 },
  });
  const { destination, taken, state } = memory();
  const forwarders = await begin([destination]);
  const rows = (event: 'forwarding.failed.1' | 'forwarding.resumed.1') =>
    database.read(({ query }) =>
      query.selectFrom('ledger').select(['seq', 'body']).where('event', '=', event).execute(),
    );
  state.isDown = true;
  await grow(1);
  await until(() => problems.length > 8, 'it failed for long');
  t.equal((await rows('forwarding.failed.1')).length, 1);
  t.match(JSON.parse((await rows('forwarding.failed.1'))[0]!.body), {
    forwarder: 'webhook',
    destination: 'memory',
    error: 'down',
    outcome: 'failed',
    reason: 'forwarding-failed',
  });
  t.match(forwarders.troubled(), [{ name: 'webhook', state: 'failing' }]);
  state.isDown = false;
  await until(() => taken.length === 3, 'the row, the failure and its end');
  t.equal((await rows('forwarding.resumed.1')).length, 1);
  state.isDown = true;
  const told = problems.length;
  await grow(1);
  await until(() => problems.length > told + 8, 'it failed for long again');
  t.equal((await rows('forwarding.failed.1')).length, 1, 'within the hour');
  state.isDown = false;
  await until(() => firstArrivals(taken).length === 4, 'all came');
  t.same(firstArrivals(taken), upTo(4));
});
