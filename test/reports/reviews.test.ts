import { createHash, randomBytes } from 'node:crypto';
import BetterSqlite3 from 'better-sqlite3';
import t, { type Test } from 'tap';
import { databaseFileName } from '../../server/database/open.ts';
import type { LedgerEntry, LedgerEvent, Origin } from '../../server/domain/events.ts';
import { limits } from '../../server/domain/limits.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { reviewCsv, reviewPage } from '../../server/reports/review-page.ts';
import { lookAtReviews, reviewTroubles } from '../../server/reports/review-state.ts';
import { createReviews, type ReviewParts } from '../../server/reports/reviews.ts';
import { join } from 'node:path';
import { closed, dayMs, loggedIn, openTold, refused, startMs, type Told } from './fixtures/told.ts';

const weekMs = 7 * dayMs;
const minuteMs = 60_000;
const amy = { username: 'amy', agency: 'alameda' };
const olga: Origin = {
  actor: { kind: 'admin', keyId: 'k1', name: 'olga' },
  session: 'r',
  source: null,
};

const open = (t: Test, more: Partial<ReviewParts> = {}) => {
  const told = openTold(t);
  const make = () =>
    createReviews({
      ...told.parts,
      ledger: told.ledger,
      limits,
      guarded: told.database,
      randomBytes,
      weeks: { weekday: 'monday', timezone: 'UTC' },
      verify: () => verifyLedger(told.database),
      isTimeTrusted: async () => true,
      onFault: (error) => t.fail(String(error)),
      ...more,
    });
  return { ...told, make, reviews: make() };
};
const page = { limit: 100, before: null };

async function eventsOf({ database }: Told, event: LedgerEvent['event']) {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('ledger')
      .select(['body', 'outcome'])
      .where('event', '=', event)
      .orderBy('seq')
      .execute(),
  );
  return rows.map(({ body, outcome }) => ({ ...(JSON.parse(body) as object), outcome }));
}

t.test('a week is reviewed once it is over, and once', async (t) => {
  const told = open(t);
  const { reviews, clock } = told;
  clock.nowMs = startMs + dayMs;
  await told.append(loggedIn(amy), refused('amy', 'password-wrong', { count: 3 }));
  await reviews.tick();
  t.same((await reviews.list(page)).items, [], 'the week goes on');
  clock.nowMs = startMs + weekMs;
  await reviews.tick();
  t.same(
    (await reviews.list(page)).items,
    [],
    'what was recorded in its last moment may still come',
  );
  clock.nowMs += minuteMs;
  await Promise.all([reviews.tick(), reviews.tick()]);
  await told.make().tick();
  const { items } = await reviews.list(page);
  t.equal(items.length, 1);
  t.match(items[0], {
    fromMs: startMs,
    untilMs: startMs + weekMs,
    state: 'waiting',
    overdueAtMs: startMs + 2 * weekMs,
    figures: { logins: { accepted: 1, refused: 3, refusedForNobody: 3 } },
  });
  const [made] = await eventsOf(told, 'review.made.1');
  t.match(made, {
    review: items[0]?.id,
    until: '2030-01-14T00:00:00.000Z',
    sha256: items[0]?.figuresSha256,
  });
});

t.test(
  'weeks in which the server was down are reviewed at the next start, each for itself',
  async (t) => {
    const told = open(t);
    const { clock } = told;
    clock.nowMs = startMs + dayMs;
    await told.append(loggedIn(amy));
    clock.nowMs = startMs + weekMs + dayMs;
    await told.reviews.tick();
    clock.nowMs = startMs + 4 * weekMs + dayMs;
    await told.append(loggedIn(amy), loggedIn(amy));
    const restarted = told.make();
    await restarted.tick();
    const { items } = await restarted.list(page);
    t.same(
      items.map(({ fromMs, untilMs, figures }) => [
        (fromMs - startMs) / weekMs,
        (untilMs - startMs) / weekMs,
        figures.logins.accepted,
      ]),
      [
        [3, 4, 0],
        [2, 3, 0],
        [1, 2, 0],
        [0, 1, 1],
      ],
    );
    t.equal(
      items[1]?.overdueAtMs,
      clock.nowMs - minuteMs + weekMs,
      'made late, and not overdue at once',
    );
  },
);

t.test('an installation that is years old begins with its last week', async (t) => {
  const told = open(t);
  await told.append(loggedIn(amy));
  told.clock.nowMs = startMs + 100 * weekMs + dayMs;
  await told.reviews.tick();
  const { items } = await told.reviews.list(page);
  t.same(
    items.map(({ fromMs }) => (fromMs - startMs) / weekMs),
    [99],
  );
});

t.test('while the clock is in doubt no week is over', async (t) => {
  const told = open(t, { isTimeTrusted: async () => false });
  await told.append(loggedIn(amy));
  told.clock.nowMs = startMs + 3_000 * weekMs;
  await told.reviews.tick();
  t.same((await told.reviews.list(page)).items, []);
});

t.test(
  'figures name no file and nothing that a stranger claimed, and stay as they are',
  async (t) => {
    const told = open(t);
    const { reviews, clock } = told;
    const secret = '/outgoing/Jane Doe 123-45-6789.pdf';
    await told.append(
      loggedIn(amy),
      closed({ user: amy, agency: 'alameda', path: secret, state: 'published', bytesWritten: 7 }),
      refused('hunter2', 'user-unknown', { count: 2 }),
      refused('amy', 'password-wrong'),
      admin({
        event: 'user.created.1',
        username: 'amy',
        agency: 'alameda',
        before: null,
        after: {},
      }),
      admin({
        event: 'hold.placed.1',
        hold: 'h1',
        agency: 'alameda',
        before: null,
        after: { path: secret },
      }),
      admin({ event: 'api.read.1', method: 'GET', url: `/v1/files?path=${secret}`, status: 200 }),
      server({ event: 'user.locked.1', ...amy, failures: 3, methods: ['password'], until: 'then' }),
      server({ event: 'limit.reached.1', limit: 'rate-exceeded', count: 9, firstAt: 'then' }),
      server({
        event: 'file.purged.1',
        agency: 'alameda',
        path: secret,
        version: 'v',
        size: 5,
        sha256: 'x',
        run: 'r',
        job: 'j',
        certificate: 'c',
      }),
    );
    clock.nowMs = startMs + weekMs + minuteMs;
    await reviews.tick();
    const [review] = (await reviews.list(page)).items;
    t.match(review?.figures, {
      rows: 10,
      logins: { accepted: 1, refused: 3 },
      locks: [{ name: 'amy', value: 1 }],
      limitsReached: [{ name: 'rate-exceeded', value: 9 }],
      transfers: [{ agency: 'alameda', logins: 1, filesSent: 1, bytesSent: 7 }],
      administration: {
        changes: 2,
        first: [
          { by: 'admin:olga', event: 'user.created.1', about: 'username=amy agency=alameda' },
          { event: 'hold.placed.1', about: 'agency=alameda hold=h1' },
        ],
      },
      holds: { placed: 1, changed: 0, lifted: 0, standing: 0 },
      purges: { files: 1, bytes: 5, runs: 0, runsFailed: 0 },
      verification: { ok: true, rows: 10, firstBadRow: null },
    });
    const sqlite = new BetterSqlite3(join(told.database.directory, databaseFileName));
    t.teardown(() => sqlite.close());
    const { figures } = sqlite.prepare('SELECT figures FROM reviews').get() as { figures: string };
    t.equal(createHash('sha256').update(figures).digest('hex'), review?.figuresSha256);
    for (const never of ['Jane', '123-45', 'hunter2']) t.notMatch(figures, never);
    const print = async () => {
      const again = await reviews.get(review?.id ?? '');
      return [reviewPage(again), reviewCsv(again)];
    };
    const printed = await print();
    await told.append(loggedIn(amy));
    clock.nowMs += dayMs;
    t.same(await print(), printed, 'made again, it is the same');
    for (const sql of [
      "UPDATE reviews SET figures = '{}'",
      'UPDATE reviews SET until_at = until_at + 1',
      'DELETE FROM reviews',
    ])
      t.throws(() => sqlite.exec(sql), /stay/);
  },
);

t.test('a review is acknowledged once, by an administrator, when its week is over', async (t) => {
  const told = open(t);
  const { reviews, clock } = told;
  await told.append(loggedIn(amy));
  clock.nowMs = startMs + weekMs + minuteMs;
  await reviews.tick();
  const [{ id } = { id: '' }] = (await reviews.list(page)).items;
  clock.nowMs = startMs + weekMs - 1;
  await t.rejects(reviews.acknowledge(olga, id, 'early'), {
    code: 'conflict',
    message: 'the week is not over until 2030-01-14T00:00:00.000Z',
  });
  clock.nowMs = startMs + weekMs + dayMs;
  await t.rejects(reviews.acknowledge(olga, id, 'two\nlines'), {
    code: 'field-invalid',
    pointer: '/note',
  });
  await t.rejects(reviews.acknowledge(olga, 'nothing', 'fine'), { code: 'not-found' });
  t.same(await eventsOf(told, 'review.acknowledged.1'), []);
  const both = await Promise.allSettled([
    reviews.acknowledge(olga, id, 'looked at it'),
    reviews.acknowledge(olga, id, 'so did I'),
  ]);
  t.same(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  t.match(await reviews.get(id), {
    state: 'acknowledged',
    acknowledgedAtMs: clock.nowMs,
    acknowledgedBy: { kind: 'admin', keyId: 'k1', name: 'olga' },
    note: 'looked at it',
  });
  const rows = await eventsOf(told, 'review.acknowledged.1');
  t.equal(rows.length, 1);
  t.match(rows[0], { review: id, note: 'looked at it', actor: { name: 'olga' } });
  t.same((await reviews.list({ ...page, state: 'waiting' })).items, []);
  t.equal((await reviews.list({ ...page, state: 'acknowledged' })).items.length, 1);
});

t.test(
  'one that nobody acknowledges in time alarms: a row once, and for as long as it waits',
  async (t) => {
    const told = open(t);
    const { reviews, clock, database } = told;
    await told.append(loggedIn(amy));
    clock.nowMs = startMs + weekMs + minuteMs;
    await reviews.tick();
    const troubles = async () => reviewTroubles(await database.read(lookAtReviews));
    t.same(await database.read(lookAtReviews), {
      waiting: 1,
      overdue: 0,
      waitingSinceMs: startMs + weekMs,
    });
    t.same(await troubles(), []);
    clock.nowMs = startMs + 2 * weekMs;
    await reviews.tick();
    await told.make().tick();
    const rows = await eventsOf(told, 'review.overdue.1');
    t.match(rows, [{ outcome: 'failed', from: '2030-01-07T00:00:00.000Z' }]);
    t.equal(rows.length, 1, 'told once, whatever starts again');
    t.same(await troubles(), ['a weekly review is overdue: nobody has acknowledged it']);
    const [overdue] = (await reviews.list({ ...page, state: 'overdue' })).items;
    await reviews.acknowledge(olga, overdue?.id ?? '', 'late, and nothing in it');
    t.same(await troubles(), []);
  },
);

t.test('pages of reviews', async (t) => {
  const told = open(t);
  const { reviews, clock } = told;
  await told.append(loggedIn(amy));
  clock.nowMs = startMs + weekMs + minuteMs;
  await reviews.tick();
  clock.nowMs += 4 * weekMs;
  await reviews.tick();
  const seen: number[] = [];
  for (let before: number | null | undefined; before !== null;) {
    const { items, next } = await reviews.list({ limit: 2, before: before ?? null });
    seen.push(...items.map(({ untilMs }) => (untilMs - startMs) / weekMs));
    before = next;
  }
  t.same(seen, [5, 4, 3, 2, 1]);
});

function admin(event: LedgerEvent): LedgerEntry {
  return { origin: olga, outcome: 'success', reason: null, event };
}

function server(event: LedgerEvent): LedgerEntry {
  const origin: Origin = { actor: { kind: 'server' }, session: null, source: null };
  return { origin, outcome: 'success', reason: null, event };
}
