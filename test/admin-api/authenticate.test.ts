import t from 'tap';
import { openApi } from './fixtures/api.ts';

const minute = 60_000;

t.test('what is no good key is refused in the same words', async (t) => {
  const { call, key, adminKeys, keyWith } = await openApi(t);
  const removed = await keyWith(['*']);
  await adminKeys.removeAdminKey(
    { actor: { kind: 'host' }, session: null, source: null },
    removed.slice(3, 15),
  );
  const another = await keyWith(['*']);
  const cases: [what: string, header: string][] = [
    ['not a bearer', `Basic ${Buffer.from('admin:admin').toString('base64')}`],
    ['no secret', 'Bearer'],
    ['not a key', 'Bearer hello'],
    ['unknown id', `Bearer wb_aaaaaaaaaaaa_${key.slice(16)}`],
    ['wrong secret', `Bearer ${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`],
    ["another key's secret", `Bearer ${key.slice(0, 16)}${another.slice(16)}`],
    ['removed', `Bearer ${removed}`],
    ['two keys', `Bearer ${key} ${key}`],
    ['more after it', `Bearer ${key}x`],
    ['upper case', `Bearer ${key.toUpperCase()}`],
  ];
  for (const [what, authorization] of cases) {
    const { status, body } = await call('GET', '/v1/agencies', undefined, {
      key: null,
      headers: { authorization },
    });
    t.equal(status, 401, what);
    t.match(
      body,
      { code: 'credentials-wrong', detail: 'the API key is not valid', errors: [] },
      what,
    );
  }
});

t.test('expiry, addresses and the time of use', async (t) => {
  const { call, keyWith, clock, adminKeys } = await openApi(t);
  const brief = await keyWith(['agencies:read'], { expiresAtMs: clock.nowMs + minute });
  const local = await keyWith(['agencies:read'], {
    allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'],
  });
  const ask = (key: string, remoteAddress = '127.0.0.1') =>
    call('GET', '/v1/agencies', undefined, { key, remoteAddress });

  t.equal((await ask(brief)).status, 200);
  for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::1'])
    t.equal((await ask(local, address)).status, 200, address);
  for (const address of ['192.0.3.9', '::ffff:192.0.3.9', '2001:db9::1', '127.0.0.1']) {
    t.match(
      await ask(local, address),
      { status: 403, body: { code: 'address-not-allowed' } },
      address,
    );
  }
  const used = async () => (await adminKeys.getAdminKey(brief.slice(3, 15))).lastUsedAtMs;
  const first = await used();
  t.equal(first, clock.nowMs);
  clock.nowMs += minute - 1;
  await ask(brief);
  t.equal(await used(), first, 'noted once a minute');
  clock.nowMs += 1;
  t.match(
    await ask(brief),
    { status: 401, body: { code: 'key-expired' } },
    'expired at that very millisecond',
  );
  clock.nowMs += minute;
  const { body } = await call('GET', `/v1/admin-keys/${local.slice(3, 15)}`);
  t.equal(body.lastUsedAt, '2030-01-01T00:00:00.000Z');
});

t.test('a key that is removed does no more', async (t) => {
  const { call, keyWith } = await openApi(t);
  const key = await keyWith(['*']);
  t.equal(
    (await call('DELETE', `/v1/admin-keys/${key.slice(3, 15)}`, undefined, { key })).status,
    204,
  );
  t.equal((await call('GET', '/v1/agencies', undefined, { key })).status, 401);
});

t.test('refused calls are in the ledger, but a stranger cannot fill it', async (t) => {
  const { call, keyWith, ledgerRows } = await openApi(t);
  for (let count = 0; count < 20; count += 1)
    await call('GET', '/v1/agencies?secret=1', undefined, { key: null });
  for (let count = 0; count < 20; count += 1)
    await call('GET', '/v1/users', undefined, { key: 'wb_x' });
  await call('DELETE', '/v1/users/ann', undefined, { key: null, remoteAddress: '2001:db8::9' });
  const key = await keyWith(['users:read']);
  for (let count = 0; count < 3; count += 1) await call('POST', '/v1/agencies', {}, { key });
  const rows = await ledgerRows('api.refused.1');
  t.match(rows, [
    {
      outcome: 'refused',
      reason: 'credentials-missing',
      actor: { kind: 'nobody' },
      method: 'GET',
      url: '/v1/agencies',
      status: 401,
      source: /^127\.0\.0\.1:/,
      session: /^[0-9a-f]{32}$/,
    },
    {
      reason: 'credentials-missing',
      method: 'DELETE',
      url: '/v1/users/ann',
      source: /^\[2001:db8::9\]:/,
    },
    {
      reason: 'scope-missing',
      actor: { kind: 'admin', name: 'tester', keyId: key.slice(3, 15) },
      method: 'POST',
      url: '/v1/agencies',
      status: 403,
    },
    { reason: 'scope-missing' },
    { reason: 'scope-missing' },
  ]);
  t.equal(rows.length, 5);
  t.equal(rows[0]?.['url'], '/v1/agencies', 'without the query');
});

t.test('each GET that succeeds is one row; changes have their own', async (t) => {
  const { call, ledgerRows, key } = await openApi(t);
  const { headers } = await call('GET', '/v1/agencies?limit=2');
  await call('GET', '/v1/agencies/nothing');
  await call('GET', '/livez');
  await call('GET', '/openapi.json');
  await call('POST', '/v1/agencies', { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  const rows = await ledgerRows('api.read.1');
  t.equal(rows.length, 1);
  t.match(rows[0], {
    method: 'GET',
    url: '/v1/agencies?limit=2',
    status: 200,
    outcome: 'success',
    session: headers['x-request-id'],
    actor: { kind: 'admin', keyId: key.slice(3, 15) },
  });
});

t.test('what cannot be recorded is not told', async (t) => {
  const world = await openApi(t, { ledger: { append: () => Promise.reject(new Error('disk')) } });
  const { status, body, text } = await world.call('GET', '/v1/admin-keys');
  t.equal(status, 500);
  t.equal(body.code, 'internal');
  t.notMatch(text, 'tester');
  const refused = await world.call('GET', '/v1/admin-keys', undefined, { key: null });
  t.match(refused, { status: 500, body: { code: 'internal' } });
  t.notMatch(refused.text, 'disk');
});

t.test('no answer, row or fault holds a secret', async (t) => {
  const { call, key, database, faults } = await openApi(t);
  const made = await call('POST', '/v1/admin-keys', { name: 'ops', scopes: ['users:read'] });
  const texts = [
    (await call('GET', '/v1/admin-keys')).text,
    (await call('GET', `/v1/admin-keys/${made.body.id}`)).text,
  ];
  texts.push(
    JSON.stringify(
      await database.read(({ query }) => query.selectFrom('ledger').select('body').execute()),
    ),
  );
  texts.push(JSON.stringify(faults));
  for (const secret of [key, made.body.secret as string]) {
    for (const text of texts) t.notOk(text.includes(secret.slice(16)));
  }
  t.match(made.body.secret, /^wb_[a-z2-7]{12}_[a-z2-7]{52}$/);
});
