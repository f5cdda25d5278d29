// Two filters together had one index between them, so a search for what hardly any of an agency's rows are walked all of
// them: minutes of one thread, for whoever may read the audit. A search looks at so many rows, and says where to go on.
import t from 'tap';
import fc from 'fast-check';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { appendPlain, ledger, names } from '../fixtures/ledger.ts';
import { openedBodies } from '../../server/ledger/opened-row.ts';
import { searchLedger, type LedgerFilter } from '../../server/ledger/search.ts';
import { freshDatabase } from '../fixtures/database.ts';

const count = 60;
const startMs = Date.UTC(2030, 0, 1);
const outcomes = ['success', 'refused', 'failed'] as const;

function entryOf(index: number): LedgerEntry {
  const agency = ['alameda', 'butte'][index % 2]!;
  const username = `u${index % 3}`;
  const outcome = outcomes[index % 7 === 0 ? 1 : index % 11 === 0 ? 2 : 0];
  return {
    origin: {
      actor: { kind: 'user', userId: 'u', username, agency },
      session: `s${index % 5}`,
      source: '192.0.2.1:5000',
    },
    outcome,
    reason: outcome === 'refused' ? 'quota-exceeded' : null,
    event: { event: 'directory.created.1', agency, path: `/d${index % 5}` },
  };
}

const some = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const filters = fc.record({
  event: some('directory.created.1', 'file.closed.1'),
  outcome: some(...outcomes),
  reason: some('quota-exceeded'),
  actor: some('u0', 'u1', 'nobody'),
  agency: some('alameda', 'butte'),
  session: some('s0', 's3'),
  path: some('/d0', '/d1'),
  fromMs: some(startMs, startMs + 20_000),
  toMs: some(startMs + 30_000, startMs + 50_000),
});

t.test('its pages hold what fits, each row once, however few rows a page looks at', async (t) => {
  const clock = { nowMs: startMs };
  const database = freshDatabase(t, () => clock.nowMs);
  for (let index = 0; index < count; index += 1) {
    // Once the clock is set back.
    clock.nowMs = startMs + (index < 40 ? index : index - 10) * 1_000;
    // Some as before names were commitments.
    const entry = entryOf(index);
    await database.write((unit) =>
      index % 4 === 1 ? appendPlain(unit, entry) : ledger.append(unit, entry),
    );
  }
  const all = await database.read(async (reader) => {
    const rows = await reader.query
      .selectFrom('ledger')
      .selectAll()
      .orderBy('seq', 'desc')
      .execute();
    const bodies = await openedBodies(reader, names, rows);
    return rows.map((row, index) => ({ ...row, path: bodies[index]!['path'] ?? null }));
  });
  t.ok(all.some(({ path }) => path === '/d0') && all.some(({ path }) => path === '/d1'));
  const expected = ({ fromMs = 0, toMs = Infinity, ...equal }: LedgerFilter) =>
    all
      .filter((row) => row.at >= fromMs && row.at < toMs)
      .filter((row) =>
        Object.entries(equal).every(([name, value]) => row[name as keyof typeof row] === value),
      )
      .map(({ seq }) => seq);
  const check = fc.asyncProperty(
    filters,
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 2 * count }),
    async (drawn, rowsMax, lookedAtMax) => {
      const filter = Object.fromEntries(
        Object.entries(drawn).filter(([, value]) => value !== undefined),
      ) as LedgerFilter;
      const found: unknown[] = [];
      let before: number | null = null;
      for (let page = 0; page < 2 * count + 2; page += 1) {
        const { rows, next }: Awaited<ReturnType<typeof searchLedger>> = await searchLedger(
          database,
          filter,
          { before, rowsMax },
          { names, lookedAtMax },
        );
        if (rows.length > rowsMax) return false;
        found.push(...rows.map(({ seq }) => seq));
        if (next === null) break;
        before = next;
      }
      return found.join() === expected(filter).join();
    },
  );
  await t.resolves(fc.assert(check, { numRuns: 300 }));
});

t.test('a page looks at no more rows than it may', async (t) => {
  const database = freshDatabase(t);
  for (let index = 0; index < count; index += 1)
    await database.write((unit) => ledger.append(unit, entryOf(index)));
  const filter = { agency: 'alameda', event: 'file.closed.1' };
  const first = await searchLedger(
    database,
    filter,
    { before: null, rowsMax: 5 },
    { names, lookedAtMax: 10 },
  );
  t.strictSame(first, { rows: [], next: count - 19 }, 'the tenth of alameda, and none fits');
});
