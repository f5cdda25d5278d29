import t from 'tap';
import { Traffic } from '../../server/files/traffic.ts';

const said = (bytesRead: number, bytesWritten = 0) => ({ bytesRead, bytesWritten });

t.test('rates are of the last ten seconds', async (t) => {
  const clock = { nowMs: 0 };
  const traffic = new Traffic(() => clock.nowMs);
  t.strictSame(traffic.of('s'), {
    bytesRead: 0,
    bytesWritten: 0,
    readBytesPerSecond: 0,
    writtenBytesPerSecond: 0,
  });
  for (let second = 1; second <= 30; second += 1) {
    clock.nowMs = second * 1_000;
    traffic.note('s', said(second * 1_000, second * 50));
  }
  t.strictSame(traffic.of('s'), {
    bytesRead: 30_000,
    bytesWritten: 1_500,
    readBytesPerSecond: 1_000,
    writtenBytesPerSecond: 50,
  });
  // An idle login is not spoken of, and comes to rest.
  clock.nowMs += 5_000;
  t.equal(traffic.of('s').readBytesPerSecond, 500);
  clock.nowMs += 5_000;
  t.equal(traffic.of('s').readBytesPerSecond, 0);
  t.equal(traffic.of('s').bytesRead, 30_000);
});

t.test('a login that has just begun', async (t) => {
  const clock = { nowMs: 50_000 };
  const traffic = new Traffic(() => clock.nowMs);
  traffic.note('s', said(2_000));
  t.equal(traffic.of('s').readBytesPerSecond, 2_000);
  clock.nowMs += 1_000;
  traffic.note('s', said(2_000));
  t.equal(traffic.of('s').readBytesPerSecond, 1_000);
});

t.test('what a worker says too often, or takes back, does no harm', async (t) => {
  const clock = { nowMs: 0 };
  const traffic = new Traffic(() => clock.nowMs);
  for (let call = 0; call < 10_000; call += 1) {
    clock.nowMs += 1;
    traffic.note('s', said(call));
  }
  traffic.note('s', said(5));
  t.equal(traffic.of('s').bytesRead, 9_999, 'bytes do not become fewer');
  traffic.forget('s');
  t.equal(traffic.of('s').bytesRead, 0);
});
