import t from 'tap';
import type { UserChange } from '../../server/accounts/users.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const ann = { username: 'ann', agency: 'alpine', displayName: 'Ann' } as const;

async function openWithAgency(...[t, parts]: Parameters<typeof openAccounts>) {
  const world = await openAccounts(t, parts);
  await world.accounts.createAgency(admin, { code: 'alpine', name: 'Alpine County', kind: 'lcsa' });
  return world;
}

t.test('a user has defaults, and what is given is canonical', async (t) => {
  const { accounts, clock, ledgerRows } = await openWithAgency(t);
  const defaults = {
    status: 'active',
    loginMethods: [['publickey']],
    permissions: null,
    allowedCidrs: [],
    expiresAtMs: null,
    quotaBytes: null,
    maxSessions: 32,
    accountKind: 'person',
  };
  t.match(await accounts.createUser(admin, ann), {
    ...ann,
    ...defaults,
    lastLoginAtMs: null,
    passwordSetAtMs: null,
  });
  t.match((await ledgerRows()).at(-1), {
    event: 'user.created.1',
    before: null,
    after: { ...ann, ...defaults },
    agency: 'alpine',
  });
  const given = {
    status: 'disabled',
    loginMethods: [
      ['publickey', 'password'],
      ['password', 'publickey'],
    ],
    permissions: [
      { path: '/outgoing', allow: ['write', 'list', 'list'] },
      { path: '/agencies/*/incoming', allow: [] },
    ],
    allowedCidrs: ['10.1.2.3/8', '::ffff:10.0.0.0/104', '2001:DB8::/32'],
    expiresAtMs: clock.nowMs,
    quotaBytes: 0,
    maxSessions: 1,
  } as const;
  const canonical = {
    ...given,
    permissions: [
      { path: '/outgoing', allow: ['list', 'write'] },
      { path: '/agencies/*/incoming', allow: [] },
    ],
    allowedCidrs: ['10.0.0.0/8', '2001:db8::/32'],
  };
  const bob = await accounts.createUser(admin, {
    username: 'bob',
    agency: 'alpine',
    displayName: 'Bob',
    ...given,
  });
  t.match(bob, canonical);
  t.same(await accounts.getUser('bob'), bob, 'what is stored is what was answered');
});

t.test('fields that are refused', async (t) => {
  const { accounts, ledgerRows } = await openWithAgency(t);
  await accounts.createUser(admin, ann);
  const before = await ledgerRows();
  const usernames = [
    '',
    'a',
    '.',
    '..',
    'a..b',
    'ab.',
    'a/../b',
    '%username%',
    'Ann',
    '1ab',
    'a b',
    'ann\0',
    'ann\n',
    'é',
    'a'.repeat(33),
    7,
  ];
  for (const username of usernames) {
    await t.rejects(
      accounts.createUser(admin, { ...ann, username: username as string }),
      { code: 'field-invalid', pointer: '/username' },
      String(username),
    );
  }
  for (const agency of ['nowhere', undefined, {}]) {
    await t.rejects(
      accounts.createUser(admin, { ...ann, username: 'bob', agency: agency as string }),
      { code: 'field-invalid', pointer: '/agency' },
    );
  }
  const changes: readonly (readonly [pointer: string, change: Record<string, unknown>])[] = [
    ['/displayName', { displayName: '' }],
    ['/displayName', { displayName: 'a\u202eb' }],
    ['/status', { status: 'removed' }],
    ['/loginMethods', { loginMethods: [] }],
    ['/loginMethods', { loginMethods: [[]] }],
    ['/loginMethods', { loginMethods: ['publickey'] }],
    ['/loginMethods', { loginMethods: [['none']] }],
    ['/loginMethods', { loginMethods: [['publickey', 'publickey']] }],
    ['/loginMethods', { loginMethods: [['publickey'], ['publickey']] }],
    ['/loginMethods', { loginMethods: null }],
    ['/permissions', { permissions: {} }],
    [
      '/permissions',
      {
        permissions: [
          { path: '/a', allow: [] },
          { path: '/a', allow: [] },
        ],
      },
    ],
    ['/permissions/0/path', { permissions: [{ path: 'outgoing', allow: [] }] }],
    ['/permissions/0/path', { permissions: [{ path: '/a/', allow: [] }] }],
    ['/permissions/0/path', { permissions: [{ path: '/a/../b', allow: [] }] }],
    ['/permissions/0/path', { permissions: [{ path: '/a*', allow: [] }] }],
    ['/permissions/0/path', { permissions: [{ path: '/a\\b', allow: [] }] }],
    ['/permissions/0/path', { permissions: [null] }],
    [
      '/permissions/1/allow',
      {
        permissions: [
          { path: '/', allow: [] },
          { path: '/a', allow: ['root'] },
        ],
      },
    ],
    ['/allowedCidrs', { allowedCidrs: '10.0.0.0/8' }],
    ['/allowedCidrs/1', { allowedCidrs: ['10.0.0.0/8', '10.0.0.0/33'] }],
    ['/allowedCidrs/0', { allowedCidrs: [7] }],
    ['/expiresAt', { expiresAtMs: 1.5 }],
    ['/expiresAt', { expiresAtMs: '2030-01-01' }],
    ['/expiresAt', { expiresAtMs: Number.NaN }],
    ['/quotaBytes', { quotaBytes: -1 }],
    ['/quotaBytes', { quotaBytes: 2 ** 60 }],
    ['/maxSessions', { maxSessions: 0 }],
    ['/maxSessions', { maxSessions: 10_001 }],
    ['/maxSessions', { maxSessions: null }],
  ];
  for (const [pointer, change] of changes) {
    await t.rejects(
      accounts.changeUser(admin, 'ann', change as UserChange),
      { code: 'field-invalid', pointer },
      JSON.stringify(change),
    );
  }
  t.same(await ledgerRows(), before, 'nothing was recorded, as nothing was changed');
});

t.test('a change records what differs, and nothing when nothing does', async (t) => {
  const { accounts, clock, ledgerRows } = await openWithAgency(t);
  await accounts.createUser(admin, ann);
  clock.nowMs += 5;
  const changed = await accounts.changeUser(admin, 'ann', {
    status: 'disabled',
    maxSessions: 32,
    quotaBytes: 10,
  });
  t.match(changed, { status: 'disabled', quotaBytes: 10, updatedAtMs: clock.nowMs });
  t.same(await accounts.getUser('ann'), changed);
  const rows = await ledgerRows();
  t.same(rows.at(-1)?.['before'], { status: 'active', quotaBytes: null });
  t.same(rows.at(-1)?.['after'], { status: 'disabled', quotaBytes: 10 });
  await accounts.changeUser(admin, 'ann', { status: 'disabled' });
  t.equal((await ledgerRows()).length, rows.length);
  await t.rejects(accounts.changeUser(admin, 'nobody', {}), {
    code: 'not-found',
    message: 'no such user',
  });
});

t.test('a removed user leaves a name that nobody gets', async (t) => {
  const givenUp: string[] = [];
  const giveUpUploads = async (_: unknown, userId: string) => () => void givenUp.push(userId);
  const { accounts, database, ledgerRows } = await openWithAgency(t, { giveUpUploads });
  const { id } = await accounts.createUser(admin, ann);
  await accounts.addKey(admin, 'ann', { publicKey: testKey('ed25519').line });
  await accounts.setPassword(admin, 'ann', 'nine unrelated words here');
  await accounts.removeUser(admin, 'ann');
  t.same(givenUp, [id], 'once it is removed, what the user left unfinished goes with it');
  for (const again of [
    () => accounts.getUser('ann'),
    () => accounts.removeUser(admin, 'ann'),
    () => accounts.listKeys('ann'),
  ]) {
    await t.rejects(async () => void (await again()), { code: 'not-found' });
  }
  await t.rejects(accounts.createUser(admin, ann), { code: 'name-used', pointer: '/username' });
  t.same((await accounts.listUsers({ limit: 10 })).items, []);
  t.match((await accounts.listUsers({ limit: 10, status: 'removed' })).items, [
    { id, status: 'removed' },
  ]);
  await database.read(async (reader) => {
    t.same(await reader.query.selectFrom('user_keys').selectAll().execute(), []);
    t.same(await reader.query.selectFrom('user_passwords').selectAll().execute(), []);
    t.equal(await accounts.findForLogin(reader, 'ann'), undefined);
  });
  t.match((await ledgerRows()).at(-1), {
    event: 'user.removed.1',
    after: null,
    before: { username: 'ann', password: true, keys: [/^SHA256:/] },
  });
});

t.test('two creations of one name at once', async (t) => {
  const { accounts } = await openWithAgency(t);
  const results = await Promise.allSettled([
    accounts.createUser(admin, ann),
    accounts.createUser(admin, ann),
  ]);
  t.same(
    results.map((result) => result.status),
    ['fulfilled', 'rejected'],
  );
  t.match(results[1], { reason: { code: 'name-used' } });
});

t.test('pages by user name, with filters', async (t) => {
  const { accounts } = await openWithAgency(t);
  await accounts.createAgency(admin, { code: 'state', name: 'DCSS', kind: 'state' });
  for (const [index, username] of ['u4', 'u1', 'u3', 'u5', 'u2'].entries()) {
    const agency = index === 0 ? 'state' : 'alpine';
    await accounts.createUser(admin, {
      username,
      agency,
      displayName: username,
      status: index === 1 ? 'disabled' : 'active',
    });
  }
  const names = async (listing: Parameters<typeof accounts.listUsers>[0]) => {
    const { items, next } = await accounts.listUsers(listing);
    return [...items.map((user) => user.username), next?.[1] ?? null];
  };
  t.same(await names({ limit: 2 }), ['u1', 'u2', 'u2']);
  t.same(await names({ limit: 2, after: ['u2', 'u2'] }), ['u3', 'u4', 'u4']);
  t.same(await names({ limit: 2, after: ['u4', 'u4'] }), ['u5', null]);
  t.same(await names({ limit: 5 }), ['u1', 'u2', 'u3', 'u4', 'u5', null]);
  t.same(await names({ limit: 10, agency: 'state' }), ['u4', null]);
  t.same(await names({ limit: 10, agency: 'alpine', status: 'active' }), ['u2', 'u3', 'u5', null]);
  t.same(await names({ limit: 0 }), ['u1', 'u1'], 'a page has one item at least');
});

t.test('keys', async (t) => {
  const { accounts, clock, ledgerRows } = await openWithAgency(t);
  await accounts.createUser(admin, ann);
  await accounts.createUser(admin, { ...ann, username: 'bob' });
  const { line } = testKey('ed25519');
  const key = await accounts.addKey(admin, 'ann', { publicKey: `${line} laptop` });
  t.match(key, {
    type: 'ssh-ed25519',
    bits: 256,
    label: 'laptop',
    publicKey: line,
    expiresAtMs: null,
    lastUsedAtMs: null,
  });
  t.match((await ledgerRows()).at(-1), {
    event: 'key.added.1',
    username: 'ann',
    fingerprint: key.fingerprint,
    before: null,
    after: { label: 'laptop' },
  });
  await t.rejects(accounts.addKey(admin, 'ann', { publicKey: line, label: 'again' }), {
    code: 'conflict',
    pointer: '/publicKey',
  });
  await t.rejects(accounts.addKey(admin, 'bob', { publicKey: line }), {
    code: 'conflict',
    message: 'another user has this key',
    pointer: '/publicKey',
  });
  clock.nowMs += 1;
  const rsa = await accounts.addKey(admin, 'ann', {
    publicKey: testKey('rsa3072').line,
    label: 'old host',
    expiresAtMs: 5,
  });
  t.match(rsa, { bits: 3072, label: 'old host', expiresAtMs: 5 });
  t.same(await accounts.listKeys('ann'), [key, rsa]);
  t.same(await accounts.getKey('ann', rsa.id), rsa);
  await t.rejects(accounts.getKey('bob', rsa.id), { code: 'not-found', message: 'no such key' });
  await t.rejects(accounts.removeKey(admin, 'bob', rsa.id), { code: 'not-found' });
  await accounts.removeKey(admin, 'ann', key.id);
  t.same(await accounts.listKeys('ann'), [rsa]);
  t.match((await ledgerRows()).at(-1), {
    event: 'key.removed.1',
    fingerprint: key.fingerprint,
    before: { id: key.id },
    after: null,
  });
  t.match(
    await accounts.addKey(admin, 'bob', { publicKey: line }),
    { fingerprint: key.fingerprint, label: '' },
    'nobody has it any more',
  );
  await t.rejects(accounts.addKey(admin, 'nobody', { publicKey: line }), { code: 'not-found' });
  await t.rejects(accounts.addKey(admin, 'ann', { publicKey: line, label: 'a\nb' }), {
    code: 'field-invalid',
    pointer: '/label',
  });
  await t.rejects(accounts.addKey(admin, 'ann', { publicKey: line, expiresAtMs: -1 }), {
    code: 'field-invalid',
    pointer: '/expiresAt',
  });
});
