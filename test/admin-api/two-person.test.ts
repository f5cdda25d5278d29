import t from 'tap';
import { actionOf, protectedActions } from '../../admin-api/two-person.ts';
import { host, openApi } from './fixtures/api.ts';
import { openWorld } from './fixtures/two-administrators.ts';

const day = 24 * 60 * 60_000;

t.test('the name of an action is its resources and a verb', (t) => {
  for (const [method, url, name] of [
    ['DELETE', '/v1/agencies/:code', 'agencies.delete'],
    ['POST', '/v1/admin-keys', 'admin-keys.create'],
    ['POST', '/v1/admin-keys/:id/rotations', 'admin-keys.rotations.create'],
    ['DELETE', '/v1/users/:username/keys/:id', 'users.keys.delete'],
    ['PATCH', '/v1/users/:username', 'users.change'],
    ['GET', '/v1/users/:username', undefined],
    ['POST', '/v1/pending-changes/:id/approval', undefined],
  ] as const)
    t.equal(actionOf(method, url), name, url);
  t.end();
});

t.test('one asks, another approves, and it is done once, in both names', async (t) => {
  const { amy, ben, amyId, benId, accounts, ledgerRows } = await openWorld(t);
  const asked = await amy('DELETE', '/v1/users/ann');
  t.match(asked, { status: 202, body: { action: 'users.delete', state: 'pending' } });
  const url = String(asked.headers['location']);
  t.equal(url, `/v1/pending-changes/${asked.body.id}`);
  t.equal((await accounts.getUser('ann')).status, 'active', 'nothing happened yet');
  t.match((await ben('GET', url)).body, {
    method: 'DELETE',
    url: '/v1/users/ann',
    requestedBy: { id: amyId, name: 'tester' },
    state: 'pending',
    body: null,
  });
  t.match(await amy('POST', `${url}/approval`), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
  const approved = await ben('POST', `${url}/approval`);
  t.match(approved, {
    status: 200,
    body: { change: { state: 'done', decidedBy: benId, status: 204 } },
  });
  await t.rejects(accounts.getUser('ann'), { code: 'not-found' });
  t.match(await ben('POST', `${url}/approval`), { status: 409, body: { code: 'conflict' } });
  t.match(await ledgerRows('user.removed.1'), [
    { actor: { kind: 'admin', keyId: amyId, approvedBy: { keyId: benId, name: 'tester' } } },
  ]);
  t.match(await ledgerRows('pending-change.approved.1'), [
    { actor: { keyId: benId }, requestedBy: amyId, action: 'users.delete' },
  ]);
  t.equal((await ledgerRows('pending-change.requested.1')).length, 1);
});

t.test('of many approvals at once one carries it out', async (t) => {
  const { amy, ben, ledgerRows } = await openWorld(t);
  const { body } = await amy('POST', '/v1/admin-keys', { name: 'ops', scopes: ['users:read'] });
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => ben('POST', `/v1/pending-changes/${body.id}/approval`)),
  );
  const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
  t.strictSame(statuses, [200, 409, 409, 409, 409, 409]);
  const done = answers.find(({ status }) => status === 200);
  t.match(done?.body.answer, {
    status: 201,
    location: /^\/v1\/admin-keys\//,
    body: { secret: /^wb_/ },
  });
  t.equal(
    (await ledgerRows('admin-key.created.1')).filter(
      (row) => (row['actor'] as { kind: string }).kind === 'admin',
    ).length,
    1,
  );
});

t.test('a key that one of the two has made, however far away, is no second person', async (t) => {
  const { amy, as, amyId, adminKeys, benId, clock } = await openWorld(t, ['users.delete']);
  const origin = (keyId: string) => ({
    actor: { kind: 'admin' as const, keyId, name: 'x' },
    session: 's',
    source: null,
  });
  const wanted = { name: 'n', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
  const child = await adminKeys.createAdminKey(origin(amyId), wanted);
  const grandchild = await adminKeys.createAdminKey(origin(child.key.id), wanted);
  await adminKeys.removeAdminKey(host, child.key.id);
  const { body } = await amy('DELETE', '/v1/users/ann');
  const approval = `/v1/pending-changes/${body.id}/approval`;
  t.match(await as(grandchild.secret)('POST', approval), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
  const own = await as(grandchild.secret)('DELETE', '/v1/users/ann');
  t.equal(
    (await amy('POST', `/v1/pending-changes/${own.body.id}/approval`)).status,
    403,
    'nor the other way round',
  );
  // Whoever rotates a key has its new secret.
  const taken = await adminKeys.rotateAdminKey(origin(amyId), benId, 0);
  t.match(await as(taken.secret)('POST', approval), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
  // It may work long after others have rotated the key again.
  await adminKeys.rotateAdminKey(origin(benId), benId, day);
  await adminKeys.rotateAdminKey(host, benId, day);
  t.equal((await adminKeys.getAdminKey(benId)).formerSecretUntilMs, clock.nowMs + day);
  const { secret } = await adminKeys.rotateAdminKey(host, benId, day);
  t.match(await as(secret)('POST', approval), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
});

t.test('who approves needs the right to do it, and the route lets both in', async (t) => {
  const { amy, as, keyWith } = await openWorld(t);
  const { body } = await amy('DELETE', '/v1/users/ann');
  const approval = `/v1/pending-changes/${body.id}/approval`;
  const weak = await keyWith(['pending-changes:write']);
  t.match(await as(weak)('POST', approval), { status: 403, body: { code: 'scope-missing' } });
  const strong = await keyWith(['pending-changes:write', 'users:write']);
  t.equal((await as(strong)('POST', approval)).status, 200);
});

t.test(
  'what has changed meanwhile is refused then: the ETag, the rights, the thing itself',
  async (t) => {
    const { amy, ben, as, keyWith, adminKeys, amyId, accounts } = await openWorld(t);
    const seen = String((await amy('GET', '/v1/users/ann')).headers['etag']);
    const asked = await amy('DELETE', '/v1/users/ann', undefined, { 'if-match': seen });
    t.equal(asked.status, 202);
    await accounts.changeUser(host, 'ann', { displayName: 'Ann Other' });
    const late = await ben('POST', `/v1/pending-changes/${asked.body.id}/approval`);
    t.match(late, { status: 412, body: { code: 'precondition-failed' } });
    t.match((await ben('GET', `/v1/pending-changes/${asked.body.id}`)).body, {
      state: 'failed',
      status: 412,
    });
    t.equal((await accounts.getUser('ann')).status, 'active');
    const stale = await amy('DELETE', '/v1/users/ann', undefined, { 'if-match': seen });
    t.equal(stale.status, 412, 'and at once, where it is stale already');

    const again = await amy('DELETE', '/v1/users/ann');
    await adminKeys.changeAdminKey(host, amyId, { scopes: ['users:read'] });
    t.match(await ben('POST', `/v1/pending-changes/${again.body.id}/approval`), {
      status: 403,
      body: { code: 'scope-missing' },
    });
    t.equal((await accounts.getUser('ann')).status, 'active');

    const third = await ben('DELETE', '/v1/users/ann');
    await accounts.removeUser(host, 'ann');
    const eve = as(await keyWith(['*']));
    t.match(await eve('POST', `/v1/pending-changes/${third.body.id}/approval`), {
      status: 404,
      body: { code: 'not-found' },
    });
    t.match((await ben('GET', `/v1/pending-changes/${third.body.id}`)).body, {
      state: 'failed',
      status: 404,
    });
  },
);

t.test('the key that asked is gone: so is what it asked for', async (t) => {
  const { amy, ben, adminKeys, amyId, accounts } = await openWorld(t);
  const { body } = await amy('DELETE', '/v1/users/ann');
  await adminKeys.removeAdminKey(host, amyId);
  t.match(await ben('POST', `/v1/pending-changes/${body.id}/approval`), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
  t.equal((await accounts.getUser('ann')).status, 'active');
});

t.test('rejected, taken back, expired', async (t) => {
  const { amy, ben, clock, ledgerRows, accounts } = await openWorld(t);
  const ask = async () => `/v1/pending-changes/${(await amy('DELETE', '/v1/users/ann')).body.id}`;
  const [one, two, three] = [await ask(), await ask(), await ask()];
  t.match(await ben('POST', `${one}/rejection`), { status: 200, body: { state: 'rejected' } });
  t.match(await amy('POST', `${two}/rejection`), { status: 200, body: { state: 'rejected' } });
  t.equal((await ben('POST', `${one}/approval`)).status, 409);
  clock.nowMs += day;
  t.equal((await ben('GET', three)).body.state, 'expired');
  t.match(await ben('POST', `${three}/approval`), { status: 409, body: { detail: /expired/ } });
  t.equal((await ledgerRows('pending-change.rejected.1')).length, 2);
  const list = await ben('GET', '/v1/pending-changes?state=rejected');
  t.equal(list.body.items.length, 2);
  t.equal((await ben('GET', '/v1/pending-changes?state=expired')).body.items.length, 1);
  t.equal((await accounts.getUser('ann')).status, 'active');
});

t.test('the rest takes one, and an invalid request never waits', async (t) => {
  const { amy, call } = await openWorld(t);
  t.equal((await amy('PATCH', '/v1/users/ann', { quotaBytes: 1 })).status, 200);
  t.equal((await amy('POST', '/v1/admin-keys', { name: 'x' })).status, 400);
  t.equal((await call('GET', '/v1/pending-changes')).body.items.length, 0);
});

t.test('nobody carries out by a header of their own', async (t) => {
  const { amy } = await openWorld(t);
  for (const ticket of ['', 'x', '0'.repeat(43)]) {
    const answer = await amy('DELETE', '/v1/users/ann', undefined, {
      'x-waybill-execution': ticket,
    });
    t.equal(answer.status, 202);
  }
});

t.test('the same request twice with an Idempotency-Key waits once', async (t) => {
  const { amy } = await openWorld(t);
  const body = { name: 'ops', scopes: ['users:read'] };
  const first = await amy('POST', '/v1/admin-keys', body, { 'idempotency-key': 'k' });
  const again = await amy('POST', '/v1/admin-keys', body, { 'idempotency-key': 'k' });
  t.equal(first.status, 202);
  t.strictSame(again.body, first.body);
});

t.test('an action that there is not keeps the server from starting', async (t) => {
  const { app } = await openApi(t, { twoPersonActions: ['agency.delete', 'users.password.set'] });
  await t.rejects(
    async () => {
      await app.ready();
    },
    {
      code: 'configuration-invalid',
      message: /agency\.delete, users\.password\.set; expected some of .*agencies\.delete/,
    },
  );
});

// `users.create` took two, and an import took one; and who made two admin keys alone was two administrators.
t.test('an action brings those that lead round it', (t) => {
  t.same(protectedActions([]), new Set());
  t.same(
    protectedActions(['agencies.delete']),
    new Set([
      'agencies.delete',
      'admin-keys.create',
      'admin-keys.change',
      'admin-keys.rotations.create',
    ]),
  );
  for (const action of ['users.create', 'users.keys.create'])
    t.same(
      protectedActions([action]),
      new Set([
        action,
        'users.imports.create',
        'users.keys.rotations.create',
        'users.keys.change',
        'agencies.user-cas.create',
        'agencies.user-cas.change',
        'agencies.certificate-revocations.delete',
        'admin-keys.create',
        'admin-keys.change',
        'admin-keys.rotations.create',
      ]),
    );
  // One that may certify one user becomes one that may certify all.
  const authorities = ['agencies.user-cas.create', 'agencies.user-cas.change'] as const;
  for (const action of authorities)
    for (const other of authorities) t.ok(protectedActions([action]).has(other));
  t.end();
});

// Whoever approves is told the secret. One with few rights approved a key with all of them, and had it.
t.test('who approves gets no secret of a key that may do more than its own', async (t) => {
  const { amy, as, keyWith, adminKeys } = await openWorld(t);
  const weak = as(await keyWith(['pending-changes:write', 'admin-keys:write']));
  const asked = await amy('POST', '/v1/admin-keys', { name: 'ops', scopes: ['*'] });
  t.match(await weak('POST', `/v1/pending-changes/${asked.body.id}/approval`), {
    status: 403,
    body: { code: 'scope-missing' },
  });
  const { items } = await adminKeys.listAdminKeys({ limit: 100 });
  t.notOk(items.some(({ name }) => name === 'ops'));
});

t.test('nor that of the key which asks for a rotation of its own', async (t) => {
  const { amy, amyId, ben, as, keyWith, adminKeys } = await openWorld(t);
  const weak = as(await keyWith(['pending-changes:write', 'admin-keys:write']));
  const ask = async () =>
    `/v1/pending-changes/${(await amy('POST', `/v1/admin-keys/${amyId}/rotations`, {})).body.id}/approval`;
  t.match(await weak('POST', await ask()), { status: 403, body: { code: 'scope-missing' } });
  t.equal((await adminKeys.getAdminKey(amyId)).rotatedAtMs, null);
  t.equal((await ben('POST', await ask())).status, 200);
});

// A list of 500 changes was up to 500 MiB, and showed what was decided months ago.
t.test(
  'a body is shown of one change, while it waits, and a key has room for so much',
  async (t) => {
    const { amy, ben, clock, access, database } = await openWorld(t);
    const name = 'x'.repeat(150);
    const ask = () => amy('POST', '/v1/admin-keys', { name, scopes: ['users:read'] });
    const url = `/v1/pending-changes/${(await ask()).body.id}`;
    t.equal((await ben('GET', url)).body.body.name, name);
    const [listed] = (await ben('GET', '/v1/pending-changes')).body.items;
    t.notOk('body' in listed);
    t.strictSame((await ben('POST', `${url}/rejection`)).body.body, null);
    const kept = () =>
      database.read(({ query }) => query.selectFrom('pending_changes').select('body').execute());
    const last = `/v1/pending-changes/${(await ask()).body.id}`;
    t.strictSame(
      (await kept()).map(({ body }) => body === null),
      [true, false],
    );
    clock.nowMs += day;
    // It was shown to whoever asked until the next sweep.
    t.match((await ben('GET', last)).body, { state: 'expired', body: null });
    await access.sweep();
    t.strictSame(
      (await kept()).map(({ body }) => body),
      [null, null],
      'nor is one that expired kept',
    );
  },
);
