import fc from 'fast-check';
import t from 'tap';
import { rangeIn } from '../../admin-api/byte-range.ts';

t.test('what a Range asks for', async (t) => {
  const cases: [header: string | undefined, size: number, wanted: unknown][] = [
    [undefined, 10, null],
    ['bytes=0-3', 10, { start: 0, end: 4 }],
    ['bytes=4-', 10, { start: 4, end: 10 }],
    ['bytes=9-9', 10, { start: 9, end: 10 }],
    ['bytes=9-99', 10, { start: 9, end: 10 }],
    ['Bytes=-3', 10, { start: 7, end: 10 }],
    ['bytes=-99', 10, { start: 0, end: 10 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-12', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'unsatisfiable'],
    ['bytes=4-3', 10, null],
    ['bytes=-', 10, null],
    ['bytes=0-1,4-5', 10, null],
    ['items=0-1', 10, null],
    ['bytes=0-99999999999999999999', 10, null],
  ];
  for (const [header, size, wanted] of cases)
    t.strictSame(rangeIn(header, size), wanted, `${header} of ${size}`);
});

t.test('any range lies within what there is', async (t) => {
  const number = fc.oneof(fc.nat(30).map(String), fc.constant(''));
  const check = fc.property(number, number, fc.nat(20), (first, last, size) => {
    const range = rangeIn(`bytes=${first}-${last}`, size);
    if (range === null || range === 'unsatisfiable') return true;
    return range.start >= 0 && range.start < range.end && range.end <= size;
  });
  t.doesNotThrow(() => fc.assert(check, { numRuns: 2_000 }));
});
