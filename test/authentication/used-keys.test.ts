import t from 'tap';
import type { LoginKey } from '../../server/accounts/logins.ts';
import { UsedKeys } from '../../server/authentication/used-keys.ts';
import { Fault } from '../../server/domain/faults.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey, wireStrings } from '../accounts/fixtures/keys.ts';
import { openDesk } from './fixtures/logins.ts';

function ownKey(blob: Uint8Array): LoginKey {
  return {
    id: 'k',
    type: 'ssh-ed25519',
    blob,
    fingerprint: '',
    expiresAtMs: null,
    touchRequired: true,
    verifyRequired: false,
  };
}

t.test('a key that the user has is parsed once', async (t) => {
  const keys = new UsedKeys();
  const { blob } = testKey('ed25519');
  const own = [ownKey(Uint8Array.from(blob))];
  const first = keys.parse(blob, own);
  t.equal(keys.parse(Uint8Array.from(blob), own), first);
  t.same(first.blob, blob);
});

t.test(
  'a key that the user does not have is not remembered, and not taken from memory',
  async (t) => {
    // Else a stranger could learn by the clock which keys are in use here, or fill the memory.
    const keys = new UsedKeys();
    const { blob } = testKey('ed25519');
    keys.parse(blob, []);
    keys.parse(blob, [ownKey(testKey('ed25519', 1).blob), ownKey(blob.subarray(1))]);
    t.equal(keys.size, 0);
    const known = keys.parse(blob, [ownKey(blob)]);
    t.not(keys.parse(blob, []), known);
    t.equal(keys.size, 1);
  },
);

t.test('what is in the database is checked like everything else', async (t) => {
  const neutral = Buffer.alloc(32);
  neutral[0] = 1;
  const forgeable = wireStrings('ssh-ed25519', neutral);
  t.throws(() => new UsedKeys().parse(forgeable, [ownKey(forgeable)]), Fault);
});

t.test('so many are remembered, those that were used last', async (t) => {
  const keys = new UsedKeys(2);
  const names = ['ed25519', 'p256', 'p384'] as const;
  const [one, two, three] = names.map((name) => testKey(name).blob);
  const first = keys.parse(one!, [ownKey(one!)]);
  const second = keys.parse(two!, [ownKey(two!)]);
  keys.parse(one!, [ownKey(one!)]);
  keys.parse(three!, [ownKey(three!)]);
  t.equal(keys.size, 2);
  t.equal(keys.parse(one!, [ownKey(one!)]), first);
  t.not(keys.parse(two!, [ownKey(two!)]), second);
});

t.test('a key that was removed or replaced opens nothing, remembered or not', async (t) => {
  const { accounts, connect } = await openDesk(t);
  const key = testKey('ed25519');
  t.match(await (await connect()).sign(key), { kind: 'accepted' });
  const [stored] = await accounts.listKeys('ann');
  await accounts.removeKey(admin, 'ann', stored!.id);
  const client = await connect();
  const offer = { kind: 'offer', algorithm: key.type, keyBlob: key.blob } as const;
  t.match(await client.try('ann', offer), { kind: 'refused' });
  t.match(await client.sign(key), { kind: 'refused' });
});
