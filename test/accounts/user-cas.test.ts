// The authorities that certify the keys of an agency's users: what they are given, what changes, and whose they are.
import t, { type Test } from 'tap';
import { userCasPerAgencyMax } from '../../server/accounts/user-cas.ts';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { admin, openAccounts, type World } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const key = testKey('ed25519', 4);
const publicKey = key.line;
const { fingerprint } = parseKeyBlob(key.blob);
const hourMs = 3_600_000;

/** Two agencies. */
async function openAgencies(t: Test): Promise<World> {
  const world = await openAccounts(t);
  for (const code of ['alpine', 'butte'])
    await world.accounts.createAgency(admin, { code, name: code, kind: 'lcsa' });
  return world;
}

async function caRows({ ledgerRows }: World): Promise<Record<string, unknown>[]> {
  return (await ledgerRows()).filter(({ event }) => String(event).startsWith('user-ca.'));
}

t.test('added with nothing but its key, it certifies every user for ever', async (t) => {
  const world = await openAgencies(t);
  const { accounts, clock } = world;
  const ca = await accounts.addUserCa(admin, 'alpine', { publicKey: `${publicKey} the signer\n` });
  t.match(ca.id, /^[0-9a-f]{32}$/);
  t.same(ca, {
    id: ca.id,
    agency: 'alpine',
    type: 'ssh-ed25519',
    bits: 256,
    fingerprint,
    publicKey,
    label: 'the signer',
    principals: [],
    verifyRequired: false,
    expiresAtMs: null,
    createdAtMs: clock.nowMs,
  });
  t.same(await accounts.getUserCa('alpine', ca.id), ca);
  const { agency: _, fingerprint: __, createdAtMs: ___, ...after } = ca;
  const rows = await caRows(world);
  t.match(rows, [
    { event: 'user-ca.added.1', agency: 'alpine', fingerprint, before: null, actor: admin.actor },
  ]);
  t.same(rows[0]?.['after'], after);
});

t.test('added with all that may be said of it', async (t) => {
  const { accounts, clock } = await openAgencies(t);
  const given = {
    label: '',
    principals: ['ann', 'bob'],
    verifyRequired: true,
    expiresAtMs: clock.nowMs + hourMs,
  };
  const ca = await accounts.addUserCa(admin, 'alpine', {
    ...given,
    publicKey: `${publicKey} the signer`,
  });
  t.match(ca, given, 'what is said holds, not the comment of the key');
  t.same(await accounts.getUserCa('alpine', ca.id), ca);
});

t.test('changed field by field, and a row only where something changed', async (t) => {
  const world = await openAgencies(t);
  const { accounts, clock } = world;
  const { id } = await accounts.addUserCa(admin, 'alpine', { publicKey, label: 'old' });
  const second = await accounts.addUserCa(admin, 'alpine', { publicKey: testKey('p256', 4).line });
  const changes = [
    [{ label: ' new ' }, { label: 'old' }, { label: 'new' }],
    [{ principals: ['ann'] }, { principals: [] }, { principals: ['ann'] }],
    [{ verifyRequired: true }, { verifyRequired: false }, { verifyRequired: true }],
    [{ expiresAtMs: clock.nowMs }, { expiresAtMs: null }, { expiresAtMs: clock.nowMs }],
    [{ expiresAtMs: null }, { expiresAtMs: clock.nowMs }, { expiresAtMs: null }],
  ] as const;
  for (const [change, before, after] of changes) {
    const was = await accounts.getUserCa('alpine', id);
    const is = await accounts.changeUserCa(admin, 'alpine', id, change);
    t.same(is, { ...was, ...after });
    t.same(await accounts.getUserCa('alpine', id), is);
    const row = (await caRows(world)).at(-1);
    t.match(row, { event: 'user-ca.changed.1', agency: 'alpine', fingerprint });
    t.same([row?.['before'], row?.['after']], [before, after]);
  }
  const rows = (await caRows(world)).length;
  const is = await accounts.getUserCa('alpine', id);
  t.same(await accounts.changeUserCa(admin, 'alpine', id, {}), is);
  t.same(await accounts.changeUserCa(admin, 'alpine', id, { label: 'new' }), is);
  t.equal((await caRows(world)).length, rows);
  t.same(await accounts.getUserCa('alpine', second.id), second, 'and no other');
});

t.test('removed with its row, and the others stay', async (t) => {
  const world = await openAgencies(t);
  const { accounts, clock } = world;
  const first = await accounts.addUserCa(admin, 'alpine', { publicKey });
  clock.nowMs += 1;
  const second = await accounts.addUserCa(admin, 'alpine', { publicKey: testKey('p256', 4).line });
  t.same(await accounts.listUserCas('alpine'), [first, second], 'the oldest first');
  await accounts.removeUserCa(admin, 'alpine', first.id);
  t.same(await accounts.listUserCas('alpine'), [second]);
  const row = (await caRows(world)).at(-1);
  t.match(row, { event: 'user-ca.removed.1', agency: 'alpine', fingerprint, after: null });
  const { agency: _, fingerprint: __, createdAtMs: ___, ...before } = first;
  t.same(row?.['before'], before);
  await t.rejects(accounts.getUserCa('alpine', first.id), {
    code: 'not-found',
    message: 'no such authority',
  });
});

t.test('an agency has its own, and may trust one that another trusts too', async (t) => {
  const { accounts } = await openAgencies(t);
  const ca = await accounts.addUserCa(admin, 'alpine', { publicKey });
  const notThere = { code: 'not-found' };
  await t.rejects(accounts.getUserCa('butte', ca.id), notThere);
  await t.rejects(accounts.changeUserCa(admin, 'butte', ca.id, { label: 'mine' }), notThere);
  await t.rejects(accounts.removeUserCa(admin, 'butte', ca.id), notThere);
  await t.rejects(accounts.removeUserCa(admin, 'alpine', 'no-such'), notThere);
  await t.rejects(accounts.addUserCa(admin, 'nowhere', { publicKey }), notThere);
  await t.rejects(accounts.listUserCas('nowhere'), notThere);
  await t.rejects(accounts.getUserCa('nowhere', ca.id), notThere);
  t.same(await accounts.listUserCas('butte'), []);
  const same = await accounts.addUserCa(admin, 'butte', { publicKey });
  t.same(await accounts.listUserCas('butte'), [same]);
  t.same(await accounts.listUserCas('alpine'), [ca]);
  await t.rejects(accounts.addUserCa(admin, 'alpine', { publicKey: `${publicKey} again` }), {
    code: 'conflict',
    pointer: '/publicKey',
    message: /already/,
  });
});

t.test('an agency has so many and no more', async (t) => {
  const { accounts } = await openAgencies(t);
  const add = (number: number) =>
    accounts.addUserCa(admin, 'alpine', { publicKey: testKey('ed25519', 100 + number).line });
  for (let number = 0; number < userCasPerAgencyMax; number += 1) await add(number);
  await t.rejects(add(userCasPerAgencyMax), { code: 'conflict', message: /at most 16/ });
  t.equal((await accounts.listUserCas('alpine')).length, 16);
});

t.test('what may be said of one', async (t) => {
  const { accounts } = await openAgencies(t);
  const { id } = await accounts.addUserCa(admin, 'alpine', { publicKey: testKey('p256', 4).line });
  const names = (count: number) => Array.from({ length: count }, (_, index) => `user${index}`);
  for (const [given, fault] of [
    [{ label: 'two\nlines' }, { pointer: '/label' }],
    [{ expiresAtMs: -1 }, { pointer: '/expiresAt' }],
    [{ principals: names(1_001) }, { pointer: '/principals', message: /at most 1000 / }],
    [{ principals: ['ann', '*'] }, { pointer: '/principals/1', message: 'a user name' }],
    [{ principals: ['Ann'] }, { pointer: '/principals/0' }],
  ] as const) {
    const invalid = { code: 'field-invalid', ...fault };
    await t.rejects(accounts.addUserCa(admin, 'alpine', { publicKey, ...given }), invalid);
    await t.rejects(accounts.changeUserCa(admin, 'alpine', id, given), invalid);
  }
  const most = names(1_000);
  t.same((await accounts.changeUserCa(admin, 'alpine', id, { principals: most })).principals, most);
  await t.rejects(accounts.addUserCa(admin, 'alpine', { publicKey: 'no key' }), {
    code: 'field-invalid',
  });
});
