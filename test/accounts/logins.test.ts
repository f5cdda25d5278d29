// What authentication is told of a user, and what a login leaves behind.
import t from 'tap';
import { defaultRules } from '../../server/domain/permissions.ts';
import { lockouts } from '../../server/domain/limits.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const source = '192.0.2.10:50000';

t.test('a user as a login finds it', async (t) => {
  const { accounts, database, clock } = await openAccounts(t, { lockout: lockouts.pub1075 });
  const find = (username: string) =>
    database.read((reader) => accounts.findForLogin(reader, username));
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  await accounts.createUser(admin, { username: 'bob', agency: 'alpine', displayName: 'Bob' });
  const key = await accounts.addKey(admin, 'ann', { publicKey: testKey('ed25519').line });
  await accounts.addKey(admin, 'bob', { publicKey: testKey('p256').line });
  const found = await find('ann');
  t.match(found, {
    username: 'ann',
    agencyCode: 'alpine',
    agencyKind: 'lcsa',
    status: 'active',
    loginMethods: [['publickey']],
    allowedCidrs: [],
    expiresAtMs: null,
    passwordHash: null,
  });
  t.same(found?.rules, defaultRules.lcsa, 'the rules of the kind of the agency');
  t.same(found?.lockedMethods, []);
  const { id, fingerprint } = key;
  t.match(found?.keys, [
    { id, fingerprint, type: 'ssh-ed25519', expiresAtMs: null, verifyRequired: false },
  ]);
  t.equal(found?.keys.length, 1, 'and of nobody else');

  const permissions = [{ path: '/outgoing', allow: ['list', 'read'] }] as const;
  await accounts.changeUser(admin, 'ann', { permissions });
  t.same((await find('ann'))?.rules, permissions);

  for (let count = 0; count < 3; count += 1)
    await database.write((unit) =>
      accounts.recordFailure(unit, { username: 'ann', source, isTyped: true }),
    );
  t.same((await find('ann'))?.lockedMethods, ['publickey', 'password', 'totp']);
  t.same((await find('bob'))?.lockedMethods, []);
  clock.nowMs += lockouts.pub1075.lockMs;
  t.same((await find('ann'))?.lockedMethods, []);

  for (const name of ['', 'ANN', 'ann ', 'an', 'ann%', 'nobody'])
    t.equal(await find(name), undefined);
  await accounts.removeUser(admin, 'ann');
  t.equal(await find('ann'), undefined, 'who is removed is not there any more');
});
