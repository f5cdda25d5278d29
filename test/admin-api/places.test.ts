import fc from 'fast-check';
import t from 'tap';
import { Places } from '../../admin-api/places.ts';
import { Fault } from '../../server/domain/faults.ts';

// One key that did not let go had all places, and nobody else came in.
t.test('one key takes its share and leaves the rest, whatever comes and goes', (t) => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), isTake: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const places = new Places({ max: 4, perKeyMax: 2, full: 'memory-short', what: 'imports' });
      const held: { key: string; release: () => void }[] = [];
      for (const { key, isTake } of steps) {
        const own = held.filter((each) => each.key === key);
        if (!isTake) {
          const given = own[0];
          // Twice, as a request may both finish and close.
          given?.release();
          given?.release();
          if (given !== undefined) held.splice(held.indexOf(given), 1);
          continue;
        }
        const isFree = held.length < 4 && own.length < 2;
        try {
          held.push({ key, release: places.take(key) });
          if (!isFree) return false;
        } catch (error) {
          if (isFree || !(error instanceof Fault) || error.code !== 'memory-short') return false;
        }
      }
      return true;
    }),
  );
  t.end();
});
