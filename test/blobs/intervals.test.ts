import * as fc from 'fast-check';
import t from 'tap';
import { Intervals } from '../../server/blobs/intervals.ts';

const pair = fc
  .tuple(fc.nat(60), fc.nat(60))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const step = fc.oneof(
  { weight: 5, arbitrary: pair.map((range) => ({ kind: 'add' as const, range })) },
  { weight: 1, arbitrary: fc.nat(60).map((end) => ({ kind: 'cut' as const, end })) },
);

t.test('behaves as a set of integers', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), pair, (steps, [start, end]) => {
      const intervals = new Intervals();
      const model = Array.from({ length: 61 }, () => false);
      for (const step of steps) {
        if (step.kind === 'add') {
          intervals.add(...step.range);
          model.fill(true, ...step.range);
        } else {
          intervals.cut(step.end);
          model.fill(false, step.end);
        }
      }
      const missing = model
        .map((inside, at) => (inside ? -1 : at))
        .filter((at) => at >= start && at < end);
      const gaps = intervals.gaps(start, end).flatMap(([from, to]) => {
        return Array.from({ length: to - from }, (_, at) => from + at);
      });
      const runs = model.filter((inside, at) => inside && !model[at - 1]).length;
      return (
        JSON.stringify(gaps) === JSON.stringify(missing) &&
        intervals.covers(start, end) === (missing.length === 0) &&
        intervals.prefix === model.indexOf(false) &&
        intervals.count === runs
      );
    }),
    { numRuns: 2000 },
  );
  t.pass('held');
});

t.test('touching means that no new interval is made', async (t) => {
  const intervals = new Intervals();
  intervals.add(10, 20);
  t.equal(intervals.touches(20, 25), true);
  t.equal(intervals.touches(5, 10), true);
  t.equal(intervals.touches(12, 14), true);
  t.equal(intervals.touches(21, 25), false);
  t.equal(intervals.touches(0, 9), false);
});
