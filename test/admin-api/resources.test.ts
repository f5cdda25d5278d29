import { Secret, TOTP } from 'otpauth';
import t from 'tap';
import { testKey } from '../accounts/fixtures/keys.ts';
import { host, openApi, password, withAnn } from './fixtures/api.ts';

const id32 = /^[0-9a-f]{32}$/;

t.test('agencies', async (t) => {
  const { call, ledgerRows, clock } = await openApi(t);
  const made = await call('POST', '/v1/agencies', {
    code: 'alpine',
    name: ' Alpine County ',
    kind: 'lcsa',
  });
  const alpine = {
    code: 'alpine',
    name: 'Alpine County',
    kind: 'lcsa',
    createdAt: '2030-01-01T00:00:00.000Z',
    updatedAt: '2030-01-01T00:00:00.000Z',
  };
  t.equal(made.status, 201);
  t.equal(made.headers['location'], '/v1/agencies/alpine');
  t.strictSame(made.body, alpine, 'and no id of the inside');
  t.match(await call('POST', '/v1/agencies', { code: 'alpine', name: 'A', kind: 'lcsa' }), {
    status: 409,
    body: { code: 'name-used', errors: [{ pointer: '/code' }] },
  });
  clock.nowMs += 1500;
  const changed = await call('PATCH', '/v1/agencies/alpine', { name: 'Alpine' });
  t.match(changed, {
    status: 200,
    body: { name: 'Alpine', updatedAt: '2030-01-01T00:00:01.500Z' },
  });
  t.strictSame((await call('GET', '/v1/agencies/alpine')).body, changed.body);
  await call('POST', '/v1/agencies', { code: 'dcss', name: 'DCSS', kind: 'state' });
  const first = (await call('GET', '/v1/agencies?limit=1')).body;
  t.match(first, { items: [{ code: 'alpine' }], nextCursor: String });
  t.match((await call('GET', `/v1/agencies?limit=1&cursor=${first.nextCursor}`)).body, {
    items: [{ code: 'dcss' }],
    nextCursor: null,
  });
  const gone = await call('DELETE', '/v1/agencies/alpine');
  t.equal(gone.status, 204);
  t.equal(gone.text, '');
  t.match(await call('GET', '/v1/agencies/alpine'), { status: 404, body: { code: 'not-found' } });
  t.match(await call('DELETE', '/v1/agencies/alpine'), { status: 404 });
  t.match(await ledgerRows('agency.created.1'), [
    {
      agency: 'alpine',
      before: null,
      after: { code: 'alpine', name: 'Alpine County', kind: 'lcsa' },
      session: made.headers['x-request-id'],
      actor: { kind: 'admin' },
      source: /^127/,
    },
    {},
  ]);
  t.match(await ledgerRows('agency.changed.1'), [
    { before: { name: 'Alpine County' }, after: { name: 'Alpine' } },
  ]);
  t.match(await ledgerRows('agency.removed.1'), [
    { before: { code: 'alpine', name: 'Alpine', kind: 'lcsa' }, after: null },
  ]);
});

t.test('users', async (t) => {
  const world = await openApi(t);
  const { call, ledgerRows, accounts } = world;
  await accounts.createAgency(host, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  const made = await call('POST', '/v1/users', {
    username: 'ann', agency: 'alpine', displayName: 'Ann', loginMethods: [['publickey', 'password']], permissions: null,
    allowedCidrs: ['192.0.2.77/24'], expiresAt: '2031-01-01T02:00:00+02:00', quotaBytes: 1e12, maxSessions: 4, status: 'active',
  }); // prettier-ignore
  const ann = {
    username: 'ann',
    agency: 'alpine',
    displayName: 'Ann',
    status: 'active',
    loginMethods: [['publickey', 'password']],
    permissions: null,
    effectivePermissions: [
      { path: '/', allow: ['list'] },
      {
        path: '/outgoing',
        allow: ['list', 'read', 'write', 'overwrite', 'delete', 'rename', 'mkdir'],
      },
      { path: '/incoming', allow: ['list', 'read', 'delete'] },
      { path: '/receipts', allow: ['list', 'read'] },
    ],
    allowedCidrs: ['192.0.2.0/24'],
    expiresAt: '2031-01-01T00:00:00.000Z',
    quotaBytes: 1e12,
    maxSessions: 4,
    accountKind: 'person',
    hasPassword: false,
    passwordSetAt: null,
    passwordTemporary: false,
    lastLoginAt: null,
    failedLogins: 0,
    lockedUntil: null,
    createdAt: '2030-01-01T00:00:00.000Z',
    updatedAt: '2030-01-01T00:00:00.000Z',
  };
  t.equal(made.status, 201);
  t.equal(made.headers['location'], '/v1/users/ann');
  t.same(made.body, ann);
  t.strictSame(Object.keys(made.body).sort(), Object.keys(ann).sort(), 'and no id of the inside');
  t.same((await call('GET', '/v1/users/ann')).body, ann);
  const own = {
    permissions: [{ path: '/outgoing', allow: ['write'] }],
    expiresAt: null,
    quotaBytes: null,
  };
  t.match((await call('PATCH', '/v1/users/ann', own)).body, {
    ...own,
    effectivePermissions: own.permissions,
  });
  t.strictSame(
    (await call('PATCH', '/v1/users/ann', {})).body.effectivePermissions,
    own.permissions,
  );
  await call('POST', '/v1/users', { username: 'bob', agency: 'alpine', displayName: 'Bob' });
  const first = (await call('GET', '/v1/users?agency=alpine&limit=1')).body;
  t.match(first, { items: [{ username: 'ann' }] });
  t.match((await call('GET', `/v1/users?agency=alpine&limit=1&cursor=${first.nextCursor}`)).body, {
    items: [{ username: 'bob' }],
    nextCursor: null,
  });
  t.match(await call('DELETE', '/v1/agencies/alpine'), { status: 409, body: { code: 'conflict' } });
  for (const name of ['ann', 'bob'])
    t.equal((await call('DELETE', `/v1/users/${name}`)).status, 204);
  t.equal((await call('GET', '/v1/users/ann')).status, 404);
  t.match(
    await call('POST', '/v1/users', { username: 'ann', agency: 'alpine', displayName: 'Ann' }),
    { status: 409, body: { code: 'name-used' } },
  );
  t.equal((await call('DELETE', '/v1/agencies/alpine')).status, 204);
  const removed = (await call('GET', '/v1/users?status=removed')).body;
  t.match(
    removed.items,
    [
      { username: 'ann', status: 'removed' },
      { username: 'bob', effectivePermissions: [] },
    ],
    'also of an agency that is gone',
  );
  t.match(await ledgerRows('user.created.1'), [
    { username: 'ann', agency: 'alpine', before: null, after: { allowedCidrs: ['192.0.2.0/24'] } },
    {},
  ]);
  const changes = await ledgerRows('user.changed.1');
  t.equal(changes.length, 1, 'a change of nothing is no change');
  t.match(changes, [
    { before: { permissions: null, quotaBytes: 1e12 }, after: { quotaBytes: null } },
  ]);
  t.match(await ledgerRows('user.removed.1'), [{ username: 'ann', after: null }, {}]);
});

t.test('keys', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, ledgerRows, clock } = world;
  const { line } = testKey('ed25519');
  const made = await call('POST', '/v1/users/ann/keys', {
    publicKey: `${line} laptop`,
    expiresAt: '2031-01-01T00:00:00Z',
  });
  t.equal(made.status, 201);
  t.strictSame(Object.keys(made.body).sort(), [
    'bits',
    'createdAt',
    'expiresAt',
    'fingerprint',
    'id',
    'label',
    'lastUsedAlgorithm',
    'lastUsedAt',
    'lastUsedClient',
    'lastUsedFrom',
    'publicKey',
    'replacedBy',
    'touchRequired',
    'type',
    'verifyRequired',
  ]);
  t.match(made.body, {
    id: id32,
    type: 'ssh-ed25519',
    bits: 256,
    fingerprint: /^SHA256:/,
    publicKey: line,
    label: 'laptop',
    expiresAt: '2031-01-01T00:00:00.000Z',
    lastUsedAt: null,
  });
  const url = made.headers['location'] as string;
  t.strictSame((await call('GET', url)).body, made.body);
  t.match(await call('POST', '/v1/users/ann/keys', { publicKey: line }), {
    status: 409,
    body: { code: 'conflict' },
  });
  clock.nowMs += 1;
  await call('POST', '/v1/users/ann/keys', { publicKey: testKey('p256').line, label: 'second' });
  const first = (await call('GET', '/v1/users/ann/keys?limit=1')).body;
  t.match(first.items, [{ label: 'laptop' }]);
  t.match((await call('GET', `/v1/users/ann/keys?limit=1&cursor=${first.nextCursor}`)).body, {
    items: [{ label: 'second' }],
    nextCursor: null,
  });
  t.equal((await call('DELETE', url)).status, 204);
  t.equal((await call('GET', url)).status, 404);
  t.equal((await call('GET', '/v1/users/nobody/keys')).status, 404);
  t.match(await ledgerRows('key.added.1'), [
    {
      username: 'ann',
      fingerprint: made.body.fingerprint,
      before: null,
      after: { label: 'laptop' },
    },
    {},
  ]);
  t.match(await ledgerRows('key.removed.1'), [
    { fingerprint: made.body.fingerprint, before: { label: 'laptop' }, after: null },
  ]);
});

t.test('passwords', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, ledgerRows } = world;
  t.equal((await call('DELETE', '/v1/users/ann/password')).status, 404);
  const set = await call('PUT', '/v1/users/ann/password', { password });
  t.equal(set.status, 204);
  t.match((await call('GET', '/v1/users/ann')).body, {
    hasPassword: true,
    passwordSetAt: '2030-01-01T00:00:00.000Z',
  });
  t.equal((await call('DELETE', '/v1/users/ann/password')).status, 204);
  t.match((await call('GET', '/v1/users/ann')).body, { hasPassword: false });
  t.equal((await call('PUT', '/v1/users/nobody/password', { password })).status, 404);
  t.match(await ledgerRows('password.set.2'), [{ username: 'ann' }]);
  t.match(await ledgerRows('password.removed.1'), [{ username: 'ann' }]);
  t.notMatch(JSON.stringify(await ledgerRows()), password);
});

type Enrolment = { readonly secret: string; readonly uri: string; readonly qrCodePng: string };

t.test('one-time codes', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, ledgerRows, clock } = world;
  const made = await call('PUT', '/v1/users/ann/totp');
  t.equal(made.status, 200);
  const { secret, uri, qrCodePng } = made.body as Enrolment;
  t.match(uri, `secret=${secret}`);
  t.same(Buffer.from(qrCodePng, 'base64').subarray(1, 4), Buffer.from('PNG'));
  const confirm = (code: string) => call('POST', '/v1/users/ann/totp/confirmation', { code });
  t.match(await confirm('000000x'), { status: 400, body: { code: 'field-invalid' } });
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const confirmed = await confirm(totp.generate({ timestamp: clock.nowMs }));
  t.equal(confirmed.status, 200);
  t.equal(confirmed.body.recoveryCodes.length, 10);
  t.equal((await call('PUT', '/v1/users/ann/totp')).status, 409);
  const again = await call('POST', '/v1/users/ann/totp/recovery-codes');
  t.notSame(again.body, confirmed.body);
  const shown = {
    username: 'ann',
    agency: 'alpine',
    state: 'confirmed',
    askedFor: false,
    confirmedAt: '2030-01-01T00:00:00.000Z',
    lastUsedAt: '2030-01-01T00:00:00.000Z',
    driftSteps: 0,
    recoveryCodesLeft: 10,
    blocked: false,
  };
  t.same((await call('GET', '/v1/users/ann/totp')).body, shown);
  t.same((await call('GET', '/v1/second-factors?state=confirmed')).body.items, [shown]);
  t.equal((await call('DELETE', '/v1/users/ann/totp')).status, 204);
  t.equal((await call('DELETE', '/v1/users/ann/totp')).status, 404);
  t.match(await ledgerRows('totp.removed.1'), [{ username: 'ann' }]);
  t.notMatch(JSON.stringify(await ledgerRows()), secret);
});
