import t, { type Test } from 'tap';
import fc from 'fast-check';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { ledger } from '../fixtures/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { boundsOf } from '../../server/ledger/time-bounds.ts';
import { freshDatabase } from '../fixtures/database.ts';

const entry: LedgerEntry = {
  origin: { actor: { kind: 'server' }, session: null, source: null },
  outcome: 'success',
  reason: null,
  event: { event: 'server.stopped.1' },
};

/** A ledger with a row at each of the times, in their order. */
async function ledgerOf(t: Test, times: readonly number[]) {
  const left = [...times];
  const database = freshDatabase(t, () => left.shift() ?? 0);
  for (const _ of times) await database.write((unit) => ledger.append(unit, entry));
  return database;
}

t.test(
  'a search by time finds the same rows as a look at all of them, also where the clock was set back',
  async (t) => {
    const time = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(time, { maxLength: 40 }),
        fc.option(time, { nil: undefined }),
        fc.option(time, { nil: undefined }),
        async (times, fromMs, toMs) => {
          const database = await ledgerOf(t, times);
          const filter = {
            ...(fromMs !== undefined && { fromMs }),
            ...(toMs !== undefined && { toMs }),
          };
          const { rows } = await searchLedger(database, filter, { before: null, rowsMax: 100 });
          await database.close();
          const expected = times
            .map((at, index) => ({ at, seq: index + 1 }))
            .filter(({ at }) => at >= (fromMs ?? 0) && at < (toMs ?? Infinity))
            .map(({ seq }) => seq)
            .toReversed();
          return JSON.stringify(rows.map(({ seq }) => seq)) === JSON.stringify(expected);
        },
      ),
      { numRuns: 60 },
    );
  },
);

t.test('the bounds leave out what is before and behind', async (t) => {
  const database = await ledgerOf(t, [10, 20, 20, 30, 40]);
  const bounds = (filter: { fromMs?: number; toMs?: number }) =>
    database.read((reader) => boundsOf(reader, filter));
  t.same(await bounds({ fromMs: 20, toMs: 30 }), { first: 2, last: 3 });
  t.same(await bounds({ fromMs: 31 }), { first: 5, last: 5 });
  t.same(await bounds({ toMs: 20 }), { first: 1, last: 1 });
  t.same(await bounds({ fromMs: 41 }), { first: 6, last: 0 }, 'none');
});

t.test('with the clock set back all of a time are within the bounds', async (t) => {
  const database = await ledgerOf(t, [10, 20, 30, 12, 22, 32, 11]);
  const steps = await database.read(({ query }) =>
    query.selectFrom('clock_steps').select('seq').orderBy('seq').execute(),
  );
  t.same(
    steps.map(({ seq }) => seq),
    [4, 7],
  );
  const bounds = await database.read((reader) => boundsOf(reader, { fromMs: 20, toMs: 31 }));
  t.same(bounds, { first: 2, last: 5 });
});

t.test(
  'a clock that is set back all the time costs a search its bounds, not its rows',
  async (t) => {
    const times = Array.from({ length: 210 }, (_, index) =>
      index % 2 === 0 ? 100 + index : index,
    );
    const database = await ledgerOf(t, times);
    const bounds = await database.read((reader) => boundsOf(reader, { fromMs: 100, toMs: 101 }));
    t.same(bounds, { first: 1, last: 210 });
  },
);
