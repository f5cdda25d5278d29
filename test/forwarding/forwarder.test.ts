import t from 'tap';
import type { Delivery, Destination } from '../../server/forwarding/destination.ts';
import { Forwarder } from '../../server/forwarding/forwarder.ts';
import { Troubles } from '../../server/forwarding/troubles.ts';
import { ledger, names } from '../fixtures/ledger.ts';
import { placeOf } from '../../server/forwarding/places.ts';
import { listed, openForwarding, quick, upTo } from './fixtures/ledger.ts';
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

// A row was sent as soon as it was committed. A power cut took it back, another got its number and its place in the chain,
// and the receiver had a ledger that never was.
t.test('a row that a power cut would take back is not sent yet', async (t) => {
  const { grow, begin, database, tail } = await openForwarding(t);
  const early: number[] = [];
  const open = { rowsUnconfirmedMax: 1_000, openMsMax: 60_000 };
  const { destination, taken, state } = memory(open);
  const inner = await destination.open();
  const delivery: Delivery = {
    send: (rows) => {
      early.push(...rows.map(({ seq }) => seq).filter((seq) => seq > tail.lastSeq));
      return inner.send(rows);
    },
    confirm: async () => undefined,
    abandon: () => undefined,
  };
  let release = () => {};
  state.held = new Promise((resolve) => (release = resolve));
  await begin([{ ...destination, open: async () => delivery }]);
  await grow(1);
  await until(() => tail.lastSeq === 1, 'it is told');
  await database.write((unit) => ledger.append(unit, listed), { durable: 'soon' });
  // It reads again as soon as the first row was taken.
  release();
  await until(() => taken.length === 2, 'both came');
  t.same(early, []);
});

// A forwarder that was paused sent again after the next start: what it had noted of its progress while the change was
// being written went behind the change, with the place as it had been.
t.test('a place that is kept while a change is written does not undo the change', async (t) => {
  const { grow, database, tail } = await openForwarding(t);
  const { destination, taken } = memory();
  let slowMs = 0;
  const forwarder = new Forwarder({
    destination,
    database: {
      ...database,
      write: async (work, options) => {
        const value = await database.write(work, options);
        if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
        return value;
      },
    },
    names,
    tail,
    troubles: new Troubles({
      database,
      ledger,
      clock: Date.now,
      onProblem: () => undefined,
      onFault: (error) => t.fail(String(error)),
    }),
    random: Math.random,
    times: { ...quick, keepMs: 100 },
  });
  await forwarder.start();
  await grow(1);
  await until(() => taken.length === 1, 'it came');
  slowMs = 300;
  await forwarder.change(admin, { paused: true });
  slowMs = 0;
  t.match(await database.read((reader) => placeOf(reader, 'webhook')), { paused: true });
  await forwarder.stop();
  t.match(await database.read((reader) => placeOf(reader, 'webhook')), { paused: true });
});

// Two administrators: one paused it while the other sent it back. Both began from the same place, so the later undid the
// earlier, and the ledger said that it had been as it was before both.
t.test('changes at once are made one after another', async (t) => {
  const { grow, begin, database } = await openForwarding(t);
  const { destination, taken } = memory();
  const forwarders = await begin([destination]);
  await grow(10);
  await until(() => taken.length === 10, 'all came');
  await Promise.all([
    forwarders.change(admin, 'webhook', { paused: true }),
    forwarders.change(admin, 'webhook', { lastSeq: 4 }),
    t.rejects(forwarders.change(admin, 'webhook', { lastSeq: 5 }), { code: 'field-invalid' }),
  ]);
  t.match(await forwarders.get('webhook'), { state: 'paused', lastSeq: 4 });
  t.match(await database.read((reader) => placeOf(reader, 'webhook')), {
    paused: true,
    lastSeq: 4,
  });
  const rows = await database.read(({ query }) =>
    query.selectFrom('ledger').select('body').where('event', '=', 'forwarder.changed.1').execute(),
  );
  t.match(
    rows.map(({ body }) => JSON.parse(body) as object),
    [
      { before: { paused: false, lastSeq: 10 }, after: { paused: true, lastSeq: 10 } },
      { before: { paused: true, lastSeq: 10 }, after: { paused: true, lastSeq: 4 } },
    ],
  );
});

// Node tries each address of a name, and what comes of it has no message: `lastError` was empty.
t.test('a failure has words, and not too many', async (t) => {
  const { grow, begin } = await openForwarding(t);
  const failures: Error[] = [
    Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
    new Error('x'.repeat(10_000)),
  ];
  const open = async () => Promise.reject(failures[0]!);
  const forwarders = await begin([{ ...memory().destination, open }]);
  const lastError = async () => (await forwarders.get('webhook')).lastError;
  await grow(1);
  await until(() => forwarders.troubled().length > 0, 'it fails');
  t.equal(await lastError(), 'ECONNREFUSED');
  const before = (await forwarders.get('webhook')).failures;
  failures.shift();
  let now = before;
  await until(() => {
    void forwarders.get('webhook').then((status) => (now = status.failures));
    return now > before + 1;
  }, 'it fails again');
  t.equal(await lastError(), 'x'.repeat(200));
});

t.test('who is far behind takes little at a time', async (t) => {
  const { grow, begin } = await openForwarding(t);
  const sizes: number[] = [];
  const { destination, taken } = memory();
  const delivery = await destination.open();
  const send: Delivery['send'] = (rows) => {
    sizes.push(rows.length);
    return delivery.send(rows);
  };
  await grow(600);
  await begin([{ ...destination, openMsMax: 1_000, open: async () => ({ ...delivery, send }) }]);
  await until(() => taken.length >= 600, 'all came');
  t.same(firstArrivals(taken), upTo(600));
  t.ok(Math.max(...sizes) <= 50, `at most ${Math.max(...sizes)} rows`);
});

// A webhook confirms each call, and its deliveries came one upon another: with a ledger of days to send, whoever asked the
// monitor anything waited for it all.
t.test(
  'who is far behind leaves the loop to others, also where each call is confirmed',
  async (t) => {
    const { grow, begin } = await openForwarding(t);
    const { destination, taken } = memory();
    const delivery = await destination.open();
    const heldMs = 20;
    let others = 0;
    const turnsOfOthers: number[] = [];
    const send: Delivery['send'] = (rows) => {
      turnsOfOthers.push(others);
      const untilMs = performance.now() + heldMs;
      while (performance.now() < untilMs);
      // Due while it rests for as long as it held the loop.
      setTimeout(() => (others += 1), heldMs / 2);
      return delivery.send(rows);
    };
    await grow(200);
    await begin([{ ...destination, open: async () => ({ ...delivery, send }) }]);
    await until(() => taken.length === 200, 'all came');
    t.same(turnsOfOthers, [0, 1, 2, 3]);
  },
);

// The disk was full when a destination had failed for a minute. The failure counted as told, so neither it nor its end
// was in the ledger, and the next one not for an hour.
t.test('a failure that could not be recorded is recorded with the next', async (t) => {
  const { database } = await openForwarding(t);
  const faults: unknown[] = [];
  let isFull = true;
  const troubles = new Troubles({
    database: {
      ...database,
      write: (work, options) =>
        isFull ? Promise.reject(new Error('full')) : database.write(work, options),
    },
    ledger,
    clock: Date.now,
    onProblem: () => undefined,
    onFault: (error) => faults.push(error),
    times: { tellMs: 0, againMs: 60_000 },
  });
  const events = async () => {
    const rows = await database.read(({ query }) =>
      query.selectFrom('ledger').select('event').orderBy('seq').execute(),
    );
    return rows.map(({ event }) => event);
  };
  const failure = { message: 'down', sinceMs: Date.now() };
  await troubles.failed('syslog', 'memory', failure);
  t.same([await events(), faults.length], [[], 1]);
  isFull = false;
  await troubles.failed('syslog', 'memory', failure);
  t.same(await events(), ['forwarding.failed.1']);
  isFull = true;
  await troubles.over('syslog');
  isFull = false;
  await troubles.over('syslog');
  await troubles.over('syslog');
  t.same(await events(), ['forwarding.failed.1', 'forwarding.resumed.1']);
});
