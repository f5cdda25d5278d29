import t from 'tap';
import { openApi, withAnn } from './fixtures/api.ts';

t.test('admin keys', async (t) => {
  const { call, ledgerRows, keyWith, clock } = await openApi(t);
  clock.nowMs += 1;
  const made = await call('POST', '/v1/admin-keys', {
    name: 'ops',
    scopes: ['users:read', 'admin-keys:write'],
    expiresAt: '2030-06-01T00:00:00Z',
    allowedCidrs: ['127.0.0.1/32'],
  });
  t.equal(made.status, 201);
  const { secret, ...shown } = made.body;
  t.match(shown, {
    id: /^[a-z2-7]{12}$/,
    name: 'ops',
    scopes: ['users:read', 'admin-keys:write'],
    allowedCidrs: ['127.0.0.1'],
    expiresAt: '2030-06-01T00:00:00.000Z',
    lastUsedAt: null,
  });
  t.ok(String(secret).startsWith(`wb_${String(shown.id)}_`));
  t.equal(made.headers['location'], `/v1/admin-keys/${String(shown.id)}`);
  t.strictSame((await call('GET', `/v1/admin-keys/${String(shown.id)}`)).body, shown);
  t.match((await call('GET', '/v1/admin-keys?limit=1')).body, {
    items: [{ name: 'tester' }],
    nextCursor: String,
  });
  const more = await call(
    'POST',
    '/v1/admin-keys',
    { name: 'more', scopes: ['users:read', 'audit:read'] },
    { key: secret },
  );
  t.match(more, { status: 403, body: { code: 'scope-missing', detail: /lacks audit:read/ } });
  t.match(await call('POST', '/v1/admin-keys', { name: 'all', scopes: ['*'] }, { key: secret }), {
    status: 403,
  });
  const less = { name: 'less', scopes: ['users:read'] };
  const within = { allowedCidrs: ['127.0.0.1'], expiresAt: '2030-05-01T00:00:00Z' };
  for (const [limits, answer] of [
    [{}, { status: 403, body: { code: 'scope-missing', detail: /within its own/ } }],
    [
      { ...within, expiresAt: null },
      { status: 403, body: { detail: /lives longer/ } },
    ],
    [within, { status: 201 }],
  ] as const)
    t.match(await call('POST', '/v1/admin-keys', { ...less, ...limits }, { key: secret }), answer);
  t.equal((await call('DELETE', `/v1/admin-keys/${String(shown.id)}`)).status, 204);
  t.equal((await call('DELETE', `/v1/admin-keys/${String(shown.id)}`)).status, 404);
  t.match((await ledgerRows('admin-key.created.1')).slice(1), [
    {
      keyId: shown.id,
      before: null,
      after: { name: 'ops', scopes: ['users:read', 'admin-keys:write'] },
    },
    { after: { name: 'less' }, actor: { keyId: shown.id } },
  ]);
  t.match(await ledgerRows('admin-key.removed.1'), [
    { keyId: shown.id, before: { name: 'ops' }, after: null },
  ]);
  for (let count = 0; count < 5; count += 1) await keyWith(['audit:read']);
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = (await call('GET', `/v1/admin-keys?limit=2${cursor}`)).body;
    seen.push(...page.items.map((item: { id: string }) => item.id));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${String(page.nextCursor)}`;
  }
  t.equal(new Set(seen).size, 7);
  t.equal(seen.length, 7);
});

t.test('audit', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, clock } = world;
  clock.nowMs += 60_000;
  await call('PATCH', '/v1/users/ann', { displayName: 'Anna' });
  const { items } = (await call('GET', '/v1/audit?event=user.changed.1')).body;
  t.match(
    items,
    [
      {
        seq: Number,
        at: '2030-01-01T00:01:00.000Z',
        event: 'user.changed.1',
        outcome: 'success',
        reason: null,
        actor: { kind: 'admin', name: 'tester' },
        before: { displayName: 'Ann' },
        after: { displayName: 'Anna' },
        hash: /^[0-9a-f]{64}$/,
      },
    ],
    'the row whole',
  );
  const queries: [string, number][] = [
    ['actor=admin:tester&event=user.changed.1', 1],
    ['actor=host', 3],
    ['agency=alpine', 3],
    ['agency=butte', 0],
    ['outcome=refused', 0],
    ['from=2030-01-01T00:01:00Z&event=user.changed.1', 1],
    ['to=2030-01-01T00:01:00Z', 3],
    ['from=2030-01-01T00:01:00.001Z', 0],
    [`session=${String(items[0].session)}`, 1],
  ];
  for (const [query, count] of queries)
    t.equal((await call('GET', `/v1/audit?${query}`)).body.items.length, count, query);
  const first = (await call('GET', '/v1/audit?actor=host&limit=2')).body;
  const second = (
    await call('GET', `/v1/audit?actor=host&limit=2&cursor=${String(first.nextCursor)}`)
  ).body;
  t.strictSame(
    [...first.items, ...second.items].map((row) => row.event),
    ['user.created.1', 'agency.created.1', 'admin-key.created.1'],
  );
  t.equal(second.nextCursor, null);
  const [one, other] = await Promise.all([
    call('GET', '/v1/audit/verification'),
    call('GET', '/v1/audit/verification'),
  ]);
  t.match(one.body, {
    ok: true,
    firstBadRow: null,
    problem: null,
    checkpoints: 0,
    lastHash: /^[0-9a-f]{64}$/,
  });
  t.strictSame(other.body.ok, true);
});
