// What an agency revokes of certificates: what may be named, what is kept, and whose it is.
import t, { type Test } from 'tap';
import type { WantedRevocation } from '../../server/accounts/certificate-revocations.ts';
import { admin, openAccounts, type World } from './fixtures/accounts.ts';

const some = `SHA256:${'a'.repeat(43)}`;
const other = `SHA256:${'B/+9'.repeat(10)}ccc`;
const byName: WantedRevocation = {
  kind: 'key-id',
  value: 'ann@laptop',
  authority: null,
  reason: 'lost',
};

/** Two agencies. */
async function openAgencies(t: Test): Promise<World> {
  const world = await openAccounts(t);
  for (const code of ['alpine', 'butte'])
    await world.accounts.createAgency(admin, { code, name: code, kind: 'lcsa' });
  return world;
}

t.test('revoked, read, listed and taken back, each with its row', async (t) => {
  const { accounts, clock, ledgerRows } = await openAgencies(t);
  const wanted = { kind: 'serial', value: '7', authority: some, reason: '  lost\u0301 ' } as const;
  const made = await accounts.revokeCertificate(admin, 'alpine', wanted);
  const { id } = made;
  t.match(id, /^[0-9a-z-]{20,}$/);
  t.same(made, {
    ...wanted,
    id,
    agency: 'alpine',
    reason: 'los\u0074\u0301'.normalize('NFC'),
    createdAtMs: clock.nowMs,
  });
  t.same(await accounts.getRevocation('alpine', id), made);
  const named = await accounts.revokeCertificate(admin, 'alpine', byName);
  t.equal(named.authority, null, 'of whichever authority');
  t.same(await accounts.getRevocation('alpine', named.id), named);
  await accounts.removeRevocation(admin, 'alpine', id);
  await t.rejects(accounts.getRevocation('alpine', id), {
    code: 'not-found',
    message: 'no such revocation',
  });
  t.same((await accounts.listRevocations('alpine', { limit: 10 })).items, [named]);
  const kept = { id, kind: 'serial', value: '7', authority: some, reason: made.reason };
  const rows = (await ledgerRows()).filter(({ event }) => String(event).includes('certificate'));
  const facts = { agency: 'alpine', outcome: 'success', actor: admin.actor, source: admin.source };
  t.match(rows, [
    { ...facts, event: 'user-certificate.revoked.1', before: null, after: kept },
    {
      ...facts,
      event: 'user-certificate.revoked.1',
      after: { value: named.value, authority: null },
    },
    { ...facts, event: 'user-certificate.reinstated.1', before: kept, after: null },
  ]);
  t.same(rows[0]?.['after'], kept, 'and no more than that');
});

t.test('what is revoked already is not revoked once more', async (t) => {
  const { accounts } = await openAgencies(t);
  const revoke = (change: Partial<WantedRevocation> = {}, agency = 'alpine') =>
    accounts.revokeCertificate(admin, agency, { ...byName, ...change });
  await revoke();
  await t.rejects(revoke({ reason: 'again' }), {
    code: 'conflict',
    message: 'that is revoked already',
  });
  await revoke({ authority: some });
  await t.rejects(revoke({ authority: some }), { code: 'conflict' });
  await revoke({ authority: other });
  await revoke({ value: 'bob@laptop' });
  await revoke({}, 'butte');
  await revoke({ kind: 'serial', value: '7', authority: some });
  await revoke({ value: '7', authority: some });
  t.equal((await accounts.listRevocations('alpine', { limit: 10 })).items.length, 6);
});

t.test('a list goes on where the page before ended, the oldest first', async (t) => {
  const { accounts, clock } = await openAgencies(t);
  const values: string[] = [];
  for (let number = 1; number <= 5; number += 1) {
    clock.nowMs += 1;
    const value = `key ${number}`;
    values.push(value);
    await accounts.revokeCertificate(admin, 'alpine', { ...byName, value });
  }
  await accounts.revokeCertificate(admin, 'butte', byName);
  const valuesOf = (page: { items: readonly { value: string }[] }) =>
    page.items.map(({ value }) => value);
  const first = await accounts.listRevocations('alpine', { limit: 2 });
  t.same(valuesOf(first), values.slice(0, 2));
  t.equal(first.next, first.items[1]?.id);
  const second = await accounts.listRevocations('alpine', { limit: 2, after: first.next });
  t.same(valuesOf(second), values.slice(2, 4));
  const third = await accounts.listRevocations('alpine', { limit: 2, after: second.next });
  t.same(valuesOf(third), values.slice(4));
  t.equal(third.next, null);
  const all = await accounts.listRevocations('alpine', { limit: 5, after: null });
  t.same(valuesOf(all), values);
  t.equal(all.next, null);
});

t.test('one agency neither sees nor takes back what another revoked', async (t) => {
  const { accounts } = await openAgencies(t);
  const { id } = await accounts.revokeCertificate(admin, 'alpine', byName);
  const second = await accounts.revokeCertificate(admin, 'alpine', { ...byName, value: 'bob' });
  const notThere = { code: 'not-found' };
  await t.rejects(accounts.getRevocation('butte', id), notThere);
  await t.rejects(accounts.removeRevocation(admin, 'butte', id), notThere);
  await t.rejects(accounts.getRevocation('alpine', 'no-such'), notThere);
  await t.rejects(accounts.removeRevocation(admin, 'alpine', 'no-such'), notThere);
  await t.rejects(accounts.getRevocation('nowhere', id), notThere);
  await t.rejects(accounts.removeRevocation(admin, 'nowhere', id), notThere);
  await t.rejects(accounts.listRevocations('nowhere', { limit: 10 }), notThere);
  await t.rejects(accounts.revokeCertificate(admin, 'nowhere', byName), notThere);
  await accounts.removeRevocation(admin, 'alpine', id);
  t.same((await accounts.listRevocations('alpine', { limit: 10 })).items, [second]);
});

const value = { code: 'field-invalid', pointer: '/value' };
const authority = { code: 'field-invalid', pointer: '/authority' };
const serial = { kind: 'serial', authority: some } as const;
const certifiedKey = { kind: 'key' } as const;
const noFingerprints = [
  '',
  'a'.repeat(43),
  `SHA256:${'a'.repeat(42)}`,
  `SHA256:${'a'.repeat(44)}`,
  `SHA256:${'a'.repeat(42)}=`,
  `SHA256:${'a'.repeat(42)}-`,
  ` ${some}`,
  `${some} `,
  `${some}\n`,
  `x${some}`,
  'MD5:d4:1d:8c:d9',
];

t.test('what a revocation may say', async (t) => {
  const { accounts } = await openAgencies(t);
  const revoke = (change: Partial<WantedRevocation>) =>
    accounts.revokeCertificate(admin, 'alpine', { ...byName, ...change });
  const tooLong = 'a key id of 1 to 255 bytes';
  const tooLarge = 'a serial from 1 to 18446744073709551615';
  for (const [change, fault] of [
    ...[
      '',
      '0',
      '00',
      '01',
      '-1',
      '1.0',
      '1 ',
      ' 1',
      '0x1',
      '1\n',
      '18446744073709551616',
      '9'.repeat(20),
      '1'.repeat(21),
      'a',
    ].map(
      (given) =>
        [
          { ...serial, value: given },
          { ...value, message: tooLarge },
        ] as const,
    ),
    ...['', 'a'.repeat(256), 'é'.repeat(128), 'a\nb', '\u0000', 'a\u202e'].map(
      (given) => [{ value: given }, { ...value, message: tooLong }] as const,
    ),
    ...noFingerprints.map(
      (given) =>
        [
          { ...certifiedKey, value: given },
          { ...value, message: /fingerprint of a certified key/ },
        ] as const,
    ),
    ...noFingerprints.map(
      (given) =>
        [{ authority: given }, { ...authority, message: /fingerprint of an authority/ }] as const,
    ),
    [
      { ...serial, value: '7', authority: null },
      { ...authority, message: /of one authority/ },
    ] as const,
    [{ reason: '' }, { code: 'field-invalid', pointer: '/reason' }] as const,
    [{ reason: 'two\nlines' }, { code: 'field-invalid', pointer: '/reason' }] as const,
  ])
    await t.rejects(revoke(change), fault, JSON.stringify(change));
  t.same((await accounts.listRevocations('alpine', { limit: 10 })).items, []);
  for (const change of [
    { ...serial, value: '1' },
    { ...serial, value: '18446744073709551615' },
    { value: 'a' },
    { value: 'a'.repeat(255) },
    { value: `${'é'.repeat(127)}a` },
    { ...certifiedKey, value: some },
    { ...certifiedKey, value: other, authority: other },
  ])
    t.match(await revoke(change), change, JSON.stringify(change));
});
