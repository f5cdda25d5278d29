import t from 'tap';
import fc from 'fast-check';
import { onCores } from '../../bench/trials/cores.ts';

t.test('workers spread over the cores until the monitor fills its own', async (t) => {
  const cost = { monitor: 0.001, workers: 0.003 };
  t.same(onCores(2, cost), { perSecond: 500, boundBy: 'cores' });
  t.same(onCores(4, cost), { perSecond: 1000, boundBy: 'cores' });
  t.same(onCores(32, cost), { perSecond: 1000, boundBy: 'monitor' });
  t.same(onCores(8, { monitor: 0, workers: 2 }), { perSecond: 4, boundBy: 'cores' });
});

t.test('more cores never make less, and never more than in proportion', async () => {
  const seconds = fc.double({ min: 1e-6, max: 10, noNaN: true });
  fc.assert(
    fc.property(seconds, seconds, fc.integer({ min: 1, max: 64 }), (monitor, workers, count) => {
      const few = onCores(count, { monitor, workers }).perSecond;
      const many = onCores(count * 2, { monitor, workers }).perSecond;
      return many >= few && many <= few * 2 * (1 + 1e-9);
    }),
  );
});
