import t from 'tap';
import fc from 'fast-check';
import { etagOf } from '../../admin-api/preconditions.ts';
import { openApi, withAnn, type World } from './fixtures/api.ts';

/** One of each that has an ETag, and a change of it. */
const changes: readonly (readonly [url: string, change: object])[] = [
  ['/v1/agencies/alpine', { name: 'Alpine County, California' }],
  ['/v1/users/ann', { displayName: 'Ann Other' }],
  ['/v1/admin-keys/{key}', { name: 'operations' }],
];

async function openWorld(t: Parameters<typeof openApi>[0]) {
  const world = await openApi(t);
  await withAnn(world);
  const other = await world.keyWith(['users:read']);
  const urlOf = (url: string) => url.replace('{key}', other.slice(3, 15));
  return { ...world, urlOf };
}

async function etagAt(world: Pick<World, 'call'>, url: string): Promise<string> {
  return String((await world.call('GET', url)).headers['etag']);
}

t.test('every answer that shows one thing has its ETag, and the same one', async (t) => {
  const { call, urlOf } = await openWorld(t);
  for (const [template, change] of changes) {
    const url = urlOf(template);
    const got = await call('GET', url);
    t.match(got.headers['etag'], /^"[\w-]{22}(\.[\w-]{22})?"$/, url);
    t.equal((await call('GET', url)).headers['etag'], got.headers['etag'], 'nothing happened');
    const patched = await call('PATCH', url, change);
    t.not(patched.headers['etag'], got.headers['etag'], 'it was changed');
    t.equal(patched.headers['etag'], await etagAt({ call }, url), 'as the next GET tells it');
  }
  for (const [url, body] of [
    ['/v1/agencies', { code: 'butte', name: 'Butte', kind: 'lcsa' }],
    ['/v1/users', { username: 'bob', agency: 'alpine', displayName: 'Bob' }],
    ['/v1/admin-keys', { name: 'ops', scopes: ['users:read'] }],
  ] as const) {
    const made = await call('POST', url, body);
    t.equal(made.headers['etag'], await etagAt({ call }, String(made.headers['location'])), url);
  }
  t.equal((await call('GET', '/v1/agencies')).headers['etag'], undefined, 'a list has none');
  t.equal((await call('GET', '/v1/agencies/nothing')).headers['etag'], undefined);
});

t.test('a stale change is refused and changes nothing', async (t) => {
  const { call, urlOf, ledgerRows } = await openWorld(t);
  for (const [template, change] of changes) {
    const url = urlOf(template);
    const seen = await etagAt({ call }, url);
    t.equal((await call('PATCH', url, change, { headers: { 'if-match': seen } })).status, 200);
    const rows = (await ledgerRows()).length;
    for (const method of ['PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { name: 'late' } : undefined;
      const late = await call(
        method,
        url,
        url.includes('users') && body ? { displayName: 'late' } : body,
        {
          headers: { 'if-match': seen },
        },
      );
      t.match(late, { status: 412, body: { code: 'precondition-failed' } }, `${method} ${url}`);
      t.equal(late.headers['etag'], undefined);
    }
    t.equal((await ledgerRows()).length, rows, 'no row');
    const now = await etagAt({ call }, url);
    const removed = await call('DELETE', url, undefined, {
      headers: { 'if-match': `W/"x", "other" , ${now}` },
    });
    t.equal(removed.status, url.includes('agencies') ? 409 : 204, 'one of a list is enough');
  }
});

t.test('of two administrators with the same ETag exactly one wins', async (t) => {
  const world = await openWorld(t);
  const { call, urlOf } = world;
  for (const [template] of changes) {
    const url = urlOf(template);
    const field = url.includes('users') ? 'displayName' : 'name';
    for (let round = 0; round < 5; round += 1) {
      const headers = { 'if-match': await etagAt(world, url) };
      // All of them are read, judged and queued before the first commit.
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          call('PATCH', url, { [field]: `${round} ${index}` }, { headers }),
        ),
      );
      const won = answers.filter(({ status }) => status === 200);
      t.equal(won.length, 1, url);
      t.equal(answers.filter(({ status }) => status === 412).length, 7);
      t.equal((await call('GET', url)).body[field], won[0]?.body[field]);
    }
  }
});

t.test('a login, or the use of a key, makes nobody late, but is news', async (t) => {
  const { call, database } = await openWorld(t);
  const seen = await etagAt({ call }, '/v1/users/ann');
  await database.write(({ query }) =>
    query.updateTable('users').set({ last_login_at: 1 }).where('username', '=', 'ann').execute(),
  );
  const now = await etagAt({ call }, '/v1/users/ann');
  t.not(now, seen);
  t.equal(
    (await call('GET', '/v1/users/ann', undefined, { headers: { 'if-none-match': seen } })).status,
    200,
    'it shows something else',
  );
  const headers = { 'if-match': seen };
  t.equal((await call('PATCH', '/v1/users/ann', { quotaBytes: 1 }, { headers })).status, 200);
  t.equal((await call('PATCH', '/v1/users/ann', { quotaBytes: 2 }, { headers })).status, 412);
});

t.test("a user's password and lock go by the user's ETag", async (t) => {
  const { call } = await openWorld(t);
  const headers = { 'if-match': await etagAt({ call }, '/v1/users/ann') };
  const body = { password: 'correct horse battery staple' };
  t.equal((await call('PUT', '/v1/users/ann/password', body, { headers })).status, 204);
  t.equal((await call('PUT', '/v1/users/ann/password', body, { headers })).status, 412);
  t.equal((await call('DELETE', '/v1/users/ann/password', undefined, { headers })).status, 412);
});

t.test(
  'If-None-Match: a GET that tells nothing new, and a creation of nothing but what is new',
  async (t) => {
    const { call, ledgerRows } = await openWorld(t);
    const etag = await etagAt({ call }, '/v1/agencies/alpine');
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const same = await call('GET', '/v1/agencies/alpine', undefined, {
        headers: { 'if-none-match': header },
      });
      t.equal(same.status, 304, header);
      t.equal(same.text, '');
      t.equal(same.headers['etag'], etag);
    }
    t.match((await ledgerRows('api.read.1')).at(-1), { status: 304 }, 'it was asked and told');
    const headers = { 'if-none-match': '*' };
    const butte = { code: 'butte', name: 'Butte', kind: 'lcsa' };
    t.equal((await call('POST', '/v1/agencies', butte, { headers })).status, 201);
    t.match(await call('POST', '/v1/agencies', butte, { headers }), {
      status: 412,
      body: { code: 'precondition-failed' },
    });
    t.equal((await call('POST', '/v1/agencies', butte)).status, 409, 'without it, as ever');
    t.equal((await call('PATCH', '/v1/agencies/butte', { name: 'x' }, { headers })).status, 412);
  },
);

t.test('what cannot be matched is refused and not passed over', async (t) => {
  const { call } = await openWorld(t);
  const patch = (value: string) =>
    call('PATCH', '/v1/agencies/alpine', { name: 'x' }, { headers: { 'if-match': value } });
  const etag = await etagAt({ call }, '/v1/agencies/alpine');
  for (const value of ['alpine', '"', '"a" "b"', '"a",x'])
    t.match(await patch(value), { status: 400, body: { code: 'message-malformed' } }, value);
  t.equal((await patch(`W/${etag}`)).status, 412, 'a weak one never matches');
  t.equal((await patch('"x"')).status, 412);
  t.equal((await patch('*')).status, 200, 'any');
  const gone = await call(
    'PATCH',
    '/v1/agencies/nothing',
    { name: 'x' },
    {
      headers: { 'if-match': '"x"' },
    },
  );
  t.equal(gone.status, 404, 'what is not there is not there');
  const made = await call(
    'POST',
    '/v1/agencies',
    { code: 'lake', name: 'L', kind: 'lcsa' },
    {
      headers: { 'if-match': '*' },
    },
  );
  t.equal(made.status, 412, 'what is yet to be made matches nothing');
});

t.test('an ETag depends on nothing but what is shown', (t) => {
  const fields = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null)));
  fc.assert(
    fc.property(fields, (body) => {
      const turned = Object.fromEntries(Object.entries(body).toReversed());
      t.equal(etagOf(turned), etagOf(body));
      t.not(etagOf({ ...body, 'a field of its own': 1 }), etagOf(body));
      const volatile = ['a field of its own'];
      const parts = [1, 2].map((value) =>
        etagOf({ ...body, 'a field of its own': value }, { volatile }).split('.'),
      );
      t.equal(parts[0]?.[0], parts[1]?.[0]);
      t.not(parts[0]?.[1], parts[1]?.[1]);
    }),
    { numRuns: 50 },
  );
  t.end();
});
