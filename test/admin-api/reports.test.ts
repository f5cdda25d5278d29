import { parse as parseCsv } from 'csv-parse/sync';
import t, { type Test } from 'tap';
import { cleanClaim } from '../../server/authentication/login-records.ts';
import { limits } from '../../server/domain/limits.ts';
import { reportNames } from '../../server/reports/report.ts';
import { host, openApi, upload, withAnn, type World } from './fixtures/api.ts';
import { hostileTexts } from './fixtures/hostile.ts';

t.setTimeout(120_000);

const dayMs = 24 * 60 * 60_000;
const january = 'from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z';
const evil = '/outgoing/=cmd|\'x\'!A0,"<script>alert(1)<script>".csv';

/** `alpine` has sent something, and the State has it. */
async function openWorld(t: Test, changes: Parameters<typeof openApi>[1] = {}): Promise<World> {
  const world = await openApi(t, changes);
  await withAnn(world);
  await world.accounts.createAgency(host, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  await world.accounts.createUser(host, { username: 'bob', agency: 'butte', displayName: 'Bob' });
  await upload(world, evil, Buffer.from('sent'));
  const { body } = await world.call('GET', '/v1/files?agency=alpine&path=/outgoing');
  await world.call('GET', `/v1/files/${body.items[0].id}/content`);
  // The bytes are out before the end of their transfer is written.
  while ((await world.ledgerRows('file.closed.1')).length < 2) await new Promise(setImmediate);
  await refuse(world, 'ann', 'password-wrong');
  await refuse(world, 'bob', 'key-unknown');
  await refuse(world, 'nobody', 'user-unknown');
  return world;
}

function refuse(
  { database, files }: World,
  username: string,
  reason: 'password-wrong' | 'key-unknown' | 'user-unknown',
) {
  return database.write((unit) =>
    files.ledger.append(unit, {
      origin: { actor: { kind: 'nobody' }, session: null, source: '192.0.2.9:1' },
      outcome: 'refused',
      reason,
      event: {
        event: 'login.refused.1',
        username,
        proof: 'password',
        client: '',
        connection: 'c',
        count: 1,
      },
    }),
  );
}

async function boundTo({ adminKeys }: World, agency: string): Promise<{ key: string }> {
  const wanted = { name: agency, scopes: ['*'], expiresAtMs: null, allowedCidrs: [], agency };
  return { key: (await adminKeys.createAdminKey(host, wanted)).secret };
}

t.test('each report comes as JSON, as CSV and as a page that runs nothing', async (t) => {
  const { call, ledgerRows } = await openWorld(t);
  for (const name of reportNames) {
    const url = `/v1/reports/${name}?${january}`;
    const json = await call('GET', url);
    t.match(json, { status: 200, body: { report: name, agency: null } }, name);
    t.type(json.body.rowsLookedAt, 'number');
    const csv = await call('GET', url, undefined, { headers: { accept: 'text/csv' } });
    t.match(csv.headers, { 'content-disposition': `attachment; filename="${name}.csv"` });
    const records = parseCsv(csv.text, { columns: true, relax_column_count: false });
    t.equal(records.length, json.body.items.length, 'as many lines');
    const page = await call('GET', `${url}&format=html`);
    t.match(page.headers['content-type'], 'text/html');
    t.match(page.headers['content-security-policy'], "default-src 'none'");
    t.notMatch(page.text, /<script|<img|javascript:/i);
  }
  const reads = await ledgerRows('api.read.1');
  t.equal(
    reads.filter(({ url }) => JSON.stringify(url).includes('/v1/reports/')).length,
    3 * reportNames.length,
    'who had them is in the ledger',
  );
});

t.test('what strangers wrote is no formula in a spreadsheet and no markup on a page', async (t) => {
  const world = await openWorld(t);
  // As a login's name comes into the ledger.
  for (const text of hostileTexts()) await refuse(world, cleanClaim(text), 'user-unknown');
  const csv = await world.call('GET', `/v1/reports/refused-logins?${january}&format=csv`);
  const records = parseCsv(csv.text, { columns: true }) as Record<string, string>[];
  t.ok(records.length > 400);
  for (const record of records)
    for (const cell of Object.values(record))
      t.notMatch(cell, /^[\s"]*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/u);
  const readers = await world.call('GET', `/v1/reports/readers?${january}&format=csv`);
  const [read] = parseCsv(readers.text, { columns: true }) as Record<string, string>[];
  t.equal(read?.['path'], evil, 'a name with a comma and quotes in it is one cell');
  const page = await world.call('GET', `/v1/reports/refused-logins?${january}&format=html`);
  t.notMatch(page.text, /<script|<img|<svg\/|[\u202a-\u202e]/i);
});

t.test('a key that is bound to an agency has what is of that agency', async (t) => {
  const world = await openWorld(t);
  const { call } = world;
  const [alpine, butte] = [await boundTo(world, 'alpine'), await boundTo(world, 'butte')];
  for (const name of reportNames) {
    const url = `/v1/reports/${name}?${january}`;
    t.match(await call('GET', `${url}&agency=butte`, undefined, alpine), {
      status: 403,
      body: { code: 'agency-not-allowed' },
    });
    const own = await call('GET', url, undefined, alpine);
    t.match(own, { status: 200, body: { agency: 'alpine' } });
    t.notMatch(own.text, /butte|"bob"|"nobody"/);
    t.notMatch((await call('GET', url, undefined, butte)).text, /alpine|"ann"|script/);
  }
  const sent = async (key: { key: string }) =>
    (await call('GET', `/v1/reports/bulk-transfers?${january}`, undefined, key)).body.items.length;
  t.equal(await sent(alpine), 1);
  t.equal(await sent(butte), 0);
  const refused = await call('GET', `/v1/reports/refused-logins?${january}`, undefined, butte);
  t.match(refused.body.items, [{ username: 'bob', agency: 'butte' }]);
  const reviews = await call('GET', '/v1/reviews', undefined, alpine);
  t.match(reviews, { status: 403, body: { code: 'agency-not-allowed' } }, 'of all agencies');
});

t.test('a report needs a time, and one that can be looked through', async (t) => {
  const { call, keyWith } = await openWorld(t);
  for (const [query, pointer] of [
    ['', '/from'],
    ['from=2030-01-01T00:00:00Z', '/to'],
    ['from=2030-02-01T00:00:00Z&to=2030-01-01T00:00:00Z', '/to'],
    ['from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z', '/from'],
    [`${january}&sha256=nope`, '/sha256'],
    [`${january}&format=xml`, '/format'],
  ] as const) {
    const { status, body } = await call('GET', `/v1/reports/readers?${query}`);
    t.equal(status, 400, query);
    t.equal(body.errors[0]?.pointer, pointer, JSON.stringify(body));
  }
  const other = await call('GET', `/v1/reports/access?${january}&path=/outgoing/a`);
  t.equal(other.status, 400, 'a path is for readers');
  const poor = { key: await keyWith(['files:read']) };
  t.equal((await call('GET', `/v1/reports/access?${january}`, undefined, poor)).status, 403);
});

t.test('so many reports at once', async (t) => {
  let letGo = () => undefined as void;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let reports = 0;
  const world = await openApi(t, { limits: { ...limits, reportsPerKeyMax: 1 } });
  const make = world.parts.reports.make.bind(world.parts.reports);
  let begin = () => undefined as void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  Object.assign(world.parts.reports, {
    make: async (...given: Parameters<typeof make>) => {
      reports += 1;
      begin();
      if (reports === 1) await held;
      return make(...given);
    },
  });
  const url = `/v1/reports/access?${january}`;
  const first = world.call('GET', url);
  await begun;
  t.match(await world.call('GET', url), { status: 429, body: { code: 'rate-exceeded' } });
  letGo();
  t.equal((await first).status, 200);
  t.equal((await world.call('GET', url)).status, 200, 'its place is free again');
  t.equal((await world.call('GET', `/v1/reports/access?from=x&to=y`)).status, 400);
  t.equal((await world.call('GET', url)).status, 200, 'a refused one holds none');
});

t.test('a review: shown, printed, and acknowledged with a scope of its own', async (t) => {
  const world = await openWorld(t);
  const { call, reviews, clock, keyWith, ledgerRows } = world;
  t.same((await call('GET', '/v1/reviews')).body.items, []);
  clock.nowMs += 9 * dayMs;
  await reviews.tick();
  const [review] = (await call('GET', '/v1/reviews')).body.items;
  // The first days of January are of a week that ends on Monday, the 7th, at midnight in California.
  t.match(review, {
    from: '2029-12-31T08:00:00.000Z',
    until: '2030-01-07T08:00:00.000Z',
    timezone: 'America/Los_Angeles',
    state: 'waiting',
    acknowledgedBy: null,
    figures: { logins: { refused: 3, refusedForNobody: 1 }, verification: { ok: true } },
  });
  const url = `/v1/reviews/${review.id}`;
  t.same((await call('GET', url)).body, review);
  const page = await call('GET', `${url}?format=html`);
  t.match(page.text, /Weekly review/);
  t.notMatch(page.text, /outgoing|cmd/, 'no file');
  t.match((await call('GET', `${url}?format=csv`)).text, /^logins\.refused,3\r$/m);
  const [reader, auditor] = [await keyWith(['audit:read']), await keyWith(['audit:review'])];
  const note = { note: 'nothing in it' };
  const acknowledge = (key: string, id = review.id) =>
    call('POST', `/v1/reviews/${id}/acknowledgement`, note, { key });
  t.match(await acknowledge(reader), { status: 403, body: { code: 'scope-missing' } });
  t.equal((await acknowledge(auditor, 'nothing')).status, 404);
  t.match(await acknowledge(auditor), {
    status: 200,
    body: { state: 'acknowledged', note: 'nothing in it', acknowledgedBy: { kind: 'admin' } },
  });
  t.match(await acknowledge(auditor), { status: 409, body: { code: 'conflict' } });
  t.equal((await ledgerRows('review.acknowledged.1')).length, 1);
  t.same((await call('GET', '/v1/reviews?state=waiting')).body.items, []);
});
