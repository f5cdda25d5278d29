import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { Stall, type Flow } from '../../server/session/stall.ts';

/** Looks once a second; the second in which it is told as stalled, or null. */
function stalledAfter(seconds: number, flowAt: (second: number) => Flow): number | null {
  const stall = new Stall();
  for (let second = 0; second <= seconds; second += 1)
    if (stall.look(flowAt(second), second * 1000)) return second;
  return null;
}

const limitSeconds = limits.stalledMsMax / 1000;

t.test('owed bytes that do not move are a stall after the limit', (t) => {
  t.equal(
    stalledAfter(3600, () => ({ bytes: 0, outstanding: true })),
    limitSeconds,
  );
  t.equal(
    stalledAfter(3600, (second) => ({ bytes: second * 512, outstanding: true })),
    2 * limitSeconds,
    'half of 1 KiB/s',
  );
  t.end();
});

t.test('what was moved pays for some time after it, however much it was', (t) => {
  const stalled = (before: number) =>
    stalledAfter(7200, (second) => ({ bytes: second === 0 ? 0 : before, outstanding: true }));
  t.equal(stalled(100 * 1024), limitSeconds + 100);
  t.equal(stalled(1024 * 1024 * 1024), limitSeconds + 1024 + 1);
  t.end();
});

t.test('a slow client and one that thinks are no stall', (t) => {
  t.equal(
    stalledAfter(36_000, (second) => ({ bytes: second * 1100, outstanding: true })),
    null,
  );
  t.equal(
    stalledAfter(3600, () => ({ bytes: 5, outstanding: false })),
    null,
  );
  t.equal(
    stalledAfter(3600, (second) => ({ bytes: second, outstanding: second % 100 !== 0 })),
    null,
    'a small request now and then',
  );
  t.end();
});

// "120 KiB in 120 s" ended at its 120th second every reader whose client gives its window back a mebibyte at a time
// and takes longer than that for one.
t.test('who takes a window at a time is slow, and no stall', (t) => {
  for (const bytesPerSecond of [1100, 2048, 8192]) {
    const secondsPerStep = (1024 * 1024) / bytesPerSecond;
    t.equal(
      stalledAfter(36_000, (second) => ({
        bytes: (1 + Math.floor(second / secondsPerStep)) * 1024 * 1024,
        outstanding: true,
      })),
      null,
      `${bytesPerSecond} bytes a second`,
    );
  }
  t.end();
});

t.test('a standstill of the host is not the client’s', (t) => {
  const stall = new Stall();
  const flow = { bytes: 5, outstanding: true };
  for (let second = 0; second < 10; second += 1) stall.look(flow, second * 1000);
  t.notOk(stall.look(flow, 10_000 + 3_600_000));
  t.end();
});
