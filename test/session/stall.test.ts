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
    stalledAfter(3600, () => ({ bytes: 5, outstanding: true })),
    limitSeconds,
  );
  t.equal(
    stalledAfter(3600, (second) => ({ bytes: second * 1000, outstanding: true })),
    limitSeconds,
    'slower than 1 KiB/s',
  );
  t.end();
});

t.test('a slow client and one that thinks are no stall', (t) => {
  t.equal(
    stalledAfter(3600, (second) => ({ bytes: second * 1100, outstanding: true })),
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
  // It takes a window at a time: nothing for 100 s, and then 200 KiB.
  t.equal(
    stalledAfter(3600, (second) => ({
      bytes: Math.floor(second / 100) * 200 * 1024,
      outstanding: true,
    })),
    null,
  );
  t.end();
});

t.test('a standstill of the host is not the client’s', (t) => {
  const stall = new Stall();
  const flow = { bytes: 5, outstanding: true };
  for (let second = 0; second < 10; second += 1) stall.look(flow, second * 1000);
  t.notOk(stall.look(flow, 10_000 + 3_600_000));
  t.end();
});
