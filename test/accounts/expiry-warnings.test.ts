import t, { type Test } from 'tap';
import { warnOfExpiries } from '../../server/accounts/expiry-warnings.ts';
import type { Profile } from '../../server/domain/profiles.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const dayMs = 24 * 60 * 60_000;

async function openWatched(t: Test, profile: Profile = 'baseline') {
  const world = await openAccounts(t, { profile });
  const { accounts, database } = world;
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  return {
    ...world,
    /** The events of warnings that this look adds. */
    look: async () => {
      const before = (await world.ledgerRows()).length;
      await warnOfExpiries({ database, ledger, ...(profile !== 'baseline' && { profile }) });
      return (await world.ledgerRows()).slice(before);
    },
    later: (days: number) => (world.clock.nowMs += days * dayMs),
  };
}

t.test(
  'a key is told of at 30 days and at 7, once each, and again when its end was moved',
  async (t) => {
    const { accounts, clock, look, later } = await openWatched(t);
    const expiresAtMs = clock.nowMs + 40 * dayMs;
    const { id } = await accounts.addKey(admin, 'ann', {
      publicKey: testKey('ed25519').line,
      expiresAtMs,
    });
    t.same(await look(), []);
    later(15);
    const expiresAt = new Date(expiresAtMs).toISOString();
    t.match(await look(), [
      {
        event: 'key.expiring.1',
        username: 'ann',
        agency: 'alpine',
        expiresAt,
        actor: { kind: 'server' },
      },
    ]);
    t.same(await look(), []);
    later(19);
    t.equal((await look()).length, 1);
    t.same(await look(), []);
    await accounts.changeKey(admin, 'ann', id, { expiresAtMs: expiresAtMs + 20 * dayMs });
    t.equal((await look()).length, 1);
    later(60);
    t.same(await look(), [], 'what has ended is reported elsewhere');
  },
);

t.test('a key that was rotated, and one of a user who is disabled, are not told of', async (t) => {
  const { accounts, clock, look } = await openWatched(t);
  const expiresAtMs = clock.nowMs + 5 * dayMs;
  const { id } = await accounts.addKey(admin, 'ann', {
    publicKey: testKey('ed25519').line,
    expiresAtMs,
  });
  await accounts.rotateKey(admin, 'ann', id, { publicKey: testKey('ed25519', 1).line });
  t.same(await look(), []);
  await accounts.addKey(admin, 'ann', { publicKey: testKey('ed25519', 2).line, expiresAtMs });
  await accounts.changeUser(admin, 'ann', { status: 'disabled' });
  t.same(await look(), []);
});

t.test('passwords of the baseline do not end', async (t) => {
  const { accounts, look, later } = await openWatched(t);
  await accounts.setPassword(admin, 'ann', 'correct horse battery staple');
  later(80);
  t.same(await look(), []);
});

t.test('those of pub1075 end after 90 days, and those of services after 366', async (t) => {
  const password = 'Batterie-7-Stapel';
  const { accounts, look, later } = await openWatched(t, 'pub1075');
  await accounts.createUser(admin, {
    username: 'batch',
    agency: 'alpine',
    displayName: 'Batch',
    accountKind: 'service',
  });
  await accounts.setPassword(admin, 'ann', password);
  await accounts.setPassword(admin, 'batch', password);
  later(65);
  t.match(await look(), [{ event: 'password.expiring.1', username: 'ann' }]);
  t.same(await look(), []);
  later(20);
  t.match(await look(), [{ event: 'password.expiring.1', username: 'ann' }]);
  await accounts.setPassword(admin, 'ann', 'Batterie-8-Stapel');
  t.same(await look(), []);
  later(260);
  t.match(
    (await look()).filter((row) => row['username'] === 'batch'),
    [{ event: 'password.expiring.1', username: 'batch' }],
  );
});

t.test('an authority is told of like a key, as its end locks a whole agency out', async (t) => {
  const { accounts, clock, look, later } = await openWatched(t);
  const expiresAtMs = clock.nowMs + 40 * dayMs;
  const { publicKey, ...ca } = await accounts.addUserCa(admin, 'alpine', {
    publicKey: testKey('ed25519', 4).line,
    expiresAtMs,
  });
  await accounts.addUserCa(admin, 'alpine', { publicKey: testKey('ed25519', 5).line });
  t.same(await look(), [], publicKey);
  later(15);
  const { fingerprint } = ca;
  const expiresAt = new Date(expiresAtMs).toISOString();
  t.match(await look(), [
    { event: 'user-ca.expiring.1', agency: 'alpine', fingerprint, expiresAt },
  ]);
  t.same(await look(), []);
  later(19);
  t.equal((await look()).length, 1);
  t.same(await look(), []);
  await accounts.changeUserCa(admin, 'alpine', ca.id, { expiresAtMs: expiresAtMs + 20 * dayMs });
  t.equal((await look()).length, 1);
  later(60);
  t.same(await look(), []);
});
