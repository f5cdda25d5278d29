// A machine was so busy that a job's minute passed unseen. node-cron said so by itself: coloured lines on standard output,
// among the JSON that a log collector reads.
import t from 'tap';
import { startSchedule } from '../../server/jobs/schedule.ts';

/** Keeps the event loop as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

t.test('a job that was held up is told to the log, and to nobody else', async (t) => {
  const printed = t.capture(console, 'log');
  const warned = t.capture(console, 'warn');
  const said = await new Promise<string>((resolve, reject) => {
    const job = { name: 'clock', when: '* * * * * *', run: () => undefined };
    t.teardown(startSchedule([job], { fault: reject, late: resolve }));
    const blocking = setInterval(() => block(2_500), 100);
    t.teardown(() => clearInterval(blocking));
  });
  t.match(said, /^scheduled job clock: missed execution/);
  t.same([printed(), warned()], [[], []]);
});

t.test('a job that fails is told by its name, and comes again', async (t) => {
  const cause = new Error('no room');
  const told: unknown[] = [];
  await new Promise<void>((resolve) => {
    let runs = 0;
    const run = () => {
      runs += 1;
      if (runs === 2) resolve();
      throw cause;
    };
    const log = { fault: (error: unknown) => told.push(error), late: () => undefined };
    t.teardown(startSchedule([{ name: 'sweep', when: '* * * * * *', run }], log));
  });
  t.match(told[0], { message: 'the job sweep failed', cause });
});
