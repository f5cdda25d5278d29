import t from 'tap';
import { testKey } from '../accounts/fixtures/keys.ts';
import { host, liveSession, openApi, password, withAnn } from './fixtures/api.ts';

t.test('sessions', async (t) => {
  const { call, sessions, ended, ledgerRows } = await openApi(t);
  sessions.push(
    liveSession('s1'),
    liveSession('s2', { username: 'bob', agencyCode: 'butte', startedAtMs: Date.UTC(2029, 0, 1) }),
  );
  const one = (await call('GET', '/v1/sessions/s1')).body;
  t.strictSame(one, {
    id: 's1',
    username: 'ann',
    agency: 'alpine',
    source: '192.0.2.7:5022',
    client: 'OpenSSH_9.2',
    algorithms: { kex: 'curve25519-sha256' },
    proofs: ['publickey SHA256:abc'],
    startedAt: '2029-12-31T00:00:00.000Z',
    bytesRead: 0,
    bytesWritten: 0,
    readBytesPerSecond: 0,
    writtenBytesPerSecond: 0,
    openFiles: [],
  });
  const idsOf = async (query: string) =>
    (await call('GET', `/v1/sessions${query}`)).body.items.map((each: { id: string }) => each.id);
  t.strictSame(await idsOf(''), ['s2', 's1']);
  t.strictSame(await idsOf('?agency=alpine'), ['s1']);
  t.strictSame(await idsOf('?username=bob'), ['s2']);
  const first = (await call('GET', '/v1/sessions?limit=1')).body;
  t.strictSame(await idsOf(`?limit=1&cursor=${first.nextCursor}`), ['s1']);
  t.equal((await call('DELETE', '/v1/sessions/s1')).status, 204);
  t.strictSame(ended, ['s1']);
  t.equal((await call('DELETE', '/v1/sessions/s1')).status, 404);
  t.match(await ledgerRows('session.ended.1'), [
    { ended: 's1', username: 'ann', actor: { kind: 'admin' } },
  ]);
});

t.test('a change that takes a right away ends the logins', async (t) => {
  // A login kept the rules, the quota and the methods of its start: with the permissions down to listing /incoming, an
  // open session still wrote to /outgoing.
  const both = ['here', 'away'];
  const here = liveSession('here');
  const away = liveSession('away', { source: '[2001:db8::1]:5022' });
  const other = liveSession('other', { username: 'bob' });
  const cases: [what: string, method: string, url: string, body: unknown, ended: string[]][] = [
    ['a new name', 'PATCH', '', { displayName: 'Anna' }, []],
    ['disabled', 'PATCH', '', { status: 'disabled' }, ['here', 'away']],
    ['expired', 'PATCH', '', { expiresAt: '2029-12-31T23:59:59Z' }, ['here', 'away']],
    ['expires sooner', 'PATCH', '', { expiresAt: '2030-01-01T00:00:01Z' }, ['here', 'away']],
    ['rules', 'PATCH', '', { permissions: [{ path: '/incoming', allow: ['list'] }] }, both],
    ['login methods', 'PATCH', '', { loginMethods: [['publickey', 'password']] }, both],
    ['a quota', 'PATCH', '', { quotaBytes: 1_000 }, both],
    ['fewer sessions', 'PATCH', '', { maxSessions: 1 }, both],
    [
      'nothing new',
      'PATCH',
      '',
      { permissions: null, loginMethods: [['publickey']], quotaBytes: null },
      [],
    ],
    ['other addresses', 'PATCH', '', { allowedCidrs: ['192.0.2.0/24'] }, ['away']],
    ['removed', 'DELETE', '', undefined, ['here', 'away']],
    ['key removed', 'DELETE', '/keys/', undefined, ['here', 'away']],
    ['password set', 'PUT', '/password', { password: `${password} again` }, ['here', 'away']],
    ['password removed', 'DELETE', '/password', undefined, ['here', 'away']],
  ];
  for (const [what, method, url, body, ended] of cases) {
    const world = await openApi(t);
    await withAnn(world);
    await world.accounts.setPassword(host, 'ann', password);
    const key = await world.accounts.addKey(host, 'ann', { publicKey: testKey('ed25519').line });
    world.sessions.push(here, away, other);
    const answer = await world.call(
      method,
      `/v1/users/ann${url === '/keys/' ? url + key.id : url}`,
      body,
    );
    t.ok(answer.status < 300, what);
    t.strictSame(world.ended, ended, what);
    t.equal((await world.ledgerRows('session.ended.1')).length, ended.length, what);
  }
});

t.test(
  'a login that ends sooner than the user does stays; one that ends later does not',
  async (t) => {
    const world = await openApi(t);
    await withAnn(world);
    world.sessions.push(
      liveSession('sooner', { expiresAtMs: Date.UTC(2030, 5, 1) }),
      liveSession('later', { expiresAtMs: Date.UTC(2031, 5, 1) }),
    );
    await world.call('PATCH', '/v1/users/ann', { expiresAt: '2031-01-01T00:00:00Z' });
    t.strictSame(world.ended, ['later']);
  },
);
