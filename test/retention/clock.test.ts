import t, { type Test } from 'tap';
import { ledger } from '../fixtures/ledger.ts';
import { ClockGuard } from '../../server/retention/clock.ts';
import { TrustedTime } from '../../server/database/trusted-time.ts';
import { freshDatabase } from '../fixtures/database.ts';
import {
  VirtualClock,
  amy,
  createJob,
  dayMs,
  newestRun,
  olga,
  openRetained,
  startMs,
} from './fixtures/retained.ts';

const minuteMs = 60_000;

function open(t: Test) {
  const clock = new VirtualClock();
  const database = freshDatabase(t, clock.now, clock.trusted);
  const guard = (ledgerAtMs: number | null = null) =>
    new ClockGuard({
      database,
      guarded: database,
      ledger,
      now: clock.now,
      steadyNow: clock.steady,
      ledgerAtMs,
      trusted: clock.trusted,
    });
  return { clock, guard, database };
}

t.test('the first start has no problem, nor has time that passes', async (t) => {
  const { clock, guard } = open(t);
  const one = guard();
  t.same((await one.read()).seenAtMs, null);
  for (let look = 0; look < 3_000; look += 1) {
    clock.pass(minuteMs);
    if (!(await one.look())) t.fail(`at look ${look}`);
    if (look % 700 === 0) clock.offMs -= 20_000;
  }
  const { seenAtMs } = await one.read();
  t.ok(seenAtMs! > clock.now() - 7 * minuteMs, 'it is noted every five minutes');
});

t.test(
  'a clock that went back stops, also once it is right again, until it is confirmed',
  async (t) => {
    const { clock, guard, database } = open(t);
    const one = guard();
    t.equal(await one.look(), true);
    clock.offMs = -2 * minuteMs;
    t.equal(await one.look(), false);
    await t.rejects(one.refuseProblem(), {
      code: 'conflict',
      message: /the clock went back from 2030-01-07T12:00:00.000Z to 2030-01-07T11:58:00.000Z/,
    });
    clock.offMs = 0;
    t.equal(await one.look(), false);
    t.match(await one.read(), {
      problem: 'went-back',
      problemBeforeMs: startMs,
      problemAfterMs: startMs - 2 * minuteMs,
    });
    t.equal(await guard().look(), false, 'nor is it over with a new start');
    await t.rejects(one.confirm(olga, ' '), { code: 'field-invalid', pointer: '/reason' });
    const view = await one.confirm(olga, 'compared with time.nist.gov');
    t.match(view, {
      problem: null,
      problemBeforeMs: null,
      problemAfterMs: null,
      seenAtMs: startMs,
    });
    t.equal(await one.look(), true);
    t.equal(await guard().look(), true);
    await t.rejects(one.confirm(olga, 'again'), { code: 'conflict' });
    const rows = await database.read(({ query }) =>
      query.selectFrom('ledger').select('body').orderBy('seq').execute(),
    );
    t.match(
      rows.map(({ body }) => JSON.parse(body) as unknown),
      [
        { event: 'clock.problem.1', problem: 'went-back', actor: { kind: 'server' } },
        {
          event: 'clock.confirmed.1',
          explanation: 'compared with time.nist.gov',
          actor: { keyId: 'olga' },
        },
      ],
    );
  },
);

// Found by the simulation: a step back after two days without a look was taken for one day that had passed.
t.test('a step back is seen though more time has passed since the last look', async (t) => {
  const { clock, guard } = open(t);
  const one = guard();
  t.ok(await one.look());
  clock.pass(3 * dayMs);
  clock.offMs = -2 * dayMs;
  t.notOk(await one.look());
  t.match(await one.read(), {
    problem: 'went-back',
    problemBeforeMs: startMs + 3 * dayMs,
    problemAfterMs: startMs + dayMs,
  });
});

t.test('many small steps are one large one', async (t) => {
  const { clock, guard } = open(t);
  const back = guard();
  t.ok(await back.look());
  clock.offMs -= 40_000;
  t.ok(await back.look());
  clock.offMs -= 40_000;
  t.notOk(await back.look());
  const { clock: other, guard: another } = open(t);
  const ahead = another();
  t.ok(await ahead.look());
  for (let hours = 10; hours <= 20; hours += 10) {
    other.offMs = (hours * dayMs) / 24;
    t.ok(await ahead.look());
  }
  other.offMs = 1.25 * dayMs;
  t.notOk(await ahead.look());
});

t.test('a jump of more than a day ahead stops, within a process and over a stop', async (t) => {
  const { clock, guard } = open(t);
  const one = guard();
  t.equal(await one.look(), true);
  clock.pass(10 * dayMs);
  t.equal(await one.look(), true, 'time may pass');
  clock.offMs = dayMs + 1;
  t.equal(await one.look(), false);
  t.match(await one.read(), { problem: 'jumped', problemAfterMs: startMs + 11 * dayMs + 1 });
  clock.offMs = 0;
  await one.confirm(olga, 'set right');
  t.equal(await one.look(), true);

  clock.pass(23 * 60 * minuteMs);
  t.equal(await guard().look(), true, 'a stop of less than a day');
  clock.pass(dayMs + minuteMs);
  const after = guard();
  t.equal(await after.look(), false, 'nobody knows what a longer stop was');
  await after.confirm(olga, 'it was off over the weekend');
  t.equal(await after.look(), true);
});

/*
 * The steady clock of a server that runs counts parts of a millisecond, and what the time was before a step was reckoned
 * from it: the database refused to store that in whole milliseconds. So no look at a clock that was off ever ended. Nothing
 * was purged, but nobody was told why either, and there was nothing to confirm. All tests had a steady clock in whole ones.
 */
t.test('a step is noted by the steady clock of a real process', async (t) => {
  for (const offMs of [2 * dayMs, -2 * dayMs]) {
    let nowMs = () => Date.now();
    const database = freshDatabase(t, () => nowMs());
    const trusted = new TrustedTime(() => performance.now());
    const guard = () =>
      new ClockGuard({
        database,
        guarded: database,
        ledger,
        now: () => nowMs(),
        steadyNow: () => performance.now(),
        ledgerAtMs: null,
        trusted,
      });
    const one = guard();
    t.ok(await one.look());
    await one.note();
    nowMs = () => Date.now() + offMs;
    t.notOk(await one.look());
    t.match(await one.read(), { problem: offMs > 0 ? 'jumped' : 'went-back' });
    const next = guard();
    t.notOk(await next.look(), 'nor does a start forget it');
    await next.confirm(olga, 'compared with time.nist.gov');
    t.ok(await next.look());

    // A start by another clock sees it, too.
    nowMs = () => Date.now() + 2 * offMs;
    t.notOk(await guard().look());
  }
});

t.test('a start does not forget how far the clock is ahead already', async (t) => {
  // Four jumps of 20 hours, each with a restart after it, were 80 hours in eight minutes, and nothing had been noted.
  const { clock, guard } = open(t);
  let jumps = 0;
  for (let isWell = await guard().look(); isWell && jumps < 4; jumps += 1) {
    clock.offMs += (20 / 24) * dayMs;
    clock.pass(minuteMs);
    const one = guard();
    isWell = await one.look();
    clock.pass(minuteMs);
    if (isWell) isWell = await guard().look();
  }
  t.equal(jumps, 2);
  const last = guard();
  t.match(await last.read(), { problem: 'jumped' });
  await last.confirm(olga, 'compared with time.nist.gov');
  clock.offMs += (20 / 24) * dayMs;
  t.ok(await guard().look(), 'what was confirmed is counted no more');
});

t.test('stops of an hour a week never add up to a jump', async (t) => {
  const { clock, guard } = open(t);
  for (let week = 0; week < 60; week += 1) {
    const one = guard();
    for (let look = 0; look < 7; look += 1) {
      if (!(await one.look())) t.fail(`in week ${week}`);
      clock.pass(dayMs);
    }
    t.ok(await one.look());
    clock.pass(60 * minuteMs);
  }
});

t.test('the ledger remembers a time that nobody has noted', async (t) => {
  const { guard } = open(t);
  const before = guard(startMs + dayMs);
  t.equal(await before.look(), false, 'the ledger has rows of tomorrow');
  t.match(await before.read(), { problem: 'went-back', problemBeforeMs: startMs + dayMs });
  await before.confirm(olga, 'the clock was a day ahead');
  t.equal(await before.look(), true);
  const { guard: other } = open(t);
  t.equal(await other(startMs - minuteMs).look(), true);
});

t.test(
  'a jump is seen though a start before has written its rows by the wrong clock',
  async (t) => {
    // `server.started.1` is written before the first look: a restart within that minute took it for a time that was right.
    const { clock, guard } = open(t);
    t.ok(await guard().look());
    clock.pass(minuteMs);
    clock.offMs = 365 * dayMs;
    const after = guard(clock.now());
    t.notOk(await after.look());
    t.match(await after.read(), {
      problem: 'jumped',
      problemBeforeMs: startMs,
      problemAfterMs: clock.now(),
    });
  },
);

t.test('confirmed, jobs that were due by a clock that was ahead are due again', async (t) => {
  // A run of the wrong year had left `due_after` there: the job stood still until that year came.
  const retained = await openRetained(t);
  await retained.exchange.login(amy);
  const job = await createJob(retained);
  const { clock, exchange } = retained;
  await retained.tick();
  await exchange.database.write(({ query, nowMs }) =>
    query
      .updateTable('retention_jobs')
      .set({ due_after: nowMs + 365 * dayMs })
      .execute(),
  );
  clock.offMs = -dayMs;
  await retained.tick();
  clock.offMs = 0;
  await retained.retention.clock.confirm(olga, 'it was a year ahead');
  clock.pass(dayMs);
  await retained.tick();
  t.match(await newestRun(retained, job.id), { state: 'done', cause: 'missed' });
});
