import fc from 'fast-check';
import t from 'tap';
import type { LedgerEntry, TransferState } from '../../server/domain/events.ts';
import type { ReportQuery } from '../../server/reports/report.ts';
import { Groups, type Group } from '../../server/reports/groups.ts';
import {
  algorithms,
  closed,
  dayMs,
  gather,
  loggedIn,
  openTold,
  refused,
  startMs,
} from './fixtures/told.ts';

t.setTimeout(120_000);

const agencies = ['alameda', 'butte', 'dcss'];
const users = agencies.flatMap((agency) =>
  ['amy', 'ben'].map((name) => ({ username: `${name}.${agency}`, agency })),
);
const reasons = ['password-wrong', 'user-unknown', 'key-unknown'] as const;

type Happening = { readonly afterMs: number; readonly entry: LedgerEntry };

const user = fc.constantFrom(...users);
const bytes = fc.integer({ min: 0, max: 5_000 });
const entry: fc.Arbitrary<LedgerEntry> = fc.oneof(
  fc
    .record({ user, client: fc.constantFrom('a', 'b', '=c', '') })
    .map((each) => loggedIn(each.user, each.client)),
  fc
    .record({
      name: fc.constantFrom('amy.alameda', 'root', '__proto__', 'a b', ''),
      reason: fc.constantFrom(...reasons),
      count: fc.integer({ min: 1, max: 9 }),
      source: fc.constantFrom('192.0.2.1:22', '192.0.2.1:23', '[2001:db8::1]:22', '2001:db8::/64'),
    })
    .map(({ name, reason, ...more }) => refused(name, reason, more)),
  fc
    .record({
      user,
      agency: fc.constantFrom(...agencies),
      state: fc.constantFrom<TransferState>(
        'published',
        'completed',
        'incomplete',
        'partial',
        'discarded',
        'unchanged',
      ),
      bytesRead: bytes,
      bytesWritten: bytes,
    })
    .map(closed),
);
/** The clock is set back now and then. */
const happening: fc.Arbitrary<Happening> = fc.record({
  afterMs: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: dayMs }) },
    { weight: 1, arbitrary: fc.integer({ min: -3 * dayMs, max: -1 }) },
  ),
  entry,
});
const asked: fc.Arbitrary<ReportQuery> = fc
  .record({
    from: fc.integer({ min: -3, max: 30 }),
    days: fc.integer({ min: 1, max: 40 }),
    agency: fc.option(fc.constantFrom(...agencies), { nil: undefined }),
  })
  .map(({ from, days, agency }) => ({
    fromMs: startMs + from * dayMs,
    toMs: startMs + (from + days) * dayMs,
    ...(agency !== undefined && { agency }),
  }));

type Row = LedgerEntry & { readonly atMs: number };

/** Sums of rows by a key, as one would do it by hand. */
function sumsBy(
  rows: readonly Row[],
  keysOf: (row: Row) => readonly (readonly [key: string, amounts: readonly number[]])[],
) {
  const sums = new Map<string, { amounts: number[]; firstMs: number; lastMs: number }>();
  for (const row of rows)
    for (const [key, amounts] of keysOf(row)) {
      const sum = sums.get(key) ?? {
        amounts: amounts.map(() => 0),
        firstMs: Infinity,
        lastMs: -Infinity,
      };
      sums.set(key, {
        amounts: sum.amounts.map((amount, index) => amount + amounts[index]!),
        firstMs: Math.min(sum.firstMs, row.atMs),
        lastMs: Math.max(sum.lastMs, row.atMs),
      });
    }
  return Object.fromEntries(
    [...sums].map(([key, { amounts, firstMs, lastMs }]) => [
      key,
      [...amounts, new Date(firstMs).toISOString(), new Date(lastMs).toISOString()],
    ]),
  );
}

function accessOf(row: Row, agency: string | undefined) {
  const { origin, event } = row;
  if (origin.actor.kind !== 'user') return [];
  const { actor } = origin;
  const key = `${actor.agency} ${actor.username}`;
  if (event.event === 'login.accepted.1')
    return agency === undefined || actor.agency === agency
      ? [[key, [1, 0, 0, 0, 0, 0]] as const]
      : [];
  if (event.event !== 'file.closed.1') return [];
  if (agency !== undefined && actor.agency !== agency && event.agency !== agency) return [];
  const { state, bytesRead, bytesWritten } = event;
  const isBroken = state === 'incomplete' || state === 'partial' || state === 'discarded';
  return [
    [
      key,
      [
        0,
        Number(state === 'published'),
        bytesWritten,
        Number(state === 'completed'),
        bytesRead,
        Number(isBroken),
      ],
    ] as const,
  ];
}

function refusalOf({ origin, event, reason }: Row, agency: string | undefined) {
  if (event.event !== 'login.refused.1') return [];
  // Of those that are claimed here one is a user.
  const of = event.username === 'amy.alameda' ? 'alameda' : null;
  if (agency !== undefined && of !== agency) return [];
  const source = origin.source!.replace(/^(.*):\d+$/, '$1').replace(/^\[(.*)\]$/, '$1');
  return [[JSON.stringify([event.username, of, reason, source]), [event.count]] as const];
}

function useOf({ event }: Row, agency: string | undefined) {
  if (event.event !== 'login.accepted.1') return [];
  if (agency !== undefined && event.agency !== agency) return [];
  return [['client', event.client] as const, ...Object.entries(algorithms)].map(
    ([kind, name]) => [JSON.stringify([event.agency, kind, name]), [1]] as const,
  );
}

t.test('what a report sums up is what one would by hand, whatever the clock did', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 60 }),
      fc.array(asked, { minLength: 1, maxLength: 4 }),
      async (happenings, queries) => {
        const told = openTold(t);
        await addUser(told.database, { username: 'amy.alameda', agency: 'alameda' });
        const rows: Row[] = [];
        for (const { afterMs, entry: each } of happenings) {
          told.clock.nowMs += afterMs;
          await told.append(each);
          rows.push({ ...each, atMs: told.clock.nowMs });
        }
        for (const query of queries) {
          const { agency } = query;
          const inTime = rows.filter(({ atMs }) => atMs >= query.fromMs && atMs < query.toMs);
          const access = await gather(told.parts, 'access', query);
          t.strictSame(
            Object.fromEntries(
              access.items.map((one) => [
                `${one['agency']} ${one['user']}`,
                [
                  one['logins'],
                  one['filesSent'],
                  one['bytesSent'],
                  one['filesCollected'],
                  one['bytesCollected'],
                  one['brokenOff'],
                  one['firstAt'],
                  one['lastAt'],
                ],
              ]),
            ),
            sumsBy(inTime, (row) => accessOf(row, agency)),
          );
          const refusals = await gather(told.parts, 'refused-logins', query);
          t.strictSame(
            Object.fromEntries(
              refusals.items.map((one) => [
                JSON.stringify([one['username'], one['agency'], one['reason'], one['source']]),
                [one['logins'], one['firstAt'], one['lastAt']],
              ]),
            ),
            sumsBy(inTime, (row) => refusalOf(row, agency)),
          );
          const clients = await gather(told.parts, 'clients', query);
          t.strictSame(
            Object.fromEntries(
              clients.items.map((one) => [
                JSON.stringify([one['agency'], one['kind'], one['name']]),
                [one['logins'], one['firstAt'], one['lastAt']],
              ]),
            ),
            sumsBy(inTime, (row) => useOf(row, agency)),
          );
        }
        await told.database.close();
      },
    ),
    { numRuns: 40 },
  );
});

class Weighed implements Group<Weighed> {
  weight = 0;

  take(other: Weighed): void {
    this.weight += other.weight;
  }
}

t.test('however many names strangers make up, nothing is lost and little is held', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 500 }),
      fc.integer({ min: 2, max: 20 }),
      (keys, max) => {
        const groups = new Groups(max, () => new Weighed());
        for (const key of keys) groups.at(`${key}`).weight += 1;
        const sorted = groups.sorted();
        const told = sorted.reduce((sum, { weight }) => sum + weight, 0);
        return sorted.length <= max && told + (groups.others?.group.weight ?? 0) === keys.length;
      },
    ),
  );
  t.end();
});

t.test('who comes again and again is told apart, among any number who come once', (t) => {
  const groups = new Groups(100, () => new Weighed());
  for (let index = 0; index < 10_000; index += 1) {
    groups.at(`stranger ${index}`).weight += 1;
    if (index % 20 === 0) groups.at('the one').weight += 1;
  }
  t.equal(groups.sorted()[0]?.weight, 500);
  t.ok((groups.others?.count ?? 0) > 9_000);
  t.end();
});

async function addUser(
  database: ReturnType<typeof openTold>['database'],
  { username, agency }: { username: string; agency: string },
): Promise<void> {
  const times = { created_at: 0, updated_at: 0 };
  await database.write(async ({ query }) => {
    await query
      .insertInto('agencies')
      .values({
        id: agency,
        code: agency,
        name: agency,
        kind: 'lcsa',
        root_entry_id: `root of ${agency}`,
        removed_at: null,
        ...times,
      })
      .execute();
    await query
      .insertInto('entries')
      .values({
        id: `root of ${agency}`,
        agency_id: agency,
        parent_id: null,
        name: '',
        kind: 'directory',
        version_id: null,
        size: 0,
        mode: 0,
        accessed_at: 0,
        modified_at: 0,
        fixed: 1,
        created_at: 0,
        created_by: null,
      })
      .execute();
    await query
      .insertInto('users')
      .values({
        id: username,
        username,
        agency_id: agency,
        display_name: username,
        status: 'active',
        login_methods: '[]',
        permissions: null,
        allowed_cidrs: '[]',
        expires_at: null,
        quota_bytes: null,
        max_sessions: 1,
        last_login_at: null,
        ...times,
      })
      .execute();
  });
}
