import t from 'tap';
import { testKey } from '../accounts/fixtures/keys.ts';
import { host, openApi, withAnn } from './fixtures/api.ts';

const dayMs = 24 * 60 * 60_000;
const old = testKey('ed25519').line;
const next = testKey('ed25519', 1).line;

t.test('a key is changed and rotated, and reports find it', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, clock, accounts, ledgerRows } = world;
  const key = await accounts.addKey(host, 'ann', { publicKey: `${old} nightly` });
  const one = `/v1/users/ann/keys/${key.id}`;
  t.match(await call('PATCH', one, { label: 'nightly batch', expiresAt: '2031-01-01T00:00:00Z' }), {
    status: 200,
    body: { label: 'nightly batch', expiresAt: '2031-01-01T00:00:00.000Z' },
  });
  t.match(await call('PATCH', one, { publicKey: next }), { status: 400 });
  t.match(await call('PATCH', one, { expiresAt: null }), { body: { expiresAt: null } });
  const rotated = await call('POST', `${one}/rotations`, { publicKey: next, overlapDays: 14 });
  t.equal(rotated.status, 201);
  t.equal(rotated.headers['location'], `/v1/users/ann/keys/${rotated.body.added.id}`);
  const ends = new Date(clock.nowMs + 14 * dayMs).toISOString();
  t.match(rotated.body, {
    added: { publicKey: next, label: 'nightly batch', expiresAt: null, replacedBy: null },
    replaced: { id: key.id, expiresAt: ends, replacedBy: rotated.body.added.id },
  });
  t.same((await call('GET', one)).body, rotated.body.replaced);
  t.equal((await ledgerRows('key.rotated.1')).length, 1);
  for (const [body, status, code] of [
    [{ publicKey: next }, 409, 'conflict'],
    [{ publicKey: testKey('p256').line, overlapDays: 366 }, 400, 'field-invalid'],
    [{ publicKey: testKey('p256').line, overlapDays: '7' }, 400, 'field-invalid'],
    [{ publicKey: '-----BEGIN OPENSSH PRIVATE KEY-----' }, 400, 'key-private'],
    [{}, 400, 'field-invalid'],
  ] as const)
    t.match(await call('POST', `${one}/rotations`, body), { status, body: { code } });
  t.match(await call('POST', '/v1/users/ann/keys/no/rotations', { publicKey: next }), {
    status: 404,
  });

  const report = async (query: string) =>
    (await call('GET', `/v1/keys?${query}`)).body.items.map(({ id }: { id: string }) => id);
  const added = rotated.body.added.id as string;
  t.same(await report('state=expiring&days=14'), [key.id]);
  t.same(await report('state=expiring&days=13'), []);
  t.same(await report('state=unused'), []);
  clock.nowMs += 100 * dayMs;
  t.same(await report('state=expired&agency=alpine'), [key.id]);
  t.same(await report('state=expired&agency=nowhere'), []);
  t.same((await report('state=unused&days=90')).sort(), [key.id, added].sort());
  t.same(await report('state=weak'), []);
  t.same(await report(`fingerprint=${encodeURIComponent(key.fingerprint)}`), [key.id]);
  const first = (await call('GET', '/v1/keys?limit=1&state=unused')).body;
  t.match(first, { items: [{ username: 'ann', agency: 'alpine', userStatus: 'active' }] });
  const second = (await call('GET', `/v1/keys?limit=1&state=unused&cursor=${first.nextCursor}`))
    .body;
  t.equal(second.items.length, 1);
  t.equal(second.nextCursor, null);
  t.not(second.items[0].id, first.items[0].id);
  // A cursor is good for the order that it was made in.
  t.match(await call('GET', `/v1/keys?cursor=${first.nextCursor}`), { status: 400 });
  t.match(await call('GET', '/v1/keys?state=lost'), { status: 400 });
  t.match(await call('GET', '/v1/keys?days=0'), { status: 400 });
});

t.test('users and agencies in other orders, and filtered', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, clock, accounts } = world;
  await accounts.createAgency(host, { code: 'dcss', name: 'DCSS', kind: 'state' });
  clock.nowMs += 1;
  await accounts.createUser(host, { username: 'bob', agency: 'dcss', displayName: 'Bob' });
  const names = async (query: string) => {
    const { status, body } = await call('GET', `/v1/users?${query}`);
    return status === 200
      ? body.items.map(({ username }: { username: string }) => username)
      : body.errors[0].pointer;
  };
  t.same(await names('sort=-username'), ['bob', 'ann']);
  t.same(await names('sort=-createdAt&limit=1'), ['bob']);
  t.same(await names('prefix=an'), ['ann']);
  t.same(await names('lockedOnly=true'), []);
  t.same(await names('lockedOnly=false'), ['ann', 'bob']);
  t.same(await names('lastLoginBefore=2030-01-01T00:00:00.001Z'), ['ann']);
  t.same(await names('lastLoginBefore=yesterday'), '/lastLoginBefore');
  t.same(await names('sort=password_hash'), '/sort');
  t.same(await names(`prefix=${'a'.repeat(33)}`), '/prefix');
  const { nextCursor } = (await call('GET', '/v1/users?limit=1&sort=-createdAt')).body;
  t.same(await names(`limit=1&sort=-createdAt&cursor=${nextCursor}`), ['ann']);
  t.same(await names(`limit=1&sort=createdAt&cursor=${nextCursor}`), '/cursor');
  const codes = async (query: string) =>
    (await call('GET', `/v1/agencies?${query}`)).body.items.map(
      ({ code }: { code: string }) => code,
    );
  t.same(await codes('kind=state'), ['dcss']);
  t.same(await codes('sort=-code'), ['dcss', 'alpine']);
  t.same(await codes('sort=name'), ['alpine', 'dcss']);
});
