import t from 'tap';
import { createPasswordHashing } from '../../server/accounts/password-hashing.ts';
import { passwordPolicies } from '../../server/accounts/password-policies.ts';
import { checkNewPassword } from '../../server/accounts/password-rules.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';

const good = 'correct horse battery staple';
const checkBaseline = (password: string) =>
  checkNewPassword(password, 'ann', 1024, { words: [], policy: passwordPolicies.baseline });

t.test('rules', async (t) => {
  const accepted = [
    good,
    'x7$Kq2!mVb9#Tz4',
    '839201748392017',
    'ünïcödé wörds ök',
    '密碼很長很長也可以用中文寫的吧',
    'a'.repeat(10) + ' bcdefghij',
    'dragon lantern mosaic',
    'county road 7, left barn',
  ];
  for (const password of accepted)
    t.equal(checkBaseline(password), password.normalize('NFC'), password);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['short', /15 characters/],
    ['x7$Kq2!mVb9#Tz', /15 characters/],
    ['e\u0301'.repeat(10), /15 characters/],
    ['this is ANN and her words', /user name/],
    ['Password1234567', /common/],
    ['passwordpassword', /common/],
    ['Welcome2Waybill!', /common/],
    ['P@ssw0rd!P@ssw0rd!', /common/],
    ['Summer-2030-Summer', /common/],
    ['July4!July4!July4!', /common/],
    ['iloveyouforever1!', /common/],
    ['Liverpool.Chelsea', /common/],
    ['tr1n1ty-tr1n1ty!!', /common/],
    ['1qaz2wsx3edc4rfv', /common/],
    ['dragonfly dragonfly', /common/],
    ['2030 basketball 99', /common/],
    ['polniypizdec0211', /common/],
    ['aaaaaaaaaaaaaaaaaaaa', /common/],
    ['abababababababababab', /common/],
    ['123456789012345', /common/],
    ['678901234567890123', /common/],
    ['qwertyuiopasdfghjkl', /common/],
    ['abcdefghijklmnopq', /common/],
    ['zyxwvutsrqponmlkj', /common/],
    ['x'.repeat(1025), /at most 1024 bytes/],
    ['\ud800 lone surrogate half', /text/],
    [{ oldPassword: good, newPassword: good } as unknown as string, /text/],
    [undefined as unknown as string, /text/],
  ];
  for (const [password, words] of refused) {
    t.throws(() => checkBaseline(password), {
      code: 'field-invalid',
      pointer: '/password',
      message: words,
    });
  }
});

t.test('set, replaced and removed', async (t) => {
  const { accounts, clock, database, ledgerRows } = await openAccounts(t);
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  const hashOf = () =>
    database.read(
      async (reader) => (await accounts.findForLogin(reader, 'ann'))?.passwordHash ?? null,
    );
  t.equal(await hashOf(), null);
  await t.rejects(accounts.removePassword(admin, 'ann'), { code: 'not-found' });
  await accounts.setPassword(admin, 'ann', 'cafe\u0301 au lait, no sugar');
  const first = await hashOf();
  t.match(first, /^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
  t.equal((await accounts.getUser('ann')).passwordSetAtMs, clock.nowMs);
  t.equal(
    await accounts.verifyPassword(first, 'caf\u00e9 au lait, no sugar'),
    true,
    'NFC makes the two spellings one',
  );
  t.equal(await accounts.verifyPassword(first, 'cafe au lait, no sugar'), false);
  clock.nowMs += 1;
  await accounts.setPassword(admin, 'ann', good);
  t.not(await hashOf(), first);
  await accounts.removePassword(admin, 'ann');
  t.equal(await hashOf(), null);
  const events = (await ledgerRows()).slice(2);
  t.same(
    events.map((row) => row['event']),
    ['password.set.2', 'password.set.2', 'password.removed.1'],
  );
  t.notMatch(JSON.stringify(events), /argon2|lait|horse/);
  await t.rejects(accounts.setPassword(admin, 'bob', good), { code: 'not-found' });
  await t.rejects(accounts.setPassword(admin, 'ann', 'short'), {
    code: 'field-invalid',
    pointer: '/password',
  });
});

t.test('pub1075: a person’s password is good for 90 days, and a service’s for 366', async (t) => {
  const dayMs = 24 * 60 * 60_000;
  const { accounts, clock, database } = await openAccounts(t, { profile: 'pub1075' });
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  const due = async (username: string, nowMs: number) =>
    database.read(async (reader) => {
      const login = await accounts.findForLogin(reader, username);
      return accounts.passwordDue({ ...login!, passwordTemporary: false }, nowMs);
    });
  for (const [kind, days] of [
    ['person', 90],
    ['service', 366],
  ] as const) {
    await accounts.createUser(admin, {
      username: kind,
      agency: 'alpine',
      displayName: kind,
      accountKind: kind,
      ...(kind === 'service' && { allowedCidrs: ['192.0.2.0/24'] }),
    });
    await accounts.setPassword(admin, kind, 'Batterie-7-Stapel');
    t.equal(await due(kind, clock.nowMs + days * dayMs - 1), null, kind);
    t.equal(await due(kind, clock.nowMs + days * dayMs), 'password-expired', kind);
  }
});

t.test('without a hash nothing verifies', async (t) => {
  const { accounts } = await openAccounts(t);
  t.equal(await accounts.verifyPassword(null, good), false);
  t.equal(await accounts.verifyPassword(null, ''), false);
  for (const password of [
    undefined,
    null,
    7,
    { oldPassword: good, newPassword: good },
    'x'.repeat(1025),
    '\udc00',
  ]) {
    await t.rejects(accounts.verifyPassword(null, password), { code: 'proof-malformed' });
  }
  await t.rejects(accounts.verifyPassword('not a hash', good));
});

t.test('the queue is bounded, and goes on after it was full', async (t) => {
  const hashing = await createPasswordHashing({ runningMax: 2, queuedMax: 3 });
  const hash = await hashing.hash(good);
  const burst = await Promise.allSettled(
    Array.from({ length: 9 }, () => hashing.verify(hash, good)),
  );
  t.same(
    burst.slice(0, 5).map((result) => result.status === 'fulfilled' && result.value),
    [true, true, true, true, true],
  );
  for (const late of burst.slice(5))
    t.match(late, { status: 'rejected', reason: { code: 'hashing-busy' } });
  t.equal(await hashing.verify(hash, good), true);
  await t.rejects(hashing.verify('rubbish', good), 'a failure gives its place back');
  const again = await Promise.all(Array.from({ length: 5 }, () => hashing.verify(hash, 'other')));
  t.same(again, [false, false, false, false, false]);
});
