import t from 'tap';
import { openApi, withAnn } from './fixtures/api.ts';
import { testKey } from '../accounts/fixtures/keys.ts';

/** Requests with something wrong in them, and the field that is to blame. */
const bad: [method: string, url: string, body: unknown, code: string, pointer: string | null][] = [
  // unknown fields, types, what is missing
  [
    'POST',
    '/v1/agencies',
    { code: 'x1', name: 'X', kind: 'lcsa', id: '1' },
    'field-invalid',
    '/id',
  ],
  ['POST', '/v1/agencies', { code: 'x1', name: 5, kind: 'lcsa' }, 'field-invalid', '/name'],
  ['POST', '/v1/agencies', { code: 'x1', name: 'X', kind: 'county' }, 'field-invalid', '/kind'],
  ['POST', '/v1/agencies', { name: 'X', kind: 'lcsa' }, 'field-invalid', '/code'],
  ['POST', '/v1/agencies', { code: 'X 1', name: 'X', kind: 'lcsa' }, 'field-invalid', '/code'],
  ['POST', '/v1/agencies', { code: 'x1', name: '', kind: 'lcsa' }, 'field-invalid', '/name'],
  ['POST', '/v1/agencies', [], 'field-invalid', ''],
  ['POST', '/v1/agencies', 'null', 'field-invalid', ''],
  ['PATCH', '/v1/agencies/alpine', { kind: 'state' }, 'field-invalid', '/kind'],
  ['PATCH', '/v1/agencies/alpine', { name: null }, 'field-invalid', '/name'],
  ['POST', '/v1/users', { username: 'bob', agency: 'alpine' }, 'field-invalid', '/displayName'],
  [
    'POST',
    '/v1/users',
    { username: '../bob', agency: 'alpine', displayName: 'B' },
    'field-invalid',
    '/username',
  ],
  [
    'POST',
    '/v1/users',
    { username: 'bob', agency: 'nowhere', displayName: 'B' },
    'field-invalid',
    '/agency',
  ],
  [
    'POST',
    '/v1/users',
    { username: 'bob', agency: 'alpine', displayName: 'B', 'is/admin': true },
    'field-invalid',
    '/is~1admin',
  ],
  ['PATCH', '/v1/users/ann', { allowedCidrs: ['10.0.0.0/33'] }, 'field-invalid', '/allowedCidrs/0'],
  [
    'PATCH',
    '/v1/users/ann',
    { allowedCidrs: ['10.0.0.0/8', 'host.example'] },
    'field-invalid',
    '/allowedCidrs/1',
  ],
  ['PATCH', '/v1/users/ann', { allowedCidrs: '10.0.0.0/8' }, 'field-invalid', '/allowedCidrs'],
  ['PATCH', '/v1/users/ann', { expiresAt: 'tomorrow' }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAt: '2030-01-01' }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAt: '2030-01-01T00:00:00' }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAt: '2030-02-30T00:00:00Z' }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAt: '2016-12-31T23:59:60Z' }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAt: 1_900_000_000_000 }, 'field-invalid', '/expiresAt'],
  ['PATCH', '/v1/users/ann', { expiresAtMs: 5 }, 'field-invalid', '/expiresAtMs'],
  ['PATCH', '/v1/users/ann', { maxSessions: '5' }, 'field-invalid', '/maxSessions'],
  ['PATCH', '/v1/users/ann', { maxSessions: 0 }, 'field-invalid', '/maxSessions'],
  ['PATCH', '/v1/users/ann', { maxSessions: 1e9 }, 'field-invalid', '/maxSessions'],
  ['PATCH', '/v1/users/ann', { quotaBytes: -1 }, 'field-invalid', '/quotaBytes'],
  ['PATCH', '/v1/users/ann', { quotaBytes: 1.5 }, 'field-invalid', '/quotaBytes'],
  ['PATCH', '/v1/users/ann', { quotaBytes: 1e300 }, 'field-invalid', '/quotaBytes'],
  ['PATCH', '/v1/users/ann', { status: 'removed' }, 'field-invalid', '/status'],
  ['PATCH', '/v1/users/ann', { loginMethods: [] }, 'field-invalid', '/loginMethods'],
  ['PATCH', '/v1/users/ann', { loginMethods: [['none']] }, 'field-invalid', '/loginMethods/0/0'],
  [
    'PATCH',
    '/v1/users/ann',
    { permissions: [{ path: 'outgoing', allow: ['read'] }] },
    'field-invalid',
    '/permissions/0/path',
  ],
  [
    'PATCH',
    '/v1/users/ann',
    { permissions: [{ path: '/outgoing', allow: ['fly'] }] },
    'field-invalid',
    '/permissions/0/allow/0',
  ],
  [
    'PATCH',
    '/v1/users/ann',
    { permissions: [{ path: '/outgoing' }] },
    'field-invalid',
    '/permissions/0/allow',
  ],
  ['PATCH', '/v1/users/ann', { username: 'eve' }, 'field-invalid', '/username'],
  [
    'POST',
    '/v1/users/ann/keys',
    { publicKey: 'ssh-ed25519 nonsense' },
    'field-invalid',
    '/publicKey',
  ],
  [
    'POST',
    '/v1/users/ann/keys',
    { publicKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl' },
    'key-private',
    '/publicKey',
  ],
  [
    'POST',
    '/v1/users/ann/keys',
    { publicKey: testKey('ed25519').line, label: 'a\nb' },
    'field-invalid',
    '/label',
  ],
  ['PUT', '/v1/users/ann/password', { password: 'short' }, 'field-invalid', '/password'],
  ['PUT', '/v1/users/ann/password', {}, 'field-invalid', '/password'],
  ['POST', '/v1/admin-keys', { name: 'k', scopes: [] }, 'field-invalid', '/scopes'],
  ['POST', '/v1/admin-keys', { name: 'k', scopes: ['root'] }, 'field-invalid', '/scopes/0'],
  ['POST', '/v1/admin-keys', { name: 'k', scopes: ['*', '*'] }, 'field-invalid', '/scopes'],
  [
    'POST',
    '/v1/admin-keys',
    { name: 'k', scopes: ['*'], allowedCidrs: ['x'] },
    'field-invalid',
    '/allowedCidrs/0',
  ],
  [
    'POST',
    '/v1/admin-keys',
    { name: 'k', scopes: ['*'], expiresAt: '2029-12-31T00:00:00Z' },
    'field-invalid',
    '/expiresAt',
  ],
  // the query
  ['GET', '/v1/agencies?limit=0', undefined, 'field-invalid', '/limit'],
  ['GET', '/v1/agencies?limit=501', undefined, 'field-invalid', '/limit'],
  ['GET', '/v1/agencies?limit=ten', undefined, 'field-invalid', '/limit'],
  ['GET', '/v1/agencies?limit=', undefined, 'field-invalid', '/limit'],
  ['GET', '/v1/agencies?limit=1&limit=2', undefined, 'field-invalid', '/limit'],
  ['GET', '/v1/agencies?page=2', undefined, 'field-invalid', '/page'],
  ['GET', '/v1/agencies?__proto__=1', undefined, 'field-invalid', '/__proto__'],
  ['GET', '/v1/agencies?cursor=nonsense', undefined, 'field-invalid', '/cursor'],
  ['GET', '/v1/agencies?cursor=', undefined, 'field-invalid', '/cursor'],
  [`GET`, `/v1/agencies?cursor=${cursor(['users', 'ann'])}`, undefined, 'field-invalid', '/cursor'],
  [`GET`, `/v1/agencies?cursor=${cursor(['agencies', 5])}`, undefined, 'field-invalid', '/cursor'],
  [
    `GET`,
    `/v1/agencies?cursor=${cursor(['agencies', 'a', 'b'])}`,
    undefined,
    'field-invalid',
    '/cursor',
  ],
  [
    `GET`,
    `/v1/transfers?cursor=${cursor(['transfers', '5', 'b'])}`,
    undefined,
    'field-invalid',
    '/cursor',
  ],
  [
    `GET`,
    `/v1/transfers?cursor=${cursor(['transfers', 1.5, 'b'])}`,
    undefined,
    'field-invalid',
    '/cursor',
  ],
  [
    `GET`,
    `/v1/admin-keys?cursor=${cursor(['admin-keys', 'gone'])}`,
    undefined,
    'field-invalid',
    '/cursor',
  ],
  ['GET', `/v1/audit?cursor=${cursor(null)}`, undefined, 'field-invalid', '/cursor'],
  ['GET', '/v1/files', undefined, 'field-invalid', '/agency'],
  ['GET', '/v1/files?agency=alpine&path=%00', undefined, 'name-invalid', null],
  ['GET', `/v1/files?agency=alpine&path=${'/a'.repeat(40)}`, undefined, 'path-too-long', null],
  ['GET', '/v1/transfers?state=done', undefined, 'field-invalid', '/state'],
  ['GET', '/v1/transfers?sha256=XYZ', undefined, 'field-invalid', '/sha256'],
  ['GET', '/v1/transfers?from=yesterday', undefined, 'field-invalid', '/from'],
  ['GET', '/v1/audit?outcome=good', undefined, 'field-invalid', '/outcome'],
  // not JSON
  ['POST', '/v1/agencies', '{"code":', 'message-malformed', null],
  ['POST', '/v1/agencies', '{"__proto__":{"a":1}}', 'message-malformed', null],
  ['POST', '/v1/agencies', '', 'message-malformed', null],
  ['GET', '/v1/agencies/%zz', undefined, 'message-malformed', null],
  ['POST', '/v1/agencies', undefined, 'field-invalid', ''],
];

function cursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

t.test('what is wrong with a request is told by field', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const before = (await world.ledgerRows()).length;
  for (const [method, url, body, code, pointer] of bad) {
    const answer = await world.call(method, url, body);
    const what = `${method} ${url} ${JSON.stringify([body]).slice(0, 60)}`;
    t.equal(answer.status, 400, what);
    t.match(answer.headers['content-type'], 'application/problem+json', what);
    t.equal(answer.body.code, code, what);
    t.equal(answer.body.type, `urn:waybill:problem:${code}`);
    t.equal(answer.body.errors[0]?.pointer ?? null, pointer, what);
    if (pointer !== null)
      t.ok(
        answer.body.errors[0].detail.length > 5,
        `${what}: ${String(answer.body.errors[0].detail)}`,
      );
  }
  t.equal((await world.ledgerRows()).length, before, 'and nothing happened');
  t.strictSame(world.faults, []);
});

t.test('every field that is wrong is named, in words that help', async (t) => {
  const { call } = await openApi(t);
  const { body } = await call('POST', '/v1/users', {
    username: 1,
    agency: 2,
    displayName: 'A',
    quotaBytes: 'x',
    extra: 1,
  });
  t.strictSame(body.errors.map((error: { pointer: string }) => error.pointer).sort(), [
    '/agency',
    '/extra',
    '/quotaBytes',
    '/username',
  ]);
  const detailOf = (pointer: string) =>
    body.errors.find((error: { pointer: string }) => error.pointer === pointer).detail;
  t.equal(detailOf('/quotaBytes'), 'a whole number of bytes, or null for no limit');
  t.match(detailOf('/extra'), /no such field; there are username, agency/);
});

t.test('bodies: size, kind and encoding', async (t) => {
  const { call } = await openApi(t);
  const agency = { code: 'x1', name: 'x', kind: 'lcsa' };
  t.match(await call('POST', '/v1/agencies', { ...agency, name: 'x'.repeat(70_000) }), {
    status: 413,
    body: { code: 'body-too-large' },
  });
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'x',
  ]) {
    t.match(
      await call('POST', '/v1/agencies', agency, { headers: { 'content-type': type } }),
      { status: 415, body: { code: 'media-type-unsupported' } },
      type,
    );
  }
  for (const encoding of ['gzip', 'br', 'deflate', 'gzip, gzip', 'x']) {
    const answer = await call('POST', '/v1/agencies', agency, {
      headers: { 'content-encoding': encoding },
    });
    t.match(
      answer,
      {
        status: 415,
        body: { code: 'media-type-unsupported' },
        headers: { 'accept-encoding': 'identity' },
      },
      encoding,
    );
  }
  t.equal(
    (
      await call('POST', '/v1/agencies', agency, {
        headers: { 'content-type': 'application/json; charset=utf-8' },
      })
    ).status,
    201,
  );
  t.equal(
    (
      await call(
        'PATCH',
        '/v1/agencies/x1',
        { name: 'Y' },
        { headers: { 'content-type': 'application/merge-patch+json' } },
      )
    ).status,
    200,
  );
});
