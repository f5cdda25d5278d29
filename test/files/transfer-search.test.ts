import fc from 'fast-check';
import t from 'tap';
import type { NewRow } from '../../server/database/schema.ts';
import {
  searchTransfers,
  type TransferFilter,
  type TransferPlace,
  type TransferRows,
  type TransferSearch,
} from '../../server/files/transfer-search.ts';
import { freshDatabase } from '../fixtures/database.ts';

const count = 400;
const agencies = ['alpine', 'butte', 'colusa'];
const users = ['ann', 'bob', 'cal'];
const clients = ['OpenSSH_9.6', 'WinSCP'];
const states = ['published', 'completed', 'partial', 'incomplete'];
const paths = ['/outgoing/a', '/outgoing/a/b', '/outgoing/ab', '/incoming/a'];

type Made = NewRow<'transfers'> & { readonly started_at: number; readonly id: string };

function transfer(index: number): Made {
  const pick = <T>(list: readonly T[], by: number) => list[Math.floor(index / by) % list.length]!;
  return {
    id: index.toString(16).padStart(32, '0'),
    direction: index % 7 === 0 ? 'download' : 'upload',
    user_id: null,
    username: pick(users, 2),
    agency_id: pick(agencies, 3),
    agency_code: pick(agencies, 3),
    path: pick(paths, 5),
    session_id: `session-${index % 9}`,
    source: '',
    client: pick(clients, 4),
    state: pick(states, 11),
    bytes: 1,
    sha256: String(index % 5).repeat(64),
    // Several at the same time.
    started_at: 1_000 + Math.floor(index / 3),
  };
}

/** What a search should find, found the long way round. */
function expected(rows: readonly Made[], filter: TransferFilter, oldestFirst: boolean): string[] {
  const { pathPrefix, session, fromMs = 0, toMs = Infinity, agency, ...equal } = filter;
  const found = rows.filter(
    (row) =>
      (agency ?? row.agency_code) === row.agency_code &&
      (session ?? row.session_id) === row.session_id &&
      row.path.startsWith(pathPrefix ?? '') &&
      row.started_at >= fromMs &&
      row.started_at < toMs &&
      Object.entries(equal).every(([name, value]) => row[name as 'state'] === value),
  );
  const ids = found
    .toSorted((a, b) => a.started_at - b.started_at || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
  return oldestFirst ? ids : ids.toReversed();
}

t.test('any combination finds what it should, page by page, whatever is looked at', async (t) => {
  const database = freshDatabase(t);
  const rows = Array.from({ length: count }, (_, index) => transfer(index));
  await database.write(async ({ query, nowMs }) => {
    for (const code of agencies)
      await query
        .insertInto('agencies')
        .values({
          id: code,
          code,
          name: code,
          kind: 'lcsa',
          root_entry_id: code,
          created_at: nowMs,
          updated_at: nowMs,
        })
        .execute();
    for (const row of rows) await query.insertInto('transfers').values(row).execute();
  });
  const maybe = <T>(values: readonly T[]) =>
    fc.option(fc.constantFrom(...values), { nil: undefined, freq: 3 });
  const times = fc.option(fc.integer({ min: 990, max: 1_140 }), { nil: undefined, freq: 2 });
  const filters = fc.record({
    agency: maybe([...agencies, 'none']),
    username: maybe(users),
    direction: maybe(['upload', 'download'] as const),
    state: maybe(states),
    path: maybe(paths),
    pathPrefix: maybe(['/', '/outgoing', '/outgoing/a', '/outgoing/a/', '/none']),
    sha256: maybe(['0'.repeat(64), '9'.repeat(64)]),
    session: maybe(['session-1', 'session-8', 'none']),
    client: maybe([...clients, 'none']),
    fromMs: times,
    toMs: times,
  });
  const check = fc.asyncProperty(
    filters,
    fc.boolean(),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 500 }),
    async (drawn, oldestFirst, limit, lookedAtMax) => {
      const filter = Object.fromEntries(
        Object.entries(drawn).filter(([, value]) => value !== undefined),
      ) as TransferFilter;
      const found: string[] = [];
      let after: TransferPlace | null = null;
      for (let page = 0; page < 2 * count + 2; page += 1) {
        const search: TransferSearch = { after, limit, oldestFirst };
        const { rows: some, next }: TransferRows = await database.read((reader) =>
          searchTransfers(reader, filter, search, lookedAtMax),
        );
        if (some.length > limit) return false;
        found.push(...some.map(({ id }) => id));
        if (next === null) break;
        after = next;
      }
      return found.join() === expected(rows, filter, oldestFirst).join();
    },
  );
  await t.resolves(fc.assert(check, { numRuns: 300 }));
});
