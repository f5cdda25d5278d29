import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Reader, Unit } from '../../server/database/units.ts';
import type { Origin } from '../../server/domain/events.ts';
import type { HoldableFile } from '../../server/files/holds.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import { ledger } from '../fixtures/ledger.ts';
import { ClockGuard } from '../../server/retention/clock.ts';
import type { NewHold } from '../../server/retention/hold-fields.ts';
import { createHolds } from '../../server/retention/holds.ts';
import { standingHolds } from '../../server/retention/standing-holds.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { TrustedTime } from '../../server/database/trusted-time.ts';

const start = Date.UTC(2030, 0, 1);
const day = 24 * 60 * 60_000;
const words = { reason: 'Smith v. County', authority: 'Superior Court 24-1183' };
const origin: Origin = {
  actor: { kind: 'admin', keyId: 'key-1', name: 'records office' },
  session: 'request',
  source: '192.0.2.1:4000',
};

async function openHolds(t: Test) {
  const clock = { nowMs: start };
  const exchange = await openExchange(t, { clock: () => clock.nowMs });
  const { database } = exchange;
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await exchange.login({ username: 'bob', agency: 'butte' });
  const holds = createHolds({ guarded: database, database, ledger, randomBytes });
  const place = (hold: Partial<NewHold>) => holds.place(origin, { ...words, ...hold });
  const agencyIds = await database.read(async ({ query }) =>
    Object.fromEntries(
      (await query.selectFrom('agencies').select(['code', 'id']).execute()).map((row) => [
        row.code,
        row.id,
      ]),
    ),
  );
  const view = createAdminFiles(exchange.parts, exchange.store);
  const idOf = async (path: string) => (await view.at('alameda', path)).id;
  const fileAt = (path: string, more: Partial<HoldableFile> & { agency?: string } = {}) => ({
    agencyId: agencyIds[more.agency ?? 'alameda']!,
    path,
    entryId: more.entryId ?? 'none',
    receivedAtMs: more.receivedAtMs ?? start,
  });
  /** As a reader and as a unit have it, which never differ. */
  const both = async <T>(work: (reader: Reader | Unit) => Promise<T>): Promise<T> => {
    const read = await database.read(work);
    t.strictSame(await database.write(work), read);
    return read;
  };
  const heldBy = (path: string, more: Parameters<typeof fileAt>[1] = {}) =>
    both(async (reader) => (await standingHolds.on(reader, fileAt(path, more)))?.id);
  return { exchange, database, clock, amy, holds, place, fileAt, heldBy, both, idOf, agencyIds };
}

t.test('a hold is on what fits all that it says', async (t) => {
  const { amy, place, heldBy, idOf, holds } = await openHolds(t);
  const lift = (id: string) => holds.lift(origin, id, 'the case was settled');
  t.equal(await heldBy('/outgoing/a'), undefined);

  const ofAgency = await place({ agency: 'alameda' });
  t.equal(await heldBy('/outgoing/a'), ofAgency.id);
  t.equal(await heldBy('/outgoing/a', { agency: 'butte' }), undefined);
  await lift(ofAgency.id);
  t.equal(await heldBy('/outgoing/a'), undefined);

  const ofPath = await place({ path: '/outgoing/**' });
  t.equal(await heldBy('/outgoing/deep/a', { agency: 'butte' }), ofPath.id, 'in all agencies');
  t.equal(await heldBy('/incoming/a'), undefined);
  await lift(ofPath.id);

  const narrow = await place({
    agency: 'alameda',
    path: '/outgoing/*.csv',
    receivedFromMs: start,
    receivedUntilMs: start + day,
  });
  t.equal(await heldBy('/outgoing/a.csv'), narrow.id);
  t.equal(await heldBy('/outgoing/a.csv', { receivedAtMs: start + day - 1 }), narrow.id);
  t.equal(await heldBy('/outgoing/a.csv', { receivedAtMs: start + day }), undefined);
  t.equal(await heldBy('/outgoing/a.csv', { receivedAtMs: start - 1 }), undefined);
  t.equal(await heldBy('/outgoing/a.txt'), undefined);
  t.equal(await heldBy('/outgoing/a.csv', { agency: 'butte' }), undefined);
  await lift(narrow.id);

  await amy.put('/outgoing/a', Buffer.from('1'));
  const file = await idOf('/outgoing/a');
  const ofFile = await place({ file, receivedUntilMs: start + 1 });
  t.equal(ofFile.agency, 'alameda', 'of the file');
  t.equal(await heldBy('/anywhere', { entryId: file }), ofFile.id);
  t.equal(await heldBy('/anywhere', { entryId: file, receivedAtMs: start + 1 }), undefined);
  t.equal(await heldBy('/anywhere', { entryId: 'another' }), undefined);
});

t.test('a hold on a time that is over, or on an agency, is on what is there', async (t) => {
  // One on what had come before 2022 refused the rename of each directory of every agency, also of one that was made today.
  const { amy, place, holds, clock } = await openHolds(t);
  for (const name of ['empty', 'full', 'deep']) await amy.mkdir(`/outgoing/${name}`);
  await amy.mkdir('/outgoing/deep/er');
  await amy.put('/outgoing/full/a', Buffer.from('1'));
  clock.nowMs += day;
  await amy.put('/outgoing/deep/er/b', Buffer.from('1'));
  clock.nowMs += day;
  const rename = (name: string) => amy.rename(`/outgoing/${name}`, `/outgoing/${name}-2`);
  const back = (name: string) => amy.rename(`/outgoing/${name}-2`, `/outgoing/${name}`);
  const during = async (
    hold: Partial<NewHold>,
    held: readonly ('empty' | 'full' | 'deep')[],
  ): Promise<void> => {
    const { id } = await place(hold);
    for (const name of ['empty', 'full', 'deep'] as const)
      if (held.includes(name)) await t.rejects(rename(name), /legal hold/, name);
      else {
        await rename(name);
        await back(name);
      }
    await holds.lift(origin, id, 'over');
  };
  await during({ receivedUntilMs: start - 3_000 * day }, []);
  await during({ receivedUntilMs: start + 1 }, ['full']);
  await during({ receivedFromMs: start + 1, receivedUntilMs: start + 2 * day }, ['deep']);
  await during({ receivedUntilMs: start + 1, path: '/outgoing/*/b' }, []);
  await during({ receivedUntilMs: start + 1, path: '/outgoing/*/a' }, ['full']);
  await during({ agency: 'alameda' }, ['full', 'deep']);
  await during({ agency: 'butte' }, []);
  await during({ path: '/outgoing/*/*' }, ['empty', 'full', 'deep']);
  await during({ receivedUntilMs: start + 9 * day, path: '/outgoing/empty/*' }, ['empty']);
  // Of what it held before it would lose the way, too.
  await amy.put('/outgoing/full/a', Buffer.from('2'));
  await during({ receivedUntilMs: start + 1 }, ['full']);
});

t.test('a hold by a path says where there is something', async (t) => {
  // A court's order for smith.csv was entered with two letters the wrong way round, and answered as a hold that stands.
  const { amy, place } = await openHolds(t);
  await amy.put('/outgoing/smith.csv', Buffer.from('1'));
  for (const [path, message] of [
    [
      '/outgoing/smiht.csv',
      /path of a file that is there, or a pattern with \*.*smiht.csv is no file/,
    ],
    ['/outgoing', /is no file in the tree of alameda/],
    ['/outgiong/**', /a pattern below a directory that is there: \/outgiong is none/],
    ['/outgoing/smith.csv/*', /is none in the tree of alameda/],
  ] as const)
    await t.rejects(place({ agency: 'alameda', path }), {
      code: 'field-invalid',
      pointer: '/path',
      message,
    });
  await t.rejects(place({ path: '/nowhere/at/all.csv' }), { message: /is no file in any tree/ });
  await t.rejects(place({ agency: 'butte', path: '/outgoing/smith.csv' }), {
    message: /is no file in the tree of butte/,
  });
  for (const path of ['/outgoing/smith.csv', '/outgoing/jones*.csv', '/**'])
    t.match(await place({ agency: 'alameda', path }), { state: 'standing' }, path);
  t.match(await place({ path: '/outgoing/smith.csv' }), { state: 'standing' });
});

t.test('what is below a directory', async (t) => {
  const { amy, place, both, holds, idOf, agencyIds } = await openHolds(t);
  await amy.mkdir('/outgoing/day');
  await amy.mkdir('/outgoing/day/deep');
  await amy.mkdir('/outgoing/other');
  await amy.put('/outgoing/day/deep/a', Buffer.from('1'));
  const below = async (path: string) => {
    const entryId = await idOf(path);
    const found = await both((reader) =>
      standingHolds.below(reader, { agencyId: agencyIds['alameda']!, path, entryId }),
    );
    return found?.id;
  };
  const during = async (hold: Partial<NewHold>, work: (id: string) => Promise<void>) => {
    const { id } = await place(hold);
    await work(id);
    await holds.lift(origin, id, 'over');
    t.equal(await below('/outgoing/day'), undefined);
  };
  await during({ path: '/outgoing/day/*/a' }, async (id) => {
    t.equal(await below('/outgoing/day'), id);
    t.equal(await below('/outgoing/day/deep'), id);
    t.equal(await below('/outgoing/other'), undefined);
  });
  await during({ path: '/outgoing/*' }, async () => {
    t.equal(await below('/outgoing/day'), undefined, 'what is below it is not meant');
  });
  await during({ file: await idOf('/outgoing/day/deep/a') }, async (id) => {
    t.equal(await below('/outgoing'), id);
    t.equal(await below('/outgoing/day'), id);
    t.equal(await below('/outgoing/day/deep'), id);
    t.equal(await below('/outgoing/other'), undefined);
  });
  await during({ agency: 'butte' }, async () => {
    t.equal(await below('/outgoing/day'), undefined);
  });
  await during({ receivedUntilMs: start + 1 }, async (id) => {
    t.equal(await below('/outgoing/day'), id);
    t.equal(await below('/outgoing/other'), undefined, 'it is empty');
  });
});

t.test(
  'it ends by itself at that millisecond, and again where the clock is set back',
  async (t) => {
    const { clock, holds, place, heldBy } = await openHolds(t);
    const { id } = await place({ agency: 'alameda', untilMs: start + day });
    for (const [nowMs, isOn] of [
      [start + day - 1, true],
      [start + day, false],
      [start + 2 * day, false],
      [start + day - 1, true],
    ] as const) {
      clock.nowMs = nowMs;
      t.equal(await heldBy('/outgoing/a'), isOn ? id : undefined, `${nowMs - start}`);
      t.equal((await holds.get(id)).state, isOn ? 'standing' : 'expired');
    }
    clock.nowMs = start + day;
    for (const act of [
      () => holds.lift(origin, id, 'over'),
      () => holds.change(origin, id, { untilMs: null }),
    ])
      await t.rejects(act(), { code: 'conflict', message: /expired/ });
  },
);

t.test(
  'a hold whose unit was undone never stood, and one that was lifted there still does',
  async (t) => {
    // What stands is known from unit to unit: what an undone one had learned must be forgotten with it.
    const { database, place, heldBy, holds } = await openHolds(t);
    const guarded = {
      read: database.read.bind(database),
      whenWritable: database.whenWritable.bind(database),
      retry: database.retry.bind(database),
      write: <T>(work: (unit: Unit) => Promise<T>) =>
        database.write<T>(async (unit) => {
          await work(unit);
          // Whoever asks in the same unit knows better already.
          await standingHolds.mayStand(unit);
          throw new Error('undone');
        }),
    };
    const undone = createHolds({ guarded, database, ledger, randomBytes });
    t.equal(await heldBy('/outgoing/a'), undefined);
    await t.rejects(undone.place(origin, { ...words, agency: 'alameda' }), /undone/);
    t.equal(await heldBy('/outgoing/a'), undefined);
    const { id } = await place({ agency: 'alameda' });
    await t.rejects(undone.lift(origin, id, 'over'), /undone/);
    t.equal(await heldBy('/outgoing/a'), id);
    t.equal((await holds.list({ limit: 10 })).items.length, 1);
  },
);

t.test('where no hold stands, to ask costs no query', async (t) => {
  const { database, place, fileAt, holds } = await openHolds(t);
  const { id } = await place({ agency: 'alameda' });
  await holds.lift(origin, id, 'over');
  await database.write((unit) => standingHolds.mayStand(unit));
  const told = (name: string) => () => Promise.reject(new Error(`${name} is asked`));
  await database.write(async (real) => {
    const prepared = {
      rows: told('rows'),
      first: told('first'),
      values: told('values'),
      run: told('run'),
    };
    const unit: Unit = { ...real, prepared };
    const file = fileAt('/outgoing/a');
    t.equal(await standingHolds.mayStand(unit), false);
    t.equal(await standingHolds.on(unit, file), undefined);
    t.equal(await standingHolds.onlyHere(unit, file, '/outgoing/b'), undefined);
    t.equal(await standingHolds.below(unit, file), undefined);
    await standingHolds.follow(unit, 'one', 'other', { ledger, origin });
  });
});

t.test('each field that is wrong is named, with what is accepted', async (t) => {
  const { amy, holds, place, idOf } = await openHolds(t);
  await amy.put('/outgoing/a', Buffer.from('1'));
  const file = await idOf('/outgoing/a');
  for (const [hold, pointer, accepted] of [
    [{}, '/agency', /an agency, a path, a file or a time of receipt/],
    [{ agency: 'nowhere' }, '/agency', /the code of an agency that exists/],
    [{ path: 'outgoing' }, '/path', /a pattern such as/],
    [{ path: '/a**' }, '/path', /a pattern such as/],
    [{ path: '/a', file }, '/file', /null where there is a path/],
    [{ file: 'missing' }, '/file', /the id of a file that exists/],
    [{ file, agency: 'butte' }, '/file', /the id of a file of butte that exists/],
    [{ file: await idOf('/outgoing') }, '/file', /held by a path/],
    [{ receivedFromMs: start, receivedUntilMs: start }, '/receivedUntil', /after \/receivedFrom/],
    [{ agency: 'alameda', untilMs: start }, '/until', /a time to come/],
    [{ agency: 'alameda', reason: ' ' }, '/reason', /1 to 200 characters/],
    [{ agency: 'alameda', authority: 'a\nb' }, '/authority', /1 to 200 characters/],
  ] as const)
    await t.rejects(place(hold), { code: 'field-invalid', pointer, message: accepted }, pointer);
  const { id } = await place({ agency: 'alameda' });
  for (const [change, pointer] of [
    [{ reason: '' }, '/reason'],
    [{ authority: '' }, '/authority'],
    [{ untilMs: start - 1 }, '/until'],
  ] as const)
    await t.rejects(holds.change(origin, id, change), { code: 'field-invalid', pointer });
  await t.rejects(holds.lift(origin, id, ''), { code: 'field-invalid', pointer: '/reason' });
  await t.rejects(holds.get('missing'), { code: 'not-found' });
});

t.test('it is placed, changed and lifted once, each with its row', async (t) => {
  const { exchange, clock, holds, place } = await openHolds(t);
  const placed = await place({
    agency: 'alameda',
    path: '/outgoing/**',
    receivedUntilMs: start,
    untilMs: start + 2 * day,
  });
  t.match(placed, {
    ...words,
    agency: 'alameda',
    path: '/outgoing/**',
    file: null,
    state: 'standing',
    placedBy: origin.actor,
    untilMs: start + 2 * day,
    createdAtMs: start,
  });
  clock.nowMs = start + 1;
  t.strictSame(await holds.change(origin, placed.id, { reason: words.reason }), placed, 'nothing');
  const changed = await holds.change(origin, placed.id, {
    reason: 'Smith and others',
    untilMs: start + 3 * day,
  });
  t.match(changed, {
    reason: 'Smith and others',
    untilMs: start + 3 * day,
    updatedAtMs: start + 1,
  });
  const lifted = await holds.lift(origin, placed.id, 'settled');
  t.match(lifted, {
    state: 'lifted',
    liftedAtMs: start + 1,
    liftedBy: origin.actor,
    liftReason: 'settled',
  });
  for (const act of [
    () => holds.lift(origin, placed.id, 'again'),
    () => holds.change(origin, placed.id, { reason: 'x' }),
  ])
    await t.rejects(act(), { code: 'conflict', message: /lifted/ });
  const rows = (await exchange.events({ agency: 'alameda' })).filter((row) =>
    String(row['event']).startsWith('hold.'),
  );
  const told = { hold: placed.id, agency: 'alameda', actor: origin.actor };
  t.match(rows, [
    {
      ...told,
      event: 'hold.placed.1',
      after: { path: '/outgoing/**', until: '2030-01-03T00:00:00.000Z' },
    },
    {
      ...told,
      event: 'hold.changed.1',
      before: { reason: words.reason, until: '2030-01-03T00:00:00.000Z' },
      after: { reason: 'Smith and others', until: '2030-01-04T00:00:00.000Z' },
    },
    { ...told, event: 'hold.lifted.1', lifted: 'settled' },
  ]);
});

t.test('lists: the newest first, by state, by agency, by file, in pages', async (t) => {
  const { amy, clock, holds, place, idOf } = await openHolds(t);
  await amy.put('/outgoing/a', Buffer.from('1'));
  const file = await idOf('/outgoing/a');
  const ids: string[] = [];
  for (const hold of [
    { agency: 'alameda' },
    { agency: 'butte', untilMs: start + 10 },
    { path: '/**' },
    { file },
  ]) {
    clock.nowMs += 1;
    ids.push((await place(hold)).id);
  }
  const [ofAlameda, ofButte, ofAll, ofFile] = ids as [string, string, string, string];
  await holds.lift(origin, ofAll, 'over');
  clock.nowMs = start + 10;
  const found = async (filter: object) =>
    (await holds.list({ limit: 10, ...filter })).items.map(({ id }) => id);
  t.strictSame(await found({}), [ofFile, ofAll, ofButte, ofAlameda]);
  t.strictSame(await found({ state: 'standing' }), [ofFile, ofAlameda]);
  t.strictSame(await found({ state: 'expired' }), [ofButte]);
  t.strictSame(await found({ state: 'lifted' }), [ofAll]);
  t.strictSame(await found({ agency: 'alameda' }), [ofFile, ofAlameda]);
  t.strictSame(await found({ file }), [ofFile]);
  const first = await holds.list({ limit: 3 });
  t.equal(first.next, ofButte);
  t.strictSame((await holds.list({ limit: 3, after: first.next })).items[0]?.id, ofAlameda);
});

t.test('holds that are on rules have a bound, those on files are looked up', async (t) => {
  const { amy, database, place, idOf, agencyIds, heldBy } = await openHolds(t);
  await amy.put('/outgoing/a', Buffer.from('1'));
  await database.write(async ({ query, nowMs }) => {
    for (let index = 0; index < 1_000; index += 1)
      await query
        .insertInto('holds')
        .values({
          id: `hold-${String(index).padStart(4, '0')}`,
          agency_id: agencyIds['butte']!,
          glob: null,
          entry_id: null,
          received_from: null,
          received_until: null,
          ...words,
          placed_by: '{"kind":"host"}',
          created_at: nowMs,
          updated_at: nowMs,
          until: null,
          lifted_at: null,
          lifted_by: null,
          lift_reason: null,
        })
        .execute();
  });
  await t.rejects(place({ agency: 'alameda' }), { code: 'conflict', message: /1000 holds/ });
  const file = await idOf('/outgoing/a');
  const { id } = await place({ file });
  t.equal(await heldBy('/outgoing/a', { entryId: file }), id);
});

t.test('a change makes it last longer, and never ends it before its time', async (t) => {
  // An end in a moment was a lifting without its reason, and past the second administrator that lifting may take.
  const { holds, place } = await openHolds(t);
  const { id } = await place({ agency: 'alameda', untilMs: start + 2 * day });
  for (const untilMs of [start + 1, start + day, start + 2 * day - 1])
    await t.rejects(holds.change(origin, id, { untilMs }), {
      code: 'field-invalid',
      pointer: '/until',
      message: /after 2030-01-03T00:00:00.000Z: to end it earlier, lift it/,
    });
  await holds.change(origin, id, { untilMs: start + 2 * day, reason: 'the same end' });
  t.equal((await holds.change(origin, id, { untilMs: start + 3 * day })).untilMs, start + 3 * day);
  t.equal((await holds.change(origin, id, { untilMs: null })).untilMs, null);
  await t.rejects(holds.change(origin, id, { untilMs: start + 9 * day }), {
    code: 'field-invalid',
    pointer: '/until',
    message: /null: to end it earlier/,
  });
  t.match(await holds.get(id), { state: 'standing', reason: 'the same end' });
});

t.test('a clock that jumped ahead ends no hold until the time is confirmed', async (t) => {
  // A dated hold lapsed under a clock that was a year ahead, and a client removed what it was on.
  const { exchange, database, clock, amy, holds, place, idOf } = await openHolds(t);
  await amy.put('/outgoing/a', Buffer.from('1'));
  await amy.put('/outgoing/b', Buffer.from('1'));
  const steady = { nowMs: 0 };
  const guard = new ClockGuard({
    database,
    guarded: database,
    ledger,
    now: () => clock.nowMs,
    steadyNow: () => steady.nowMs,
    ledgerAtMs: null,
    trusted: new TrustedTime(() => steady.nowMs),
  });
  t.ok(await guard.look());
  const wide = await place({ path: '/outgoing/a', untilMs: start + 30 * day });
  const single = await place({ file: await idOf('/outgoing/b'), untilMs: start + 30 * day });
  t.ok(await guard.look());
  clock.nowMs = start + 365 * day;
  t.notOk(await guard.look());
  for (const [path, { id }] of [
    ['/outgoing/a', wide],
    ['/outgoing/b', single],
  ] as const) {
    await t.rejects(amy.remove(path), /legal hold/);
    t.equal((await holds.get(id)).state, 'standing');
  }
  t.equal((await holds.list({ limit: 9, state: 'standing' })).items.length, 2);
  t.equal((await holds.list({ limit: 9, state: 'expired' })).items.length, 0);
  await guard.confirm(origin, 'it is a year later');
  t.equal((await holds.list({ limit: 9, state: 'expired' })).items.length, 2);
  await amy.remove('/outgoing/a');
  await amy.remove('/outgoing/b');
  t.equal((await exchange.events({ event: 'clock.problem.1' })).length, 1);
});
