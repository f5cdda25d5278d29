import t from 'tap';
import fc from 'fast-check';
import { succeed } from '../../server/domain/faults.ts';
import type { ListReply } from '../../server/domain/requests.ts';
import { flattened, isListing, unflattened } from '../../server/monitor/listing.ts';

const person = fc.constantFrom('amy', 'ken', 'alameda', '0', '__proto__');
const entry = fc.record({
  name: fc.string({ minLength: 1 }),
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

t.test('a batch of a directory comes out of its flat form as it was', async (t) => {
  fc.assert(
    fc.property(fc.array(entry), fc.option(fc.string()), (entries, next) => {
      const reply: ListReply = { entries, next };
      const json = JSON.stringify(flattened(succeed(reply)));
      t.same(unflattened(JSON.parse(json) as ReturnType<typeof flattened>), succeed(reply));
    }),
    { numRuns: 100 },
  );
  const refusal = { ok: false, refusal: { code: 'not-found', reason: 'no' } } as const;
  t.same(unflattened(flattened(refusal)), refusal);
  t.ok(isListing('request', ['s', { kind: 'list' }]));
  t.notOk(isListing('request', ['s', { kind: 'stat' }]));
  t.notOk(isListing('refused', ['s', { kind: 'list' }]));
});
