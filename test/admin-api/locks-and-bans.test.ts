import t from 'tap';
import type { Penalty } from '../../server/domain/penalties.ts';
import { openApi, withAnn, type World } from './fixtures/api.ts';

async function failAs(world: World, username: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await world.database.write((unit) =>
      world.accounts.recordFailure(unit, { username, source: '192.0.2.7:5022', isTyped: true }),
    );
  }
}

t.test('locks are shown and lifted', async (t) => {
  const world = await openApi(t);
  const { call, clock } = world;
  await withAnn(world);
  await failAs(world, 'ann', 9);
  t.match((await call('GET', '/v1/users/ann')).body, { failedLogins: 9, lockedUntil: null });
  t.strictSame((await call('GET', '/v1/locks')).body, { items: [], nextCursor: null });
  t.match(await call('DELETE', '/v1/users/ann/lock'), { status: 404, body: { code: 'not-found' } });

  await failAs(world, 'ann', 1);
  const lockedUntil = '2030-01-01T00:15:00.000Z';
  const shown = { failedLogins: 10, lockedUntil };
  t.match((await call('GET', '/v1/users/ann')).body, shown);
  t.match((await call('GET', '/v1/users')).body.items, [shown]);
  t.strictSame((await call('GET', '/v1/locks')).body.items, [
    {
      username: 'ann',
      agency: 'alpine',
      failedLogins: 10,
      lockedAt: '2030-01-01T00:00:00.000Z',
      lockedUntil,
    },
  ]);
  t.match(await world.ledgerRows('user.locked.1'), [{ username: 'ann', until: lockedUntil }]);

  t.equal((await call('DELETE', '/v1/users/ann/lock')).status, 204);
  t.match((await call('GET', '/v1/users/ann')).body, { failedLogins: 0, lockedUntil: null });
  t.match(await world.ledgerRows('user.unlocked.1'), [
    { username: 'ann', actor: { kind: 'admin' }, before: shown, after: { lockedUntil: null } },
  ]);
  t.equal((await call('DELETE', '/v1/users/nobody/lock')).status, 404);

  await failAs(world, 'ann', 10);
  clock.nowMs += 15 * 60_000;
  t.strictSame((await call('GET', '/v1/locks')).body.items, [], 'it ends by itself');
  t.equal((await call('DELETE', '/v1/users/ann/lock')).status, 404);
});

t.test('locks come in pages', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  for (const username of ['bob', 'cho'])
    await world.call('POST', '/v1/users', { username, agency: 'alpine', displayName: username });
  for (const username of ['cho', 'ann', 'bob']) await failAs(world, username, 10);
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await world.call('GET', `/v1/locks?limit=1${query}`);
    names.push(...body.items.map((each: { username: string }) => each.username));
    cursor = body.nextCursor;
  }
  t.strictSame(names, ['ann', 'bob', 'cho']);
});

const ban = (source: string): Penalty => ({
  source,
  reason: 'password-wrong',
  failures: 4,
  refused: 2,
  sinceMs: Date.UTC(2030, 0, 1),
  untilMs: Date.UTC(2030, 0, 1, 0, 10),
});

t.test('bans are shown and lifted', async (t) => {
  const { call, bans, ledgerRows } = await openApi(t);
  t.strictSame((await call('GET', '/v1/bans')).body, { items: [], nextCursor: null });
  bans.push(ban('2001:db8:0:1::/64'), ban('192.0.2.1'), ban('192.0.2.2'));
  const { items } = (await call('GET', '/v1/bans')).body;
  t.strictSame(items[0], {
    source: '192.0.2.1',
    reason: 'password-wrong',
    failures: 4,
    refusedConnections: 2,
    since: '2030-01-01T00:00:00.000Z',
    until: '2030-01-01T00:10:00.000Z',
  });
  t.equal(items.length, 3);
  const network = encodeURIComponent('2001:db8:0:1::/64');
  for (const source of [network, '192.0.2.1']) {
    t.equal((await call('DELETE', `/v1/bans/${source}`)).status, 204, source);
    t.match(await call('DELETE', `/v1/bans/${source}`), {
      status: 404,
      body: { code: 'not-found' },
    });
  }
  t.strictSame(
    bans.map(({ source }) => source),
    ['192.0.2.2'],
  );
  t.match(await ledgerRows('ban.lifted.1'), [
    {
      banned: '2001:db8:0:1::/64',
      actor: { kind: 'admin' },
      before: { failures: 4, until: '2030-01-01T00:10:00.000Z' },
      after: null,
    },
    { banned: '192.0.2.1' },
  ]);
  bans.push(ban('2001:db8:0:1::/64'));
  t.equal((await call('DELETE', '/v1/bans/2001:db8:0:1::77')).status, 204, 'any address of it');
  t.equal((await call('DELETE', '/v1/bans/rubbish')).status, 404);
});
