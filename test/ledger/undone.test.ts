import t from 'tap';
import fc from 'fast-check';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { ledger } from '../fixtures/ledger.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { freshDatabase } from '../fixtures/database.ts';

const entry: LedgerEntry = {
  origin: { actor: { kind: 'server' }, session: null, source: null },
  outcome: 'success',
  reason: null,
  event: { event: 'directory.created.1', agency: 'alameda', path: '/d' },
};

/** Units that append so many rows, and whether each fails after that; those of one group are queued together. */
const groups = fc.array(
  fc.array(fc.record({ rows: fc.nat({ max: 3 }), fails: fc.boolean() }), { maxLength: 5 }),
  { maxLength: 5 },
);

t.test('the chain holds whatever is undone between two rows', async (t) => {
  // The writer knows its last row without asking: a row that was undone must never be what the next one follows.
  await fc.assert(
    fc.asyncProperty(groups, async (given) => {
      const database = freshDatabase(t);
      let expected = 0;
      for (const group of given) {
        const units = group.map(({ rows, fails }) =>
          database.write(async (unit) => {
            for (let row = 0; row < rows; row += 1) await ledger.append(unit, entry);
            if (fails) throw new Error('changed its mind');
          }),
        );
        const results = await Promise.allSettled(units);
        for (const [index, { rows, fails }] of group.entries()) {
          t.equal(results[index]!.status, fails ? 'rejected' : 'fulfilled');
          if (!fails) expected += rows;
        }
      }
      t.match(await verifyLedger(database), { ok: true, rows: expected });
      await database.close();
    }),
    { numRuns: 40 },
  );
});
