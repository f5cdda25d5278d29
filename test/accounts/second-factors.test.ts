import fc from 'fast-check';
import { Secret, TOTP } from 'otpauth';
import t, { type Test } from 'tap';
import {
  recoveryCodeHash,
  recoveryCodeOf,
  stepOfCode,
  totpSecretOf,
} from '../../server/accounts/one-time-code.ts';
import { checkNewPassword } from '../../server/accounts/password-rules.ts';
import { passwordPolicies } from '../../server/accounts/password-policies.ts';
import type { PasswordHashing } from '../../server/accounts/password-hashing.ts';
import type { LoginFacts } from '../../server/accounts/logins.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';

/** RFC 6238 appendix B, SHA-1: the last six of its eight digits. */
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;
const secret = Buffer.from('12345678901234567890');

t.test("RFC 6238's vectors, now, a step off, and no more", async (t) => {
  for (const [seconds, code] of vectors) {
    const step = Math.floor(seconds / 30);
    const at = (offset: number) => stepOfCode(secret, code, (seconds + offset * 30) * 1000);
    t.same(at(0), { step, driftSteps: 0 });
    t.same(at(1), { step, driftSteps: -1 }, 'the authenticator is behind');
    t.same(at(-1), { step, driftSteps: 1 });
    t.equal(at(2), null);
    if (step > 1) t.equal(at(-2), null);
    t.same(stepOfCode(secret, ` ${code.slice(0, 3)} ${code.slice(3)}`, seconds * 1000)?.step, step);
  }
  const wrong = ['', '28708', '2870822', '28708a', '-87082', '287082\n'];
  for (const code of [...wrong, '２８７０８２', 'é87082', '28708é'])
    t.equal(stepOfCode(secret, code, 59_000), null, JSON.stringify(code));
});

t.test('a secret is what authenticators read', async (t) => {
  const { text, uri } = totpSecretOf(secret, 'amy.o_1');
  t.equal(text, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  const url = new URL(uri);
  t.equal(decodeURIComponent(url.pathname).split('/').at(-1), 'Waybill:amy.o_1');
  t.equal(url.protocol, 'otpauth:');
  t.match(Object.fromEntries(url.searchParams), {
    issuer: 'Waybill',
    secret: text,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});

t.test('recovery codes are told apart however they are typed', async (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 15, maxLength: 15 }),
      fc.uint8Array({ minLength: 15, maxLength: 15 }),
      (one, other) => {
        const code = recoveryCodeOf(one);
        const typed = code.toUpperCase().replaceAll('-', ' ');
        const isSame = Buffer.compare(one, other) === 0;
        return (
          /^([a-km-np-z2-9]{6}-){3}[a-km-np-z2-9]{6}$/.test(code) &&
          recoveryCodeHash(code)!.equals(recoveryCodeHash(typed)!) &&
          recoveryCodeHash(code)!.equals(recoveryCodeHash(recoveryCodeOf(other))!) === isSame
        );
      },
    ),
  );
  for (const wrong of ['', '123456', 'a'.repeat(23), 'a'.repeat(25), `${'a'.repeat(23)}ä`])
    t.equal(recoveryCodeHash(wrong), null);
});

async function openWithAnn(t: Test) {
  const world = await openAccounts(t);
  await world.accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  for (const username of ['ann', 'bob', 'cal'])
    await world.accounts.createUser(admin, { username, agency: 'alpine', displayName: username });
  const codeOf = (text: string) =>
    new TOTP({ secret: Secret.fromBase32(text) }).generate({ timestamp: world.clock.nowMs });
  return { ...world, codeOf };
}

t.test('enrolled, confirmed, listed, removed, each with its row', async (t) => {
  const { accounts, codeOf, clock, database, ledgerRows } = await openWithAnn(t);
  await t.rejects(accounts.confirmTotp(admin, 'ann', '123456'), {
    code: 'not-found',
    message: /begun/,
  });
  const nobodyHas = { code: 'not-found', message: /no one-time codes/ };
  await t.rejects(accounts.makeRecoveryCodes(admin, 'ann'), nobodyHas);
  await t.rejects(accounts.removeTotp(admin, 'ann'), nobodyHas);
  await t.rejects(accounts.enrolTotp(admin, 'nobody'), { code: 'not-found' });
  await t.rejects(accounts.getSecondFactor('nobody'), { code: 'not-found' });
  const lost = await accounts.enrolTotp(admin, 'ann');
  const { text } = await accounts.enrolTotp(admin, 'ann');
  t.not(text, lost.text, 'one that was not confirmed is made anew');
  await t.rejects(accounts.confirmTotp(admin, 'ann', codeOf(lost.text)), {
    code: 'field-invalid',
    pointer: '/code',
    message: /six digits/,
  });
  await t.rejects(accounts.makeRecoveryCodes(admin, 'ann'), { code: 'not-found' });
  const codes = await accounts.confirmTotp(admin, 'ann', codeOf(text));
  t.equal(new Set(codes).size, 10);
  await t.rejects(accounts.confirmTotp(admin, 'ann', codeOf(text)), {
    code: 'conflict',
    message: /already/,
  });
  await t.rejects(accounts.enrolTotp(admin, 'ann'), { code: 'conflict', message: /remove them/ });
  await accounts.enrolTotp(admin, 'bob');
  await accounts.changeUser(admin, 'cal', { loginMethods: [['password', 'totp']] });

  const all = await accounts.listSecondFactors({ limit: 2, agency: 'alpine' });
  t.match(all.items, [
    {
      username: 'ann',
      state: 'confirmed',
      isAskedFor: false,
      recoveryCodesLeft: 10,
      lastUsedAtMs: clock.nowMs,
    },
    { username: 'bob', state: 'pending', confirmedAtMs: null },
  ]);
  const rest = await accounts.listSecondFactors({ limit: 2, after: all.next });
  t.match(rest, { items: [{ username: 'cal', state: 'none', isAskedFor: true }], next: null });
  for (const [state, names] of [
    ['none', ['cal']],
    ['pending', ['bob']],
    ['confirmed', ['ann']],
  ] as const) {
    const { items } = await accounts.listSecondFactors({ limit: 9, state });
    t.same(
      items.map(({ username }) => username),
      names,
    );
  }

  const stored = await database.read(({ query }) =>
    query.selectFrom('user_totp').selectAll().execute(),
  );
  t.notOk(
    stored.some(({ sealed_secret }) =>
      Buffer.from(sealed_secret).includes(Buffer.from(Secret.fromBase32(text).bytes)),
    ),
  );
  await accounts.removeTotp(admin, 'ann');
  t.match(await accounts.getSecondFactor('ann'), { state: 'none', recoveryCodesLeft: 0 });
  const rows = (await ledgerRows()).slice(4);
  t.same(
    rows.map((row) => row['event']),
    [
      'totp.enrolled.1',
      'totp.enrolled.1',
      'totp.confirmed.1',
      'recovery-codes.made.1',
      'totp.enrolled.1',
      'user.changed.1',
      'totp.removed.1',
    ],
  );
  t.notMatch(JSON.stringify(rows), new RegExp(text));
  t.notMatch(JSON.stringify(rows), new RegExp(codes[0]!));
});

t.test('who has codes, by state and agency', async (t) => {
  const { accounts, codeOf } = await openWithAnn(t);
  const { text } = await accounts.enrolTotp(admin, 'ann');
  await accounts.confirmTotp(admin, 'ann', codeOf(text));
  await accounts.enrolTotp(admin, 'bob');
  const names = async (filter: object) =>
    (await accounts.listSecondFactors({ limit: 9, ...filter })).items.map(
      ({ username }) => username,
    );
  t.same(await names({}), ['ann', 'bob', 'cal']);
  t.same(await names({ state: 'confirmed' }), ['ann']);
  t.same(await names({ state: 'pending' }), ['bob']);
  t.same(await names({ state: 'none', agency: 'alpine' }), ['cal']);
  t.same(await names({ agency: 'elsewhere' }), []);
  t.same(await names({ after: 'ann' }), ['bob', 'cal']);
});

t.test('a user who is removed leaves no secret behind', async (t) => {
  const { accounts, codeOf, database } = await openWithAnn(t);
  const { text } = await accounts.enrolTotp(admin, 'ann');
  await accounts.confirmTotp(admin, 'ann', codeOf(text));
  await accounts.removeUser(admin, 'ann');
  const left = await database.read(async ({ query }) => [
    ...(await query.selectFrom('user_totp').selectAll().execute()),
    ...(await query.selectFrom('recovery_codes').selectAll().execute()),
    ...(await query.selectFrom('former_passwords').selectAll().execute()),
  ]);
  t.same(left, []);
});

t.test('a code that was judged before the codes were enrolled anew is not used', async (t) => {
  const { accounts, codeOf, clock, database } = await openWithAnn(t);
  const { text } = await accounts.enrolTotp(admin, 'ann');
  const [recovery = ''] = await accounts.confirmTotp(admin, 'ann', codeOf(text));
  clock.nowMs += 60_000;
  const login = (await database.read((reader) =>
    accounts.findForLogin(reader, 'ann'),
  )) as LoginFacts;
  const judge = (code: string) =>
    database.read((reader) => accounts.judgeCode(reader, login, code));
  const use = (code: Awaited<ReturnType<typeof judge>>) =>
    database.write((unit) => accounts.useCode(unit, admin, login, code));
  const [old, spent] = [await judge(codeOf(text)), await judge(recovery)];
  await use(spent);
  await t.rejects(use(spent), { code: 'code-used' });
  await accounts.removeTotp(admin, 'ann');
  await t.rejects(use(old), { code: 'totp-missing' });
  await t.rejects(judge(codeOf(text)), { code: 'totp-missing' });
  const again = await accounts.enrolTotp(admin, 'ann');
  await t.rejects(judge(codeOf(again.text)), { code: 'totp-missing' }, 'pending');
  await t.rejects(use(spent), { code: 'totp-missing' }, 'neither is what was good before');
  clock.nowMs += 60_000;
  await accounts.confirmTotp(admin, 'ann', codeOf(again.text));
  await t.rejects(use(old), { code: 'totp-missing' });
});

t.test('a secret that was put to another user opens nothing', async (t) => {
  // Whoever can write to the database, and has codes, would log in as anybody with them.
  const { accounts, codeOf, clock, database } = await openWithAnn(t);
  const codes = new Map<string, string>();
  for (const username of ['ann', 'bob']) {
    const { text } = await accounts.enrolTotp(admin, username);
    await accounts.confirmTotp(admin, username, codeOf(text));
    codes.set(username, text);
  }
  clock.nowMs += 60_000;
  await database.write(async ({ query }) => {
    const rows = await query
      .selectFrom('user_totp')
      .innerJoin('users', 'users.id', 'user_totp.user_id')
      .select(['user_id', 'username', 'sealed_secret'])
      .execute();
    const { sealed_secret } = rows.find(({ username }) => username === 'bob')!;
    const { user_id } = rows.find(({ username }) => username === 'ann')!;
    await query
      .updateTable('user_totp')
      .set({ sealed_secret })
      .where('user_id', '=', user_id)
      .execute();
  });
  const judged = database.read(async (reader) => {
    const login = (await accounts.findForLogin(reader, 'ann')) as LoginFacts;
    return accounts.judgeCode(reader, login, codeOf(codes.get('bob')!));
  });
  await t.rejects(judged);
});

t.test('the rules of pub1075, and the words around a user', async (t) => {
  const policy = passwordPolicies.pub1075;
  const check = (password: string, words: readonly string[] = []) =>
    checkNewPassword(password, 'amy', 1024, { policy, words });
  t.equal(check('Batterie-7-Sta'), 'Batterie-7-Sta');
  for (const [password, words] of [
    ['Batterie-7-St', /14 characters/],
    ['batterie-7-stapel', /capitals/],
    ['BATTERIE-7-STAPEL', /small letters/],
    ['Batterie-x-Stapel', /digits/],
    ['Batterie7Stapel7', /other characters/],
  ] as const)
    t.throws(() => check(password), { message: words });
  const names = ['alameda', 'Amelia Ortiz-Vance', 'Alameda County Child Support'];
  t.throws(() => check('Ortiz-Vance-2030', names), { message: /agency/ });
  t.throws(() => check('Alameda.Amelia1!', names), { message: /agency/ });
  t.equal(check('Ortiz-7-lighthouse-pewter', names), 'Ortiz-7-lighthouse-pewter');
  t.equal(check('Überläufer-12-Öl'), 'Überläufer-12-Öl');
});

t.test(
  'a good code comes too late when the hundredth wrong one was counted before it',
  async (t) => {
    const { accounts, codeOf, clock, database, ledgerRows } = await openWithAnn(t);
    const { text } = await accounts.enrolTotp(admin, 'ann');
    const [recovery = ''] = await accounts.confirmTotp(admin, 'ann', codeOf(text));
    clock.nowMs += 60_000;
    const noteWrong = (username: string | undefined) =>
      database.write((unit) => accounts.noteWrongCode(unit, { username, source: '192.0.2.1:5' }));
    const good = await database.read(async (reader) => {
      const login = (await accounts.findForLogin(reader, 'ann')) as LoginFacts;
      const judge = (code: string) => accounts.judgeCode(reader, login, code);
      return { login, code: await judge(codeOf(text)), recovery: await judge(recovery) };
    });
    const use = (code: typeof good.code) =>
      database.write((unit) => accounts.useCode(unit, admin, good.login, code));
    for (let wrong = 0; wrong < 102; wrong += 1) await noteWrong('ann');
    for (const nobody of [undefined, 'bob', 'nobody']) await noteWrong(nobody);
    await t.rejects(use(good.code), { code: 'totp-blocked' });
    const late = database.read((reader) => accounts.judgeCode(reader, good.login, codeOf(text)));
    await t.rejects(late, { code: 'totp-blocked' }, 'nor looked at');
    t.match(await accounts.getSecondFactor('ann'), { isBlocked: true });
    const rows = (await ledgerRows()).filter(({ event }) => event === 'totp.blocked.1');
    const actor = { kind: 'server' };
    t.match(rows, [
      { actor, username: 'ann', agency: 'alpine', count: 100, source: '192.0.2.1:5' },
    ]);
    t.equal(rows.length, 1);
    t.match(good.recovery, { kind: 'recovery' });
    await use(good.recovery);
    await use(good.code);
    const again = database.read((reader) => accounts.judgeCode(reader, good.login, codeOf(text)));
    await t.rejects(again, { code: 'code-used' });
  },
);

/** Rules of 24 passwords take hundreds of hashes, which are not what is looked at here. */
const plainHashing: PasswordHashing = {
  hash: async (password) => password,
  verify: async (hash, password) => hash === password,
  isOutdated: () => false,
  load: () => ({ running: 0, waiting: 0 }),
};

async function openStrict(t: Test) {
  const world = await openAccounts(t, { profile: 'pub1075', passwordHashing: plainHashing });
  const { accounts } = world;
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  return {
    ...world,
    set: (number: number) => accounts.setPassword(admin, 'ann', `Batterie-${number}-Stapel`),
  };
}

t.test('a password that was removed stays among the last 24', async (t) => {
  const { accounts, set } = await openStrict(t);
  await set(7);
  await accounts.removePassword(admin, 'ann');
  await t.rejects(set(7), { message: /before/ });
});

t.test('the last 24 passwords may not come back, and the one before them may', async (t) => {
  const { set } = await openStrict(t);
  for (let number = 10; number < 35; number += 1) await set(number);
  for (const number of [34, 33, 11]) await t.rejects(set(number), { message: /before/ });
  await set(10);
  await t.rejects(set(34), { message: /before/ });
  await set(11);
});
