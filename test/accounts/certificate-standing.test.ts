// What an agency says of a certificate: who certified it, and whether any of its names is revoked.
import t, { type Test } from 'tap';
import type { RevocationKind } from '../../server/accounts/certificate-standing.ts';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const fingerprint = (number: number) => parseKeyBlob(testKey('ed25519', number).blob).fingerprint;
const [authority, other, key] = [fingerprint(4), fingerprint(5), fingerprint(6)];
const names = { authority, key, serial: '7', keyId: 'ann@laptop' };

async function openAgencies(t: Test) {
  const { accounts, database, clock } = await openAccounts(t);
  const ids: Record<string, string> = {};
  for (const code of ['alpine', 'butte'])
    ids[code] = (await accounts.createAgency(admin, { code, name: code, kind: 'lcsa' })).id;
  const standing = (code: string, change: Partial<typeof names> = {}) =>
    database.read((reader) =>
      accounts.certificateStanding(reader, ids[code] ?? '', { ...names, ...change }),
    );
  const revoke = (kind: RevocationKind, value: string, by: string | null, agency = 'alpine') =>
    accounts.revokeCertificate(admin, agency, { kind, value, authority: by, reason: 'lost' });
  return { accounts, clock, standing, revoke };
}

t.test('an authority is one of the agency, with what the agency asks of it', async (t) => {
  const { accounts, clock, standing } = await openAgencies(t);
  const unknown = { authority: undefined, isRevoked: false };
  t.same(await standing('alpine'), unknown);
  const { id } = await accounts.addUserCa(admin, 'alpine', {
    publicKey: testKey('ed25519', 4).line,
  });
  await accounts.addUserCa(admin, 'alpine', { publicKey: testKey('ed25519', 5).line });
  const plain = {
    fingerprint: authority,
    principals: [],
    verifyRequired: false,
    expiresAtMs: null,
  };
  t.same(await standing('alpine'), { authority: plain, isRevoked: false });
  t.same(await standing('butte'), unknown, 'and of no other');
  t.same(await standing('nowhere'), unknown);
  t.same(await standing('alpine', { authority: key }), unknown);
  const asked = { principals: ['ann'], verifyRequired: true, expiresAtMs: clock.nowMs + 1 };
  await accounts.changeUserCa(admin, 'alpine', id, asked);
  t.same((await standing('alpine')).authority, { fingerprint: authority, ...asked });
  t.equal((await standing('alpine', { authority: other })).authority?.verifyRequired, false);
});

t.test('revoked by any one of its names, of its authority or of whichever', async (t) => {
  const each: readonly (readonly [RevocationKind, string, string | null, boolean])[] = [
    ['serial', '7', authority, true],
    ['serial', '7', other, false],
    ['serial', '8', authority, false],
    ['key-id', 'ann@laptop', null, true],
    ['key-id', 'ann@laptop', authority, true],
    ['key-id', 'ann@laptop', other, false],
    ['key-id', 'ann@LAPTOP', null, false],
    ['key-id', '7', null, false],
    ['key-id', key, null, false],
    ['key', key, null, true],
    ['key', key, authority, true],
    ['key', key, other, false],
    ['key', authority, null, false],
  ];
  const { accounts, standing, revoke } = await openAgencies(t);
  for (const [kind, value, by, isRevoked] of each) {
    const { id } = await revoke(kind, value, by);
    const name = `${kind} ${value} of ${by}`;
    t.equal((await standing('alpine')).isRevoked, isRevoked, name);
    t.equal((await standing('butte')).isRevoked, false, 'not in another agency');
    await accounts.removeRevocation(admin, 'alpine', id);
    t.equal((await standing('alpine')).isRevoked, false);
  }
});
