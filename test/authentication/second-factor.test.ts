import t, { type Test } from 'tap';
import { Secret, TOTP } from 'otpauth';
import { createPasswordHashing } from '../../server/accounts/password-hashing.ts';
import type { AccountParts } from '../../server/accounts/parts.ts';
import type { Proof } from '../../server/domain/authentication.ts';
import { Fault } from '../../server/domain/faults.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import {
  openDesk,
  password,
  refusals,
  refusedAlike,
  type Client,
  type Desk,
} from './fixtures/logins.ts';

const key = testKey('ed25519');
const ask: Proof = { kind: 'interactive' };
const word = (text: string): Proof => ({ kind: 'password', password: text });
const answers = (...given: string[]): Proof => ({ kind: 'answers', answers: given });
const passwordPrompt = {
  kind: 'prompt',
  instruction: '',
  prompts: [{ text: 'Password: ', echo: false }],
};
const codePrompt = {
  kind: 'prompt',
  instruction: '',
  prompts: [{ text: 'One-time code: ', echo: false }],
};
const newPrompt = {
  kind: 'prompt',
  prompts: [
    { text: 'New password: ', echo: false },
    { text: 'New password once more: ', echo: false },
  ],
};

/** Ann with one-time codes, of which none was used for a while. */
async function openWithCodes(t: Test, parts: Partial<AccountParts> = {}) {
  const desk = await openDesk(t, {}, parts);
  const codes = await enrol(desk);
  await desk.accounts.changeUser(admin, 'ann', {
    loginMethods: [
      ['publickey', 'totp'],
      ['password', 'totp'],
    ],
  });
  return { ...desk, ...codes };
}

async function enrol({ accounts, clock }: Desk) {
  const { text } = await accounts.enrolTotp(admin, 'ann');
  const totp = new TOTP({ secret: Secret.fromBase32(text) });
  const code = (steps = 0) => totp.generate({ timestamp: clock.nowMs + steps * 30_000 });
  const recoveryCodes = await accounts.confirmTotp(admin, 'ann', code());
  clock.nowMs += 10 * 60_000;
  return { code, recoveryCodes };
}

/** Ann, whose password was hashed as hashes are made no more. */
async function openOutdated(t: Test) {
  const old = await createPasswordHashing({ queuedMax: 8 });
  const now = await createPasswordHashing({ queuedMax: 8, pepper: Buffer.alloc(32, 1) });
  let isOld = true;
  const hash = (text: string) => (isOld ? old.hash(text) : now.hash(text));
  const isOutdated = (text: string) => !isOld && now.isOutdated(text);
  const desk = await openDesk(t, {}, { passwordHashing: { ...now, hash, isOutdated } });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  return { ...desk, update: () => void (isOld = false) };
}

async function afterKey(desk: Desk): Promise<Client> {
  const client = await desk.connect();
  await client.sign(key);
  return client;
}

async function withCode(desk: Desk, code: string) {
  const client = await afterKey(desk);
  await client.try('ann', ask);
  return client.try('ann', answers(code));
}

t.test('a key, and then a code', async (t) => {
  const desk = await openWithCodes(t);
  const client = await desk.connect();
  t.same(await client.sign(key), {
    kind: 'refused',
    methods: ['keyboard-interactive'],
    partial: true,
  });
  t.same(await client.try('ann', ask), codePrompt);
  t.match(await client.try('ann', answers(desk.code())), { kind: 'accepted' });
  t.match(desk.authentication.sessions()[0]?.proofs, [/^publickey/, 'totp']);
  t.match(await desk.accounts.getSecondFactor('ann'), {
    state: 'confirmed',
    isAskedFor: true,
    driftSteps: 0,
    recoveryCodesLeft: 10,
  });
});

t.test('a password and then a code, in one conversation', async (t) => {
  const desk = await openWithCodes(t);
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  t.same(await client.try('ann', ask), passwordPrompt);
  t.same(await client.try('ann', answers(password)), codePrompt, 'no other request in between');
  t.match(await client.try('ann', answers(desk.code())), { kind: 'accepted' });
  t.same(desk.authentication.sessions()[0]?.proofs, ['password', 'totp']);
  // Whose password came by its own method has not begun a conversation.
  const other = await desk.connect();
  t.same(await other.try('ann', word(password)), {
    kind: 'refused',
    methods: ['keyboard-interactive'],
    partial: true,
  });
  t.match(await other.try('ann', answers(desk.code(1))), { kind: 'refused', partial: false });
});

t.test('nobody learns from the questions who exists', async (t) => {
  const desk = await openWithCodes(t);
  for (const username of ['ann', 'nobody']) {
    const client = await desk.connect();
    t.same(await client.try(username, ask), passwordPrompt);
    t.same(await client.try(username, answers('wrong horse battery staple')), refusedAlike);
  }
  t.same(await refusals(desk), ['password-wrong', 'user-unknown']);
});

t.test('clocks may be 30 seconds apart, and how far is noted', async (t) => {
  for (const [steps, accepted] of [
    [-2, false],
    [-1, true],
    [1, true],
    [2, false],
  ] as const) {
    const desk = await openWithCodes(t);
    const reply = await withCode(desk, desk.code(steps));
    t.equal(reply.kind, accepted ? 'accepted' : 'refused', `${steps}`);
    const { driftSteps } = await desk.accounts.getSecondFactor('ann');
    t.equal(driftSteps, accepted ? steps : 0);
  }
});

t.test('a code is good once, and none before it afterwards', async (t) => {
  const desk = await openWithCodes(t);
  t.match(await withCode(desk, desk.code()), { kind: 'accepted' });
  t.match(await withCode(desk, desk.code()), { kind: 'refused' });
  t.match(await withCode(desk, desk.code(-1)), { kind: 'refused' });
  t.match(await withCode(desk, desk.code(1)), { kind: 'accepted' });
  t.same(await refusals(desk), ['code-used', 'code-used']);
});

t.test('of two who come with one code at once, one is let in', async (t) => {
  const desk = await openWithCodes(t);
  const replies = await Promise.all([withCode(desk, desk.code()), withCode(desk, desk.code())]);
  t.same(replies.map(({ kind }) => kind).toSorted(), ['accepted', 'refused']);
  t.same(await refusals(desk), ['code-used']);
});

t.test('a recovery code is good once, however it is typed', async (t) => {
  const desk = await openWithCodes(t);
  const [first = '', second = ''] = desk.recoveryCodes;
  t.match(first, /^([a-z2-9]{6}-){3}[a-z2-9]{6}$/);
  t.match(await withCode(desk, first), { kind: 'accepted' });
  t.match(desk.authentication.sessions()[0]?.proofs, [/^publickey/, 'recovery-code']);
  t.match(await withCode(desk, first), { kind: 'refused' });
  t.match(await withCode(desk, ` ${second.replaceAll('-', ' ').toUpperCase()}`), {
    kind: 'accepted',
  });
  t.same(await refusals(desk), ['code-wrong']);
  t.match(await desk.accounts.getSecondFactor('ann'), { recoveryCodesLeft: 8 });
  await desk.accounts.makeRecoveryCodes(admin, 'ann');
  t.match(await withCode(desk, desk.recoveryCodes[2]!), { kind: 'refused' });
});

t.test('the last recovery code is told to be the last', async (t) => {
  const desk = await openWithCodes(t);
  for (const code of desk.recoveryCodes) t.match(await withCode(desk, code), { kind: 'accepted' });
  const rows = await desk.ledgerRows();
  t.same(
    rows.filter(({ event }) => event === 'recovery-code.used.1').map((row) => row['left']),
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  );
  t.match(await desk.accounts.getSecondFactor('ann'), { recoveryCodesLeft: 0 });
});

t.test('wrong codes lock the account, and right ones do not help then', async (t) => {
  const desk = await openWithCodes(t);
  for (let attempt = 0; attempt < 10; attempt += 1) await withCode(desk, '000000');
  t.match(await withCode(desk, desk.code()), { kind: 'refused' });
  t.same((await refusals(desk)).slice(-2), ['code-wrong', 'account-locked']);
});

t.test('answers without a question, and too few or many, are malformed', async (t) => {
  const desk = await openWithCodes(t);
  const client = await desk.connect();
  t.same(await client.try('ann', answers('x')), refusedAlike);
  await client.try('ann', ask);
  t.same(await client.try('ann', answers('x', 'y')), refusedAlike);
  await client.try('ann', ask);
  t.same(await client.try('ann', answers()), refusedAlike);
  await client.try('ann', ask);
  await client.try('ann', { kind: 'none' });
  t.same(await client.try('ann', answers(password)), refusedAlike, 'the question was given up');
  t.same(await refusals(desk), ['proof-malformed']);
});

t.test('codes that were taken away let nobody in', async (t) => {
  const desk = await openWithCodes(t);
  const client = await afterKey(desk);
  await client.try('ann', ask);
  await desk.accounts.removeTotp(admin, 'ann');
  t.match(await client.try('ann', answers(desk.code())), { kind: 'refused' });
  t.same(await refusals(desk), ['totp-missing']);
});

t.test('a temporary password is changed, in either method', async (t) => {
  const desk = await openDesk(t);
  const fresh = 'plenty of unrelated words here';
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password, true);
  const client = await desk.connect();
  t.match(await client.try('ann', word(password)), {
    kind: 'change-needed',
    prompt: /administrator/,
  });
  const change = (newPassword: string): Proof => ({
    kind: 'password-change',
    password,
    newPassword,
  });
  t.match(await client.try('ann', change('short')), {
    kind: 'change-needed',
    prompt: /15 characters/,
  });
  t.match(await client.try('ann', change(password)), { kind: 'change-needed', prompt: /before/ });
  t.match(await client.try('ann', change(fresh)), { kind: 'accepted' });

  await desk.accounts.setPassword(admin, 'ann', password, true);
  const other = await desk.connect();
  await other.try('ann', ask);
  t.match(await other.try('ann', answers(password)), newPrompt);
  t.match(await other.try('ann', answers(fresh, `${fresh}!`)), {
    ...newPrompt,
    instruction: /same/,
  });
  t.match(await other.try('ann', answers(fresh, fresh)), { kind: 'accepted' });
  t.match((await refusals(desk)).slice(0, 2), ['password-temporary', 'password-unacceptable']);
});

/** Ann, whose password is temporary, asked for a new one by keyboard-interactive. */
async function openAskedForNew(t: Test) {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password, true);
  const client = await desk.connect();
  await client.try('ann', ask);
  t.match(await client.try('ann', answers(password)), newPrompt);
  return { desk, client };
}

t.test('a change of password that was begun does not have to be gone on with', async (t) => {
  // Who was asked for a new password by keyboard-interactive, and then sends one as `password` does, is answered as such.
  const { client } = await openAskedForNew(t);
  const change: Proof = { kind: 'password-change', password, newPassword: 'short' };
  t.match(await client.try('ann', change), { kind: 'change-needed', prompt: /15 characters/ });
  t.match(await client.try('ann', answers('fresh enough words', 'fresh enough words')), {
    kind: 'refused',
  });
});

t.test('a password that was set anew is not replaced by who was asked before', async (t) => {
  const { desk, client } = await openAskedForNew(t);
  await desk.accounts.setPassword(admin, 'ann', 'plenty of unrelated words here');
  // Nor told what is wrong with the new one.
  t.same(await client.try('ann', answers('short', 'short')), refusedAlike);
  t.same(await refusals(desk), ['password-temporary', 'password-wrong']);
});

t.test('wrong passwords are no wrong codes', async (t) => {
  const desk = await openWithCodes(t);
  await desk.accounts.setPassword(admin, 'ann', password);
  const counted = () =>
    desk.database.read(({ query }) =>
      query.selectFrom('user_totp').select('wrong_codes').executeTakeFirst(),
    );
  t.match(await (await desk.connect()).try('ann', word('wrong horse battery staple')), {
    kind: 'refused',
  });
  t.same(await counted(), { wrong_codes: 0 });
  t.match(await withCode(desk, '000000'), { kind: 'refused' });
  t.same(await counted(), { wrong_codes: 1 });
});

t.test('pub1075: age, history, four kinds of characters, and never a password alone', async (t) => {
  const dayMs = 24 * 60 * 60_000;
  const desk = await openWithCodes(t, { profile: 'pub1075' });
  await t.rejects(desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] }), {
    code: 'field-invalid',
    pointer: '/loginMethods',
  });
  await t.rejects(desk.accounts.setPassword(admin, 'ann', password), { message: /capitals/ });
  await t.rejects(desk.accounts.setPassword(admin, 'ann', 'Batterie-7-Stapel', false), {
    code: 'field-invalid',
    pointer: '/temporary',
  });
  await desk.accounts.setPassword(admin, 'ann', 'Batterie-7-Stapel');
  const change = (old: string, fresh: string): Proof => ({
    kind: 'password-change',
    password: old,
    newPassword: fresh,
  });
  const partial = { kind: 'refused', partial: true };
  const first = await desk.connect();
  t.match(await first.try('ann', word('Batterie-7-Stapel')), { kind: 'change-needed' });
  t.match(await first.try('ann', change('Batterie-7-Stapel', 'Batterie-8-Stapel')), partial);
  await first.try('ann', ask);
  t.match(await first.try('ann', answers(desk.code())), { kind: 'accepted' });
  const young = await desk.connect();
  t.match(await young.try('ann', change('Batterie-8-Stapel', 'Batterie-9-Stapel')), {
    kind: 'change-needed',
    prompt: /one day/,
  });
  desk.clock.nowMs += 90 * dayMs;
  const old = await desk.connect();
  t.match(await old.try('ann', word('Batterie-8-Stapel')), {
    kind: 'change-needed',
    prompt: /expired/,
  });
  t.match(await old.try('ann', change('Batterie-8-Stapel', 'Batterie-7-Stapel')), {
    kind: 'change-needed',
    prompt: /before/,
  });
  t.match(await old.try('ann', change('Batterie-8-Stapel', 'Batterie-9-Stapel')), partial);
});

t.test('a hash of before the pepper is good, and made anew at the login', async (t) => {
  const old = await createPasswordHashing({ queuedMax: 8 });
  const now = await createPasswordHashing({ queuedMax: 8, pepper: Buffer.alloc(32, 1) });
  const desk = await openDesk(
    t,
    {},
    { passwordHashing: { ...now, hash: async (password) => old.hash(password) } },
  );
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const hashOf = async () =>
    (await desk.database.read((reader) => desk.accounts.findForLogin(reader, 'ann')))?.passwordHash;
  const before = await hashOf();
  t.match(await (await desk.connect()).try('ann', word(password)), { kind: 'accepted' });
  t.not(await hashOf(), before);
  const hash = await now.hash(password);
  t.match(hash, /^\$hmac-sha256\$argon2id\$/);
  t.equal(await now.verify(hash, password), true);
  t.equal(now.isOutdated(hash), false);
  t.equal(now.isOutdated(before!), true);
  t.equal(old.isOutdated(before!), false);
  await t.rejects(old.verify(hash, password), /pepper/);
});

// Hashes are made anew at the first login after an update, and clients that move files in parallel log in several at once:
// all but the first were refused as if the password had been wrong, which locked accounts.
t.test('logins at once are all let in while a hash is made anew', async (t) => {
  const desk = await openOutdated(t);
  desk.update();
  const clients = await Promise.all(Array.from({ length: 4 }, () => desk.connect()));
  const replies = await Promise.all(clients.map((client) => client.try('ann', word(password))));
  t.same(
    replies.map(({ kind }) => kind),
    Array.from({ length: 4 }, () => 'accepted'),
  );
  t.same(await refusals(desk), []);
});

t.test('a login that waits for its code outlives a new hash, and no new password', async (t) => {
  const desk = await openOutdated(t);
  const { code } = await enrol(desk);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password', 'totp']] });
  const [waiting, late] = [await desk.connect(), await desk.connect()];
  for (const client of [waiting, late]) await client.try('ann', word(password));
  desk.update();
  t.match(await (await desk.connect()).try('ann', word(password)), { partial: true });
  await waiting.try('ann', ask);
  t.match(await waiting.try('ann', answers(code())), { kind: 'accepted' });
  // The same words, set again: what was proven before that is proven no more.
  await desk.accounts.setPassword(admin, 'ann', password);
  desk.clock.nowMs += 60_000;
  await late.try('ann', ask);
  t.match(await late.try('ann', answers(code())), { kind: 'refused' });
  t.same(await refusals(desk), ['password-wrong']);
});

// The new password was stored before the code was asked for: who had only the password kept its user out with it.
t.test('a password is not changed before the login is whole', async (t) => {
  const desk = await openWithCodes(t);
  const fresh = 'plenty of unrelated words here';
  const change: Proof = { kind: 'password-change', password, newPassword: fresh };
  await desk.accounts.setPassword(admin, 'ann', password);
  const user = await afterKey(desk);
  await user.try('ann', ask);
  t.match(await user.try('ann', answers(desk.code())), { kind: 'accepted' });
  const thief = await desk.connect();
  t.match(await thief.try('ann', change), { kind: 'refused', partial: true });
  await thief.try('ann', ask);
  t.match(await thief.try('ann', answers('000000')), { kind: 'refused' });
  t.equal(desk.authentication.sessions().length, 1);
  const sets = async () =>
    (await desk.ledgerRows()).filter(
      ({ event, by }) => event === 'password.set.2' && by === 'user',
    );
  t.same(await sets(), []);

  desk.clock.nowMs += 60_000;
  const owner = await desk.connect();
  t.match(await owner.try('ann', change), { kind: 'refused', partial: true });
  await owner.try('ann', ask);
  const reply = await owner.try('ann', answers(desk.code()));
  t.match(reply, { kind: 'accepted' });
  t.match(await sets(), [
    {
      actor: { kind: 'user', username: 'ann' },
      session: desk.authentication.sessions().at(-1)?.sessionId,
    },
  ]);
  t.match(await (await desk.connect()).try('ann', word(password)), { partial: false });
  t.match(await (await desk.connect()).try('ann', word(fresh)), { partial: true });
});

t.test('a user who is disabled while logging in has changed nothing', async (t) => {
  const desk = await openWithCodes(t);
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  const newPassword = 'plenty of unrelated words here';
  await client.try('ann', { kind: 'password-change', password, newPassword });
  await desk.accounts.changeUser(admin, 'ann', { status: 'disabled' });
  await client.try('ann', ask);
  t.match(await client.try('ann', answers(desk.code())), { kind: 'refused' });
  await desk.accounts.changeUser(admin, 'ann', { status: 'active' });
  t.match(await (await desk.connect()).try('ann', word(password)), { partial: true });
});

// A key alone let everybody in: the profile asks for two factors of each (IRS Publication 1075, IA-2).
t.test('pub1075: a key alone lets nobody in but a job at its own addresses', async (t) => {
  const desk = await openWithCodes(t, { profile: 'pub1075' });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey']] });
  const byKey = async () => (await (await desk.connect()).sign(key)).kind;
  t.equal(await byKey(), 'refused', 'a person');
  await desk.accounts.changeUser(admin, 'ann', { allowedCidrs: ['192.0.2.0/24'] });
  t.equal(await byKey(), 'refused', 'a person at an address');
  await desk.accounts.changeUser(admin, 'ann', { accountKind: 'service' });
  t.equal(await byKey(), 'accepted', 'a job at its address');
  await desk.accounts.changeUser(admin, 'ann', { allowedCidrs: [] });
  t.equal(await byKey(), 'refused', 'a job anywhere');
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'totp']] });
  t.match(await withCode(desk, desk.code()), { kind: 'accepted' });
  t.same(
    await refusals(desk),
    Array.from({ length: 3 }, () => 'second-factor-missing'),
  );
});

// Only the lock slowed guesses of codes: about a thousand a day, of a million, for ever.
t.test('after a hundred wrong codes in a row none is taken but a recovery code', async (t) => {
  const desk = await openWithCodes(t);
  // One of them would be right in one of three thousand runs.
  const taken = () => [-1, 0, 1].map((steps) => desk.code(steps));
  const wrong = () => (taken().includes('000000') ? '000001' : '000000');
  const guess = async (code = wrong(), address = '192.0.2.10') => {
    const client = await desk.connect({ address });
    await client.sign(key);
    await client.try('ann', ask);
    const reply = await client.try('ann', answers(code));
    await client.close();
    return reply;
  };
  for (let guesses = 0; guesses < 100; guesses += 1) {
    await guess();
    desk.clock.nowMs += 16 * 60_000;
  }
  // The rows of refusals of one address are bounded.
  t.match(await guess(desk.code(), '192.0.2.11'), { kind: 'refused' });
  t.equal((await refusals(desk)).at(-1), 'totp-blocked');
  const events = (await desk.ledgerRows()).map(({ event }) => event);
  t.equal(events.filter((event) => event === 'totp.blocked.1').length, 1);
  t.match(await desk.accounts.getSecondFactor('ann'), { isBlocked: true });
  t.match(await guess(desk.recoveryCodes[0]), { kind: 'accepted' });
  t.match(await desk.accounts.getSecondFactor('ann'), { isBlocked: false });
  t.match(await guess(desk.code()), { kind: 'accepted' });
});

t.test(
  'a hash that cannot be made anew today keeps nobody out, unless it is a defect',
  async (t) => {
    for (const [error, kind] of [
      [new Fault('hashing-busy'), 'accepted'],
      [new Error('a defect'), 'refused'],
    ] as const) {
      const good = await createPasswordHashing({ queuedMax: 8 });
      let isBroken = false;
      const hash = async (text: string) => {
        if (isBroken) throw error;
        return good.hash(text);
      };
      const passwordHashing = { ...good, hash, isOutdated: () => isBroken };
      const desk = await openDesk(t, {}, { passwordHashing });
      await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
      await desk.accounts.setPassword(admin, 'ann', password);
      isBroken = true;
      t.equal((await (await desk.connect()).try('ann', word(password))).kind, kind);
    }
  },
);

t.test('a new password that cannot be looked at changes nothing', async (t) => {
  const good = await createPasswordHashing({ queuedMax: 8 });
  let verified = 0;
  const verify = async (hash: string | null, text: string) => {
    verified += 1;
    if (verified === 2) throw new Fault('hashing-busy');
    return good.verify(hash, text);
  };
  const desk = await openDesk(t, {}, { passwordHashing: { ...good, verify } });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const newPassword = 'plenty of unrelated words here';
  const client = await desk.connect();
  t.same(await client.try('ann', { kind: 'password-change', password, newPassword }), refusedAlike);
  t.same(await refusals(desk), ['hashing-busy']);
  t.match(await client.try('ann', word(password)), { kind: 'accepted' });
});

t.test(
  'a password that was set anew meanwhile is not replaced by who knew the old one',
  async (t) => {
    const desk = await openDesk(t);
    const fresh = 'plenty of unrelated words here';
    await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
    await desk.accounts.setPassword(admin, 'ann', password, true);
    const client = await desk.connect();
    await client.try('ann', ask);
    t.match(await client.try('ann', answers(password)), newPrompt);
    await desk.accounts.setPassword(admin, 'ann', 'another lantern for the barn', true);
    t.same(await client.try('ann', answers(fresh, fresh)), refusedAlike);
    t.same(await refusals(desk), ['password-temporary', 'password-wrong']);
  },
);

t.test('keyboard-interactive asks for nothing where a key has to come next', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password', 'publickey']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  await client.try('ann', ask);
  t.same(await client.try('ann', answers(password)), {
    kind: 'refused',
    methods: ['publickey'],
    partial: true,
  });
  t.match(await client.try('ann', ask), { kind: 'refused', partial: false });
  t.same(await refusals(desk), ['method-not-allowed']);
  t.match(await client.sign(key), { kind: 'accepted' });
});
