import t from 'tap';
import fc from 'fast-check';
import { median, pairedRatio, quantile, threeDigits, times } from '../../bench/statistics.ts';

t.test('the median is the middle one, or the mean of two', (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
  t.end();
});

t.test('half of the values lie on either side of the median', (t) => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (some) => {
      const middle = median(some);
      const half = some.length / 2;
      return (
        some.filter((value) => value < middle).length <= half &&
        some.filter((value) => value > middle).length <= half
      );
    }),
  );
  t.end();
});

t.test('a quantile is one of the values, by nearest rank', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.equal(quantile(hundred, 0.99), 99);
  t.equal(quantile(hundred, 0.5), 50);
  t.equal(quantile(hundred, 1), 100);
  t.equal(quantile(hundred, 0), 1);
  t.equal(quantile([7], 0.99), 7);
  t.ok(Number.isNaN(quantile([], 0.5)));
  t.end();
});

t.test('a ratio is of the same rounds: a slow moment of the machine does not count', (t) => {
  // The second round was three times slower for both.
  t.equal(pairedRatio([200, 66, 210], [100, 33, 105]), 2);
  t.ok(Number.isNaN(pairedRatio([], [])));
  t.end();
});

t.test('numbers show three digits', (t) => {
  const shown: readonly (readonly [number, string])[] = [
    [1234.5, '1235'],
    [123.4, '123'],
    [12.34, '12.3'],
    [1.234, '1.23'],
    [0.01234, '0.0123'],
    [0, '0'],
    [Number.NaN, '-'],
    [Infinity, '-'],
  ];
  for (const [value, text] of shown) t.equal(threeDigits(value), text);
  t.equal(times(1.254), '1.25x');
  t.equal(times(Number.NaN), '-');
  t.end();
});
