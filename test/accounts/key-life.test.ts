// A key is changed, and another takes over from it while it still works.
import t, { type Test } from 'tap';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const dayMs = 24 * 60 * 60_000;
const old = testKey('ed25519').line;
const next = testKey('ed25519', 1).line;

async function openWithKey(t: Test) {
  const world = await openAccounts(t);
  const { accounts } = world;
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine County', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  const key = await accounts.addKey(admin, 'ann', { publicKey: old, label: 'nightly' });
  return { ...world, key };
}

t.test('label and expiry are changed, and what is absent stays', async (t) => {
  const { accounts, clock, key, ledgerRows } = await openWithKey(t);
  const expiresAtMs = clock.nowMs + dayMs;
  t.match(await accounts.changeKey(admin, 'ann', key.id, { expiresAtMs }), {
    key: { ...key, expiresAtMs },
    endsSoonerMs: expiresAtMs,
  });
  t.match((await ledgerRows()).at(-1), {
    event: 'key.changed.1',
    username: 'ann',
    fingerprint: key.fingerprint,
    before: { expiresAtMs: null },
    after: { expiresAtMs },
  });
  const rows = (await ledgerRows()).length;
  await accounts.changeKey(admin, 'ann', key.id, { expiresAtMs, label: ' nightly ' });
  t.equal((await ledgerRows()).length, rows, 'a change of nothing is none');
  t.match(await accounts.changeKey(admin, 'ann', key.id, { label: '', expiresAtMs: null }), {
    key: { label: '', expiresAtMs: null },
    endsSoonerMs: null,
  });
  await t.rejects(accounts.changeKey(admin, 'ann', key.id, { label: 'a\nb' }), {
    code: 'field-invalid',
    pointer: '/label',
  });
  await t.rejects(accounts.changeKey(admin, 'ann', key.id, { expiresAtMs: -1 }), {
    code: 'field-invalid',
    pointer: '/expiresAt',
  });
  await t.rejects(accounts.changeKey(admin, 'ann', 'no', {}), { code: 'not-found' });
});

t.test('a rotation adds the one and lets the other expire, in one unit', async (t) => {
  const { accounts, clock, key, ledgerRows } = await openWithKey(t);
  const { added, replaced } = await accounts.rotateKey(admin, 'ann', key.id, { publicKey: next });
  t.match(added, { publicKey: next, label: 'nightly', expiresAtMs: null, replacedBy: null });
  t.match(replaced, { ...key, expiresAtMs: clock.nowMs + 7 * dayMs, replacedBy: added.id });
  t.same(await accounts.getKey('ann', key.id), replaced);
  t.match((await ledgerRows()).slice(-2), [
    { event: 'key.added.1', fingerprint: added.fingerprint },
    {
      event: 'key.rotated.1',
      fingerprint: key.fingerprint,
      replacedBy: added.fingerprint,
      before: { expiresAtMs: null },
      after: { expiresAtMs: clock.nowMs + 7 * dayMs },
    },
  ]);
});

t.test('an overlap prolongs nothing, and 0 ends the old key at once', async (t) => {
  const { accounts, clock, key } = await openWithKey(t);
  const soonMs = clock.nowMs + dayMs;
  await accounts.changeKey(admin, 'ann', key.id, { expiresAtMs: soonMs });
  const first = await accounts.rotateKey(admin, 'ann', key.id, {
    publicKey: `${next} Ann's new one`,
    overlapDays: 30,
    expiresAtMs: clock.nowMs + 365 * dayMs,
  });
  t.equal(first.replaced.expiresAtMs, soonMs);
  t.match(first.added, { label: "Ann's new one", expiresAtMs: clock.nowMs + 365 * dayMs });
  const third = testKey('ed25519', 2).line;
  const second = await accounts.rotateKey(admin, 'ann', first.added.id, {
    publicKey: third,
    overlapDays: 0,
    label: 'third',
  });
  t.equal(second.replaced.expiresAtMs, clock.nowMs);
});

t.test('what is refused changes nothing', async (t) => {
  const { accounts, key, ledgerRows } = await openWithKey(t);
  const rows = (await ledgerRows()).length;
  const rotate = (publicKey: string, overlapDays?: number, id = key.id) =>
    accounts.rotateKey(admin, 'ann', id, {
      publicKey,
      ...(overlapDays !== undefined && { overlapDays }),
    });
  await t.rejects(rotate(old), { code: 'conflict', pointer: '/publicKey' }, 'the same key');
  await t.rejects(rotate(next, -1), { code: 'field-invalid', pointer: '/overlapDays' });
  await t.rejects(rotate(next, 1.5), { code: 'field-invalid', pointer: '/overlapDays' });
  await t.rejects(rotate(next, 366), { code: 'field-invalid', pointer: '/overlapDays' });
  await t.rejects(rotate('-----BEGIN OPENSSH PRIVATE KEY-----'), { code: 'key-private' });
  await t.rejects(rotate(next, 7, 'no'), { code: 'not-found' });
  t.equal((await ledgerRows()).length, rows);
  t.same(await accounts.listKeys('ann'), [key]);
});
