import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { openApi, withAnn } from './fixtures/api.ts';

const day = 24 * 60 * 60_000;
const butte = { code: 'butte', name: 'Butte County', kind: 'lcsa' };
const once = { headers: { 'idempotency-key': '8e03978e-40d5-43dd-bc93-6894a57f9324' } };

t.test('a lost answer is had again, and nothing is done twice', async (t) => {
  const { call, ledgerRows } = await openApi(t);
  const first = await call('POST', '/v1/agencies', butte, once);
  t.equal(first.status, 201);
  const again = await call(
    'POST',
    '/v1/agencies',
    { kind: 'lcsa', name: 'Butte County', code: 'butte' },
    once,
  );
  t.match(again, { status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } });
  for (const header of ['location', 'etag', 'content-type'])
    t.equal(again.headers[header], first.headers[header], header);
  t.not(again.headers['x-request-id'], first.headers['x-request-id']);
  t.equal((await ledgerRows('agency.created.1')).length, 1);
  t.equal((await call('POST', '/v1/agencies', butte)).status, 409, 'without the key');
});

t.test('another request under the same key is refused', async (t) => {
  const { call } = await openApi(t);
  await call('POST', '/v1/agencies', butte, once);
  for (const [url, body] of [
    ['/v1/agencies', { ...butte, name: 'Butte' }],
    ['/v1/admin-keys', { name: 'x', scopes: ['*'] }],
  ] as const)
    t.match(await call('POST', url, body, once), {
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  t.equal((await call('GET', '/v1/agencies')).body.items.length, 1);
});

t.test('each API key has its own', async (t) => {
  const { call, keyWith } = await openApi(t);
  const key = await keyWith(['agencies:write']);
  await call('POST', '/v1/agencies', butte, once);
  t.equal(
    (await call('POST', '/v1/agencies', { ...butte, code: 'lake' }, { ...once, key })).status,
    201,
  );
});

t.test('while the first is under way, the second is told to come back', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call('POST', '/v1/agencies', butte, once)),
  );
  t.equal(answers.filter(({ status }) => status === 201).length, 1);
  for (const late of answers.filter(({ status }) => status !== 201)) {
    t.match(late, { status: 409, body: { code: 'request-under-way' } });
    t.equal(late.headers['retry-after'], '1');
  }
  const other = await Promise.all([
    call(
      'POST',
      '/v1/agencies',
      { ...butte, code: 'lake' },
      { headers: { 'idempotency-key': 'k' } },
    ),
    call(
      'POST',
      '/v1/agencies',
      { ...butte, code: 'mono' },
      { headers: { 'idempotency-key': 'k' } },
    ),
  ]);
  t.strictSame(
    other.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 422],
  );
});

t.test('a refusal changed nothing, and is judged anew', async (t) => {
  const { call } = await openApi(t);
  const user = { username: 'ann', agency: 'butte', displayName: 'Ann' };
  t.equal((await call('POST', '/v1/users', user, once)).status, 400, 'no such agency yet');
  await call('POST', '/v1/agencies', butte);
  t.equal((await call('POST', '/v1/users', user, once)).status, 201);
  t.equal((await call('POST', '/v1/users', user, once)).status, 201, 'and now it is kept');
});

t.test(
  'a secret that is shown once is shown to the same caller again, and lies nowhere in the clear',
  async (t) => {
    const { call, database, key } = await openApi(t);
    const made = await call('POST', '/v1/admin-keys', { name: 'ops', scopes: ['*'] }, once);
    const secret = made.body.secret as string;
    t.equal(
      (await call('POST', '/v1/admin-keys', { name: 'ops', scopes: ['*'] }, once)).body.secret,
      secret,
    );
    const rows = await database.read(({ query }) =>
      query.selectFrom('kept_answers').selectAll().execute(),
    );
    t.equal(rows.length, 1);
    const stored = Buffer.concat(rows.map((row) => Buffer.from(row.sealed ?? []))).toString(
      'latin1',
    );
    t.notOk(stored.includes(secret.slice(16)) || stored.includes('ops'));
    // With another secret of the same API key even the server cannot read it.
    const rotated = await call('POST', `/v1/admin-keys/${key.slice(3, 15)}/rotations`, {});
    const late = await call(
      'POST',
      '/v1/admin-keys',
      { name: 'ops', scopes: ['*'] },
      {
        ...once,
        key: rotated.body.secret as string,
      },
    );
    t.match(late, { status: 409, body: { code: 'answer-lost' } });
    t.equal((await call('GET', '/v1/admin-keys')).body.items.length, 2, 'nothing was done again');
  },
);

t.test('a server that died between the change and its answer says so', async (t) => {
  const { call, database, ledgerRows } = await openApi(t);
  const { headers } = await call('POST', '/v1/agencies', butte, once);
  await database.write(({ query }) =>
    query.updateTable('kept_answers').set({ status: null, sealed: null }).execute(),
  );
  const late = await call('POST', '/v1/agencies', butte, once);
  t.match(late, { status: 409, body: { code: 'answer-lost' } });
  t.match(late.body.detail, String(headers['x-request-id']));
  t.equal((await ledgerRows('agency.created.1')).length, 1);
});

t.test('the mark is in the transaction of the change', async (t) => {
  const world = await openApi(t);
  const write = world.guards.over(world.database);
  const seen: number[] = [];
  // A unit of another request, in the same group of commits as the change: it sees both or neither.
  const [answer] = await Promise.all([
    world.call('POST', '/v1/agencies', butte, once),
    (async () => {
      for (let turn = 0; turn < 30; turn += 1) {
        await write.write(async ({ query }) => {
          const agencies = await query.selectFrom('agencies').select('id').execute();
          const marks = await query.selectFrom('kept_answers').select('request_id').execute();
          seen.push(agencies.length - marks.length);
        });
        await sleep(0);
      }
    })(),
  ]);
  t.equal(answer.status, 201);
  t.ok(seen.every((difference) => difference === 0));
});

t.test('kept for a day, then swept', async (t) => {
  const world = await openApi(t);
  const { call, clock, database } = world;
  await call('POST', '/v1/agencies', butte, once);
  const count = async () =>
    (
      await database.read(({ query }) =>
        query.selectFrom('kept_answers').select('request_id').execute(),
      )
    ).length;
  clock.nowMs += day - 1;
  t.equal((await call('POST', '/v1/agencies', butte, once)).status, 201);
  await world.access.sweep();
  t.equal(await count(), 1);
  clock.nowMs += 1;
  t.equal(
    (await call('POST', '/v1/agencies', butte, once)).status,
    409,
    'a request like any other',
  );
  await world.access.sweep();
  t.equal(await count(), 0);
});

t.test('how many are kept, and how much, is bounded for each API key', async (t) => {
  const few = { ...limits, apiAnswersPerKeyMax: 2, apiAnswerBytesMax: 10 };
  const { call, keyWith } = await openApi(t, { limits: few });
  const post = (code: string, key?: string) =>
    call(
      'POST',
      '/v1/agencies',
      { ...butte, code },
      {
        headers: { 'idempotency-key': code },
        ...(key !== undefined && { key }),
      },
    );
  t.equal((await post('lake')).status, 201);
  t.equal((await post('mono')).status, 201);
  const full = await post('napa');
  t.match(full, { status: 429, body: { code: 'rate-exceeded' } });
  t.match(full.headers['retry-after'], /^\d+$/);
  t.match(
    await post('lake'),
    { status: 409, body: { code: 'answer-lost' } },
    'too long to be kept',
  );
  t.equal((await post('napa', await keyWith(['*']))).status, 201, 'others are not held up');
  t.equal(
    (await call('POST', '/v1/agencies', { ...butte, code: 'yolo' })).status,
    201,
    'nor without',
  );
});

t.test('what is no key, and what is no POST', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  await withAnn(world);
  for (const value of ['', 'x'.repeat(256), 'ä'])
    t.equal(
      (await call('POST', '/v1/agencies', butte, { headers: { 'idempotency-key': value } })).status,
      400,
      value.slice(0, 9),
    );
  const patch = await call('PATCH', '/v1/users/ann', { quotaBytes: 5 }, once);
  t.equal(patch.status, 200, 'a PATCH has its If-Match');
  t.equal((await call('POST', '/v1/agencies', butte, once)).status, 201);
});
