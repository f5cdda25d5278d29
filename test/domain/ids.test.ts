import t from 'tap';
import fc from 'fast-check';
import { idRandomBytes, spreadId, timeOrderedId } from '../../server/domain/ids.ts';

const timeMsMax = 2 ** 48 - 1;
const times = fc.integer({ min: 0, max: timeMsMax });
const random = fc.uint8Array({ minLength: idRandomBytes, maxLength: idRandomBytes });

t.test('ids are 32 hex digits, in the order of their times, and keep all that is random', (t) => {
  fc.assert(
    fc.property(times, times, random, random, (first, second, one, other) => {
      const [a, b] = [timeOrderedId(first, one), timeOrderedId(second, other)];
      return (
        /^[0-9a-f]{32}$/.test(a) &&
        (first === second || a < b === first < second) &&
        a.endsWith(Buffer.from(one).toString('hex'))
      );
    }),
  );
  t.end();
});

t.test('the ids of blobs are spread by what is random, and in order behind that', (t) => {
  fc.assert(
    fc.property(times, times, random, (first, second, bytes) => {
      const [a, b] = [spreadId(first, bytes), spreadId(second, bytes)];
      const shard = Buffer.from(bytes).toString('hex').slice(-2);
      return (
        /^[0-9a-f]{32}$/.test(a) &&
        a.startsWith(shard) &&
        b.startsWith(shard) &&
        (first === second || a < b === first < second)
      );
    }),
  );
  t.end();
});
