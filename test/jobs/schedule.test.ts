import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { type Job, startSchedule } from '../../server/jobs/schedule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2030, 0, 7, 4, 16, 30);

/** Keeps the event loop as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A schedule that looks as often as a test says, at the time that it says. */
function open(t: Test, jobs: readonly (Omit<Job, 'run'> & Partial<Job>)[]) {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  let nowMs = startMs;
  const ran: string[] = [];
  const late: string[] = [];
  const faults: unknown[] = [];
  const stop = startSchedule(
    jobs.map((job) => ({ run: () => void ran.push(job.name), ...job })),
    { fault: (error) => faults.push(error), late: (words) => late.push(words) },
    { now: () => nowMs, lookMs: 1_000 },
  );
  t.teardown(stop);
  return {
    late,
    faults,
    stop,
    /** The wall's clock is set by so much. */
    set: (ms: number) => (nowMs += ms),
    /** What began while so many seconds passed. */
    pass: async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1_000;
        mock.timers.tick(1_000);
        await new Promise((resolve) => process.nextTick(resolve));
      }
      return ran.splice(0);
    },
  };
}

const minutely = { name: 'minutely', when: '* * * * *' };
const daily = { name: 'daily', when: '17 4 * * *' };

t.test('each job comes at its times', async (t) => {
  const { pass, late } = open(t, [minutely, daily]);
  t.same(await pass(29), []);
  t.same(await pass(1), ['minutely', 'daily']);
  t.same(await pass(59), []);
  t.same(await pass(121), ['minutely', 'minutely', 'minutely']);
  t.same(late, []);
});

/*
 * node-cron slept until the wall's clock showed the time that it had reckoned: set back by three hours, nothing was done for
 * three hours, not even the look that tells of such a step. Set ahead by three weeks it walked every minute of them: the
 * monitor answered nobody for twelve seconds and wrote 120,963 lines. And what was due meanwhile was left out: a clock that
 * was set by three seconds every night had the daily verification of the ledger never run.
 */
t.test('a clock that is set holds nothing up', async (t) => {
  const { pass, set, late } = open(t, [minutely, daily]);
  await pass(10);
  set(-3 * hourMs);
  t.same(await pass(120), ['minutely', 'minutely']);
  set(21 * dayMs);
  t.same(await pass(1), ['minutely', 'daily'], 'once, however long it was');
  t.match(late, [/^scheduled job minutely: it begins \d+ s late$/, /^scheduled job daily: /]);
  t.same(await pass(60), ['minutely']);
  set(-21 * dayMs);
  t.same(await pass(120), ['minutely', 'minutely']);
});

t.test('what a small step leaves out is done all the same', async (t) => {
  const { pass, set, late } = open(t, [daily]);
  t.same(await pass(28), []);
  set(3_000);
  t.same(await pass(1), ['daily']);
  t.same(late, []);
  // Slewed back over its time, and set back.
  set(-900);
  t.same(await pass(5), []);
  set(-minuteMs);
  t.same(await pass(60), ['daily'], 'its time comes twice, as the clock says');
});

t.test('a job never runs beside itself, and that is told once', async (t) => {
  const ends: (() => void)[] = [];
  const run = () => new Promise<void>((resolve) => ends.push(resolve));
  const { pass, late } = open(t, [{ ...minutely, run }]);
  await pass(300);
  t.equal(ends.length, 1);
  t.same(late, ['scheduled job minutely: it runs still']);
  ends[0]!();
  await new Promise((resolve) => process.nextTick(resolve));
  await pass(60);
  t.equal(ends.length, 2);
});

t.test('a job that fails is told by its name, and comes again', async (t) => {
  const cause = new Error('no room');
  let fail = () => undefined as void;
  const run = () => new Promise<void>((_, reject) => (fail = () => reject(cause)));
  const { pass, faults, stop } = open(t, [{ name: 'sweep', when: '* * * * *', run }]);
  for (let minute = 1; minute <= 2; minute += 1) {
    await pass(60);
    fail();
    await pass(1);
    t.equal(faults.length, minute);
  }
  t.match(faults[0], { message: 'the job sweep failed', cause });
  await pass(60);
  stop();
  fail();
  await pass(120);
  t.equal(faults.length, 2, 'what a stop breaks off is no fault, and nothing comes after it');
});

t.test('by the clock of the process, and when that was held up', async (t) => {
  const [printed, warned] = [t.capture(console, 'log'), t.capture(console, 'warn')];
  let runs = 0;
  await new Promise<void>((resolve, reject) => {
    const run = () => {
      runs += 1;
      if (runs < 3) block(2_500);
      else resolve();
    };
    const log = { fault: reject, late: reject };
    t.teardown(startSchedule([{ name: 'clock', when: '* * * * * *', run }], log));
  });
  t.same([printed(), warned()], [[], []]);
});
