import t from 'tap';
import { Errand } from '../../server/jobs/errand.ts';

/** Work that goes on until it is let go, and what was told of it. */
function openErrand() {
  const told: unknown[] = [];
  const turns: { end: (error?: Error) => void; signal: AbortSignal }[] = [];
  const errand = new Errand(
    (signal) =>
      new Promise<void>((resolve, reject) => {
        const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
        turns.push({ end, signal });
      }),
    (error) => told.push(error),
  );
  return { errand, told, turns };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('woken while it goes on, it is done once more, however often that was', async (t) => {
  const { errand, turns } = openErrand();
  t.equal(errand.isAwake, false);
  errand.wake();
  t.equal(errand.isAwake, false, 'that is what it does now');
  t.equal(turns.length, 1);
  for (let times = 0; times < 3; times += 1) errand.wake();
  t.equal(errand.isAwake, true);
  t.equal(turns.length, 1, 'never beside itself');
  turns[0]!.end();
  await settled();
  t.equal(turns.length, 2);
  turns[1]!.end();
  await errand.idle();
  t.equal(turns.length, 2);
  errand.wake();
  t.equal(turns.length, 3);
  turns[2]!.end();
});

t.test('a failure is told, and the next turn is another one', async (t) => {
  const { errand, told, turns } = openErrand();
  errand.wake();
  errand.wake();
  const error = new Error('no disk');
  turns[0]!.end(error);
  await settled();
  t.same(told, [error]);
  t.equal(turns.length, 2);
  turns[1]!.end();
  await errand.idle();
});

t.test('it is idle when nothing is left that it was woken for', async (t) => {
  const { errand, turns } = openErrand();
  await errand.idle();
  errand.wake();
  errand.wake();
  let isIdle = false;
  const idle = errand.idle().then(() => (isIdle = true));
  turns[0]!.end();
  await settled();
  t.equal(isIdle, false);
  turns[1]!.end();
  await idle;
});

t.test('stopped, it is told to end, is waited for, and begins nothing more', async (t) => {
  const { errand, turns } = openErrand();
  errand.wake();
  errand.wake();
  t.equal(errand.isStopping, false);
  let isOver = false;
  const stop = errand.stop().then(() => (isOver = true));
  t.equal(turns[0]!.signal.aborted, true);
  await settled();
  t.equal(isOver, false);
  turns[0]!.end();
  await stop;
  errand.wake();
  await settled();
  t.equal(turns.length, 1);
  t.equal(errand.isStopping, true);
});
