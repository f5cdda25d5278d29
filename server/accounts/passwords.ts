import type { Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import { fieldInvalid } from './fields.ts';
import type { LoginFacts } from './logins.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { passwordPolicies } from './password-policies.ts';
import type { PasswordPolicy } from './password-policies.ts';
import { checkNewPassword, isPasswordText, normalisePassword } from './password-rules.ts';
import { newId } from './parts.ts';
import { findUser } from './user-rows.ts';
import type { User } from './user-rows.ts';

export type Passwords = {
  /**
   * Replaces what was set before.
   *
   * @param temporary to be changed at the first use; what the profile says if not given
   * @throws Fault `not-found`, `field-invalid` at `/password` or `/temporary`, `hashing-busy`
   */
  setPassword(
    origin: Origin,
    username: string,
    password: string,
    temporary?: boolean,
  ): Promise<void>;
  /** @throws Fault `not-found`, also when none is set */
  removePassword(origin: Origin, username: string): Promise<void>;
  /**
   * True only for the password of `hash`. With null it costs as much and is false.
   *
   * @throws Fault `hashing-busy`, or `proof-malformed` for what cannot be a password
   */
  verifyPassword(hash: string | null, password: unknown): Promise<boolean>;
  /** Why the password has to be changed before it lets anybody in; null if it has not. */
  passwordDue(login: LoginFacts, nowMs: number): FaultCode | null;
  /**
   * What a user wants to change it to, who has just proven it.
   *
   * @returns the hash of the new one, for `useNewPassword`
   * @throws Fault `password-unacceptable` with what is wrong in words, `hashing-busy`
   */
  hashNewPassword(login: LoginFacts, newPassword: string): Promise<string>;
  /** Puts a new password in the old one's place, in the unit that accepts the login with the old one. */
  useNewPassword(unit: Unit, origin: Origin, login: LoginFacts, newHash: string): Promise<void>;
  /** Hashes a password anew that was just proven, if new ones cost more by now. @throws Fault `hashing-busy` */
  rehashPassword(login: LoginFacts, source: string, password: string): Promise<void>;
};

export function createPasswords(parts: AccountParts): Passwords {
  const policy = passwordPolicies[parts.profile ?? 'baseline'];
  return {
    setPassword: (origin, username, password, temporary) =>
      setPassword(parts, policy, origin, { username, password, temporary }),
    removePassword: (origin, username) => removePassword(parts, policy, origin, username),
    verifyPassword: async (hash, password) => {
      if (!isPasswordText(password, parts.limits.passwordBytesMax))
        throw new Fault('proof-malformed');
      return parts.passwordHashing.verify(hash, normalisePassword(password));
    },
    passwordDue: (login, nowMs) => dueReason(policy, login, nowMs),
    hashNewPassword: (login, newPassword) => hashNewPassword(parts, policy, login, newPassword),
    useNewPassword: (unit, origin, login, newHash) =>
      useNewPassword(parts, policy, unit, origin, { login, newHash }),
    rehashPassword: (login, source, password) => rehash(parts, login, { source, password }),
  };
}

function dueReason(
  { personMsMax, serviceMsMax }: PasswordPolicy,
  { accountKind, passwordSetAtMs, passwordTemporary }: LoginFacts,
  nowMs: number,
): FaultCode | null {
  if (passwordTemporary) return 'password-temporary';
  const ageMsMax = accountKind === 'service' ? serviceMsMax : personMsMax;
  if (ageMsMax === null || passwordSetAtMs === null) return null;
  return nowMs >= passwordSetAtMs + ageMsMax ? 'password-expired' : null;
}

async function setPassword(
  parts: AccountParts,
  policy: PasswordPolicy,
  origin: Origin,
  {
    username,
    password,
    temporary,
  }: { username: string; password: string; temporary: boolean | undefined },
): Promise<void> {
  const { user, words, hashes } = await parts.database.read(async (reader) => {
    const user = await findUser(reader, username);
    return {
      user,
      words: await wordsAround(reader, user),
      hashes: await hashesOf(reader, user.id),
    };
  });
  const checked = checkNewPassword(password, username, parts.limits.passwordBytesMax, {
    policy,
    words,
  });
  const mustBeTemporary = policy.isTemporary && user.accountKind === 'person';
  if (mustBeTemporary && temporary === false)
    throw fieldInvalid('/temporary', 'true: under this profile only the user knows the password');
  // Whoever administers may set the present one again, as long as nothing else is asked for.
  if (policy.generations > 1) await assertNew(parts, hashes, checked);
  // Hashed before the unit, which awaits nothing but the database.
  const hash = await parts.passwordHashing.hash(checked);
  await parts.database.write(
    async (unit) => {
      const { id, agency } = await findUser(unit, username);
      const isTemporary = temporary ?? mustBeTemporary;
      await storeHash(parts, unit, policy, { userId: id, hash, isTemporary });
      await recordChange(parts, unit, origin, {
        event: 'password.set.2',
        username,
        agency,
        profile: parts.profile ?? 'baseline',
        temporary: isTemporary,
        by: 'administrator',
      });
    },
    { by: origin },
  );
}

async function hashNewPassword(
  parts: AccountParts,
  policy: PasswordPolicy,
  login: LoginFacts,
  newPassword: string,
): Promise<string> {
  const { userId, username } = login;
  const { words, hashes, nowMs } = await parts.database.read(async (reader) => ({
    words: await wordsAround(reader, await findUser(reader, username)),
    hashes: await hashesOf(reader, userId),
    nowMs: reader.nowMs,
  }));
  const youngUntilMs = login.passwordSetAtMs! + policy.ageMsMin;
  if (dueReason(policy, login, nowMs) === null && nowMs < youngUntilMs)
    throw new Fault('password-unacceptable', 'a password can be changed again after one day');
  const checked = await acceptable(async () => {
    const bytesMax = parts.limits.passwordBytesMax;
    const text = checkNewPassword(newPassword, username, bytesMax, { policy, words });
    await assertNew(parts, hashes, text);
    return text;
  });
  return parts.passwordHashing.hash(checked);
}

async function useNewPassword(
  parts: AccountParts,
  policy: PasswordPolicy,
  unit: Unit,
  origin: Origin,
  { login, newHash: hash }: { readonly login: LoginFacts; readonly newHash: string },
): Promise<void> {
  const { userId, username, agencyCode: agency } = login;
  await storeHash(parts, unit, policy, { userId, hash, isTemporary: false });
  await recordChange(parts, unit, origin, {
    event: 'password.set.2',
    username,
    agency,
    profile: parts.profile ?? 'baseline',
    temporary: false,
    by: 'user',
  });
}

/** The rules speak of a field; a user who changes the password at the login has none. */
async function acceptable(check: () => Promise<string>): Promise<string> {
  try {
    return await check();
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'field-invalid') throw cause;
    throw new Fault('password-unacceptable', cause.message, { cause });
  }
}

/** @throws Fault `field-invalid` for one that the user had before; each costs a hash */
async function assertNew(
  { passwordHashing }: AccountParts,
  hashes: readonly string[],
  password: string,
): Promise<void> {
  for (const hash of hashes)
    if (await passwordHashing.verify(hash, password))
      throw fieldInvalid('/password', 'the password was used before');
}

async function rehash(
  parts: AccountParts,
  login: LoginFacts,
  { source, password }: { source: string; password: string },
): Promise<void> {
  const { userId, username, passwordHash } = login;
  if (passwordHash === null || !parts.passwordHashing.isOutdated(passwordHash)) return;
  const hash = await parts.passwordHashing.hash(normalisePassword(password));
  await parts.database.write(async (unit) => {
    const [now] = await hashesOf(unit, userId);
    // Another login has done it, or it is another password.
    if (now !== passwordHash) return;
    await unit.query
      .updateTable('user_passwords')
      .set({ hash })
      .where('user_id', '=', userId)
      .execute();
    await recordChange(parts, unit, originOf(login, source), {
      event: 'password.rehashed.1',
      username,
      agency: login.agencyCode,
    });
  });
}

/** The present one and, behind it, those before, the newest first. */
async function hashesOf(
  { query }: Pick<Unit, 'query'>,
  userId: string,
): Promise<readonly string[]> {
  const present = await query
    .selectFrom('user_passwords')
    .select('hash')
    .where('user_id', '=', userId)
    .execute();
  const former = await query
    .selectFrom('former_passwords')
    .select('hash')
    .where('user_id', '=', userId)
    .orderBy('number', 'desc')
    .execute();
  return [...present, ...former].map(({ hash }) => hash);
}

/** Puts a hash in the place of the present one, which is kept as long as it may not come back. */
async function storeHash(
  parts: AccountParts,
  unit: Unit,
  policy: PasswordPolicy,
  { userId, hash, isTemporary }: { userId: string; hash: string; isTemporary: boolean },
): Promise<void> {
  await putBehind(unit, policy, userId);
  await unit.query
    .deleteFrom('expiry_warnings')
    .where('kind', '=', 'password')
    .where('subject', '=', userId)
    .execute();
  const password_id = newId(parts);
  const set = { hash, password_id, set_at: unit.nowMs, temporary: isTemporary ? 1 : 0 };
  await unit.query
    .insertInto('user_passwords')
    .values({ user_id: userId, ...set })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(set))
    .execute();
}

/** Keeps the present hash among those before, and of these as many as may not come back. */
async function putBehind(
  { query }: Unit,
  { generations }: PasswordPolicy,
  userId: string,
): Promise<void> {
  await query
    .insertInto('former_passwords')
    .columns(['user_id', 'hash'])
    .expression((from) =>
      from.selectFrom('user_passwords').select(['user_id', 'hash']).where('user_id', '=', userId),
    )
    .execute();
  const former = await query
    .selectFrom('former_passwords')
    .select('number')
    .where('user_id', '=', userId)
    .orderBy('number', 'desc')
    .execute();
  for (const { number } of former.slice(generations - 1))
    await query.deleteFrom('former_passwords').where('number', '=', number).execute();
}

/** Words that whoever knows the user tries first. */
async function wordsAround(
  { query }: Pick<Unit, 'query'>,
  { agency, displayName }: User,
): Promise<readonly string[]> {
  const { name } = await query
    .selectFrom('agencies')
    .select('name')
    .where('code', '=', agency)
    .executeTakeFirstOrThrow();
  return [agency, displayName, name];
}

function originOf({ userId, username, agencyCode: agency }: LoginFacts, source: string): Origin {
  return { actor: { kind: 'user', userId, username, agency }, session: null, source };
}

async function removePassword(
  parts: AccountParts,
  policy: PasswordPolicy,
  origin: Origin,
  username: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      if (user.passwordSetAtMs === null) throw new Fault('not-found', 'the user has no password');
      await putBehind(unit, policy, user.id);
      await unit.query.deleteFrom('user_passwords').where('user_id', '=', user.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'password.removed.1',
        username,
        agency: user.agency,
      });
    },
    { by: origin },
  );
}
