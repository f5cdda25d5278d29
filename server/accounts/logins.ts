import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { ProofMethod } from '../domain/authentication.ts';
import type { AgencyKind } from '../domain/identity.ts';
import { defaultRules } from '../domain/permissions.ts';
import type { PathRule } from '../domain/permissions.ts';
import type { Profile } from '../domain/profiles.ts';
import { certificateStanding } from './certificate-standing.ts';
import type { CertificateNames, CertificateStanding } from './certificate-standing.ts';
import type { DeviceRules } from './key-rows.ts';
import type { LockRule } from './lock-rule.ts';
import { passwordPolicies } from './password-policies.ts';
import type { LoginMethods } from './user-fields.ts';

export type LoginKey = {
  readonly id: string;
  readonly type: string;
  readonly blob: Uint8Array;
  readonly fingerprint: string;
  readonly expiresAtMs: number | null;
} & DeviceRules;

/** What authentication needs to know of a user. */
export type LoginFacts = {
  readonly userId: string;
  readonly username: string;
  readonly agencyId: string;
  readonly agencyCode: string;
  readonly agencyKind: AgencyKind;
  readonly status: Row<'users'>['status'];
  readonly loginMethods: LoginMethods;
  /** The user's own rules, or the default of the agency's kind. */
  readonly rules: readonly PathRule[];
  readonly allowedCidrs: readonly string[];
  readonly expiresAtMs: number | null;
  readonly quotaBytes: number | null;
  readonly maxSessions: number;
  readonly keys: readonly LoginKey[];
  /** PHC string, or null without a password. */
  readonly passwordHash: string | null;
  /** Of the password, whatever its hash: it is another one with each that is set. */
  readonly passwordId: string | null;
  readonly passwordSetAtMs: number | null;
  /** To be changed before it lets anybody in. */
  readonly passwordTemporary: boolean;
  readonly accountKind: Row<'users'>['account_kind'];
  /** One proof lets nobody in who may have two. */
  readonly oneFactorRefused: boolean;
  /** The proofs that a lock refuses now, whatever they are worth; empty without a lock. */
  readonly lockedMethods: readonly ProofMethod[];
};

export type LoginRecord = {
  readonly userId: string;
  /** The keys that were proven, and what each signed with. */
  readonly keys: readonly { readonly id: string; readonly algorithm: string }[];
  /** Whether a password or a code was among the proofs. */
  readonly hasTyped: boolean;
  /** `address:port` */
  readonly source: string;
  /** The client's identification string. */
  readonly client: string;
};

export type Logins = {
  /** The user of exactly that name; undefined if there is none, or none any more. */
  findForLogin(reader: Reader | Unit, username: string): Promise<LoginFacts | undefined>;
  /** What an agency says of a certificate; of none but to take the same time. */
  certificateStanding(
    reader: Reader | Unit,
    agencyId: string,
    names: CertificateNames,
  ): Promise<CertificateStanding>;
  /** Notes a login on the user and the keys, in the unit that accepts it, and forgets failures (`LockRule.clear`). */
  recordLogin(unit: Unit, login: LoginRecord): Promise<void>;
};

export function createLogins(lockRule: LockRule, profile: Profile = 'baseline'): Logins {
  const { oneFactorRefused } = passwordPolicies[profile];
  return {
    findForLogin: async (reader, username) => {
      const login = await findForLogin(lockRule, reader, username);
      return login === undefined ? undefined : { ...login, oneFactorRefused };
    },
    certificateStanding,
    recordLogin: (unit, login) => recordLogin(lockRule, unit, login),
  };
}

const userByName = prepare((query, given: { username: string }) =>
  query
    .selectFrom('users')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('user_passwords', 'user_passwords.user_id', 'users.id')
    .leftJoin('login_failures', 'login_failures.user_id', 'users.id')
    .selectAll('users')
    .select([
      'agencies.code as agency_code',
      'agencies.kind as agency_kind',
      'user_passwords.hash as password_hash',
      'user_passwords.password_id',
      'user_passwords.set_at as password_set_at',
      'user_passwords.temporary as password_temporary',
      'login_failures.locked_at',
      'login_failures.locked_until',
    ])
    .where('users.username', '=', given.username)
    .where('users.status', '<>', 'removed')
    .where('agencies.removed_at', 'is', null),
);

const keysOfUser = prepare((query, given: { userId: string }) =>
  query
    .selectFrom('user_keys')
    .select(['id', 'type', 'blob', 'fingerprint', 'expires_at as expiresAtMs'])
    .select(['touch_required', 'verify_required'])
    .where('user_id', '=', given.userId),
);

async function findForLogin(
  lockRule: LockRule,
  reader: Reader | Unit,
  username: string,
): Promise<Omit<LoginFacts, 'oneFactorRefused'> | undefined> {
  const row = await userByName.first(reader, { username });
  // Asked for an unknown user too, so that both take the same steps.
  const rows = await keysOfUser.all(reader, { userId: row?.id ?? '' });
  if (row === undefined) return undefined;
  const keys = rows.map(({ touch_required, verify_required, ...key }) => ({
    ...key,
    touchRequired: touch_required === 1,
    verifyRequired: verify_required === 1,
  }));
  return {
    userId: row.id,
    username: row.username,
    agencyId: row.agency_id,
    agencyCode: row.agency_code,
    agencyKind: row.agency_kind,
    status: row.status,
    loginMethods: JSON.parse(row.login_methods),
    rules: row.permissions === null ? defaultRules[row.agency_kind] : JSON.parse(row.permissions),
    allowedCidrs: JSON.parse(row.allowed_cidrs),
    expiresAtMs: row.expires_at,
    quotaBytes: row.quota_bytes,
    maxSessions: row.max_sessions,
    keys,
    passwordHash: row.password_hash,
    passwordId: row.password_id,
    passwordSetAtMs: row.password_set_at,
    passwordTemporary: row.password_temporary === 1,
    accountKind: row.account_kind,
    lockedMethods: lockRule.leftMs(row.id, row, reader.nowMs) > 0 ? lockRule.methods : [],
  };
}

const noteLogin = prepare((query, given: { userId: string; nowMs: number }) =>
  query.updateTable('users').set({ last_login_at: given.nowMs }).where('id', '=', given.userId),
);

const noteKey = prepare(
  (
    query,
    given: {
      userId: string;
      keyId: string;
      source: string;
      client: string;
      algorithm: string;
      nowMs: number;
    },
  ) =>
    query
      .updateTable('user_keys')
      .set({
        last_used_at: given.nowMs,
        last_used_from: given.source,
        last_used_client: given.client,
        last_used_algorithm: given.algorithm,
      })
      .where('user_id', '=', given.userId)
      .where('id', '=', given.keyId),
);

async function recordLogin(
  lockRule: LockRule,
  unit: Unit,
  { userId, keys, hasTyped, source, client }: LoginRecord,
): Promise<void> {
  const { nowMs } = unit;
  await noteLogin.run(unit, { userId, nowMs });
  await lockRule.clear(unit, userId, { hasTyped });
  for (const { id: keyId, algorithm } of keys)
    await noteKey.run(unit, { userId, keyId, source, client, algorithm, nowMs });
}
