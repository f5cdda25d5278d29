import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { fieldInvalid } from './fields.ts';
import {
  recoveryCodeBytes,
  recoveryCodeHash,
  recoveryCodeOf,
  recoveryCodesMade,
  stepOfCode,
  totpSecretBytes,
  totpSecretOf,
  wrongCodesMax,
} from './one-time-code.ts';
import type { TotpSecret, UsedStep } from './one-time-code.ts';
import type { LoginFacts } from './logins.ts';
import { recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { findFactor, listFactors, recoveryCodesLeft } from './second-factor-list.ts';
import type { FactorListing, SecondFactor } from './second-factor-list.ts';
import { findUser } from './user-rows.ts';

/** A code that was good when it was judged; it is used up by the unit that accepts the login. */
export type JudgedCode =
  | ({ readonly kind: 'totp'; readonly confirmedAtMs: number } & UsedStep)
  | { readonly kind: 'recovery'; readonly hash: Uint8Array };

export type SecondFactors = {
  /** Makes a secret that is shown this once. @throws Fault `not-found`, `conflict` where one is in use */
  enrolTotp(origin: Origin, username: string): Promise<TotpSecret>;
  /**
   * Takes the secret into use with a first code of it, which is used up by that.
   *
   * @returns recovery codes, shown this once
   * @throws Fault `not-found`, `conflict`, `field-invalid` at `/code`
   */
  confirmTotp(origin: Origin, username: string, code: string): Promise<readonly string[]>;
  /** Those before are good no more. @throws Fault `not-found` */
  makeRecoveryCodes(origin: Origin, username: string): Promise<readonly string[]>;
  /** With its recovery codes. @throws Fault `not-found`, also where there is none */
  removeTotp(origin: Origin, username: string): Promise<void>;
  /** @throws Fault `not-found` */
  getSecondFactor(username: string): Promise<SecondFactor>;
  /** In the order of user names; `after` is the last one of the page before. */
  listSecondFactors(listing: FactorListing): Promise<Page<SecondFactor>>;
  /** @throws Fault `totp-missing`, `totp-blocked`, `code-wrong`, `code-used` */
  judgeCode(reader: Reader | Unit, login: LoginFacts, code: string): Promise<JudgedCode>;
  /** Uses a code up, in the unit that accepts its login. @throws Fault `totp-missing`, `code-used` */
  useCode(unit: Unit, origin: Origin, login: LoginFacts, code: JudgedCode): Promise<void>;
  /** Counts a wrong code in the unit that records it; too many in a row end the use of the authenticator. */
  noteWrongCode(
    unit: Unit,
    failure: { username: string | undefined; source: string },
  ): Promise<void>;
};

export function createSecondFactors(parts: AccountParts): SecondFactors {
  const { database } = parts;
  return {
    enrolTotp: (origin, username) => enrol(parts, origin, username),
    confirmTotp: (origin, username, code) => confirm(parts, origin, username, code),
    makeRecoveryCodes: (origin, username) => makeAnew(parts, origin, username),
    removeTotp: (origin, username) => remove(parts, origin, username),
    getSecondFactor: (username) => database.read((reader) => findFactor(reader, username)),
    listSecondFactors: (listing) => database.read((reader) => listFactors(reader, listing)),
    judgeCode: (reader, login, code) => judgeCode(parts, reader, login, code),
    useCode: (unit, origin, login, code) => useCode(parts, unit, origin, login, code),
    noteWrongCode: (unit, failure) => noteWrongCode(parts, unit, failure),
  };
}

function purposeOf(userId: string): string {
  return `totp ${userId}`;
}

async function enrol(parts: AccountParts, origin: Origin, username: string): Promise<TotpSecret> {
  const bytes = Buffer.from(parts.randomBytes(totpSecretBytes));
  await parts.database.write(
    async (unit) => {
      const { id, agency } = await findUser(unit, username);
      const before = await rowOf(unit, id);
      if (before !== undefined && before.confirmed_at !== null)
        throw new Fault('conflict', 'the user has one-time codes; remove them first');
      const set = {
        sealed_secret: parts.sealing.seal(bytes, purposeOf(id)),
        created_at: unit.nowMs,
      };
      await unit.query
        .insertInto('user_totp')
        .values({ user_id: id, ...set, confirmed_at: null })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(set))
        .execute();
      await recordChange(parts, unit, origin, { event: 'totp.enrolled.1', username, agency });
    },
    { by: origin },
  );
  return totpSecretOf(bytes, username);
}

async function confirm(
  parts: AccountParts,
  origin: Origin,
  username: string,
  code: string,
): Promise<readonly string[]> {
  return parts.database.write(
    async (unit) => {
      const { id, agency } = await findUser(unit, username);
      const row = await rowOf(unit, id);
      if (row === undefined) throw new Fault('not-found', 'no one-time codes were begun');
      if (row.confirmed_at !== null) throw new Fault('conflict', 'the codes are in use already');
      const secret = parts.sealing.open(row.sealed_secret, purposeOf(id));
      const used = stepOfCode(secret, code, unit.nowMs);
      if (used === null)
        throw fieldInvalid(
          '/code',
          'the six digits that the authenticator shows now; is its clock right?',
        );
      await unit.query
        .updateTable('user_totp')
        .set({
          confirmed_at: unit.nowMs,
          last_step: used.step,
          drift_steps: used.driftSteps,
          last_used_at: unit.nowMs,
          wrong_codes: 0,
        })
        .where('user_id', '=', id)
        .execute();
      await recordChange(parts, unit, origin, { event: 'totp.confirmed.1', username, agency });
      return putRecoveryCodes(parts, unit, origin, { id, username, agency });
    },
    { by: origin },
  );
}

async function makeAnew(
  parts: AccountParts,
  origin: Origin,
  username: string,
): Promise<readonly string[]> {
  return parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const row = await rowOf(unit, user.id);
      if (row === undefined || row.confirmed_at === null) throw nobodyHas();
      return putRecoveryCodes(parts, unit, origin, user);
    },
    { by: origin },
  );
}

async function putRecoveryCodes(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  { id, username, agency }: { id: string; username: string; agency: string },
): Promise<readonly string[]> {
  const codes = Array.from({ length: recoveryCodesMade }, () =>
    recoveryCodeOf(parts.randomBytes(recoveryCodeBytes)),
  );
  await unit.query.deleteFrom('recovery_codes').where('user_id', '=', id).execute();
  for (const code of codes) {
    const hash = recoveryCodeHash(code)!;
    await unit.query.insertInto('recovery_codes').values({ user_id: id, hash }).execute();
  }
  const made = { event: 'recovery-codes.made.1', username, agency, count: codes.length } as const;
  await recordChange(parts, unit, origin, made);
  return codes;
}

async function remove(parts: AccountParts, origin: Origin, username: string): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const { id, agency } = await findUser(unit, username);
      if ((await rowOf(unit, id)) === undefined) throw nobodyHas();
      await forgetSecondFactor(unit, id);
      await recordChange(parts, unit, origin, { event: 'totp.removed.1', username, agency });
    },
    { by: origin },
  );
}

export async function forgetSecondFactor({ query }: Unit, userId: string): Promise<void> {
  await query.deleteFrom('user_totp').where('user_id', '=', userId).execute();
  await query.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
}

function nobodyHas(): Fault {
  return new Fault('not-found', 'the user has no one-time codes');
}

const totpOfUser = prepare((query, given: { userId: string }) =>
  query.selectFrom('user_totp').selectAll().where('user_id', '=', given.userId),
);

function rowOf(reader: Reader | Unit, userId: string) {
  return totpOfUser.first(reader, { userId });
}

async function judgeCode(
  { sealing }: AccountParts,
  reader: Reader | Unit,
  { userId }: LoginFacts,
  code: string,
): Promise<JudgedCode> {
  const row = await rowOf(reader, userId);
  if (row === undefined || row.confirmed_at === null) throw new Fault('totp-missing');
  const hash = recoveryCodeHash(code);
  if (hash !== null) {
    if (!(await hasRecoveryCode(reader, userId, hash))) throw new Fault('code-wrong');
    return { kind: 'recovery', hash };
  }
  if (row.wrong_codes >= wrongCodesMax) throw new Fault('totp-blocked');
  const secret = sealing.open(row.sealed_secret, purposeOf(userId));
  const used = stepOfCode(secret, code, reader.nowMs);
  if (used === null) throw new Fault('code-wrong');
  if (used.step <= row.last_step) throw new Fault('code-used');
  return { kind: 'totp', confirmedAtMs: row.confirmed_at, ...used };
}

async function hasRecoveryCode(
  { query }: Reader | Unit,
  userId: string,
  hash: Uint8Array,
): Promise<boolean> {
  const found = await query
    .selectFrom('recovery_codes')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return found !== undefined;
}

async function useCode(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  { userId, username, agencyCode: agency }: LoginFacts,
  code: JudgedCode,
): Promise<void> {
  const row = await rowOf(unit, userId);
  if (row === undefined || row.confirmed_at === null) throw new Fault('totp-missing');
  if (code.kind === 'totp') {
    // Of another enrolment: the secret that it is of is gone.
    if (row.confirmed_at !== code.confirmedAtMs) throw new Fault('totp-missing');
    if (code.step <= row.last_step) throw new Fault('code-used');
    if (row.wrong_codes >= wrongCodesMax) throw new Fault('totp-blocked');
    const { step: last_step, driftSteps: drift_steps } = code;
    await unit.query
      .updateTable('user_totp')
      .set({ last_step, drift_steps, last_used_at: unit.nowMs, wrong_codes: 0 })
      .where('user_id', '=', userId)
      .execute();
    return;
  }
  if (!(await hasRecoveryCode(unit, userId, code.hash))) throw new Fault('code-used');
  await unit.query
    .deleteFrom('recovery_codes')
    .where('user_id', '=', userId)
    .where('hash', '=', code.hash)
    .execute();
  await unit.query
    .updateTable('user_totp')
    .set({ wrong_codes: 0 })
    .where('user_id', '=', userId)
    .execute();
  const left = (await recoveryCodesLeft(unit, [userId])).get(userId) ?? 0;
  await recordChange(parts, unit, origin, {
    event: 'recovery-code.used.1',
    username,
    agency,
    left,
  });
}

async function noteWrongCode(
  parts: AccountParts,
  unit: Unit,
  { username, source }: { username: string | undefined; source: string },
): Promise<void> {
  const { query } = unit;
  const user = await query
    .selectFrom('user_totp')
    .innerJoin('users', 'users.id', 'user_totp.user_id')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .select(['users.id', 'users.username', 'agencies.code as agency', 'wrong_codes'])
    .where('users.username', '=', username ?? '')
    .executeTakeFirst();
  // Of those who were under way when the last one too many came.
  if (user === undefined || user.wrong_codes >= wrongCodesMax) return;
  const wrong = user.wrong_codes + 1;
  await query
    .updateTable('user_totp')
    .set({ wrong_codes: wrong })
    .where('user_id', '=', user.id)
    .execute();
  if (wrong < wrongCodesMax) return;
  const origin: Origin = { actor: { kind: 'server' }, session: null, source };
  const blocked = { username: user.username, agency: user.agency, count: wrong };
  await recordChange(parts, unit, origin, { event: 'totp.blocked.1', ...blocked });
}
