import t from 'tap';
import fc from 'fast-check';
import { ListedEntries, listingText } from '../../server/domain/listing.ts';
import { listed } from '../fixtures/listed.ts';

const person = fc.constantFrom('amy', 'ken', 'alameda', '0', '__proto__');
const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((some) => !some.includes('/'));
const entry = fc.record({
  name,
  attributes: fc.record({
    kind: fc.constantFrom('file' as const, 'directory' as const),
    size: fc.maxSafeNat(),
    mode: fc.nat({ max: 0o7777 }),
    accessedAtMs: fc.maxSafeNat(),
    modifiedAtMs: fc.maxSafeNat(),
    owner: person,
    group: person,
  }),
});

t.test('a batch of a directory comes out of its text as it was', async (t) => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const text = listingText(entries);
      t.same(listed(JSON.parse(JSON.stringify(text)) as string), entries);
      t.equal(new ListedEntries(text).at(entries.length), undefined);
    }),
    { numRuns: 100 },
  );
});
