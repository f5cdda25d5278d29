import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { findAgency } from './agencies.ts';
import { fieldInvalid } from './fields.ts';
import { removeFailures } from './lock-rule.ts';
import type { LockRule } from './lock-rule.ts';
import { differences, newId, recordChange } from './parts.ts';
import type { AccountParts, Page, Place } from './parts.ts';
import { passwordPolicies } from './password-policies.ts';
import { forgetSecondFactor } from './second-factors.ts';
import { checkUsername, checkUserSettings } from './user-fields.ts';
import type { UserSettings } from './user-fields.ts';
import { listUsers } from './user-list.ts';
import type { UserListing } from './user-list.ts';
import { columnsOf, findUser, settingsOf, userOf } from './user-rows.ts';
import type { User, UserRow } from './user-rows.ts';

export type NewUser = Partial<UserSettings> & {
  readonly username: string;
  readonly agency: string;
  readonly displayName: string;
};
/** What is absent stays. A user never moves to another agency. */
export type UserChange = Partial<UserSettings>;

export type Users = {
  /** @throws Fault `field-invalid`, `name-used` */
  createUser(origin: Origin, user: NewUser): Promise<User>;
  /** @throws Fault `not-found` */
  getUser(username: string): Promise<User>;
  /** In the order that is asked for; `after` is where the page before ended. */
  listUsers(listing: UserListing): Promise<Page<User, Place>>;
  /** @throws Fault `field-invalid`, `not-found` */
  changeUser(origin: Origin, username: string, change: UserChange): Promise<User>;
  /** Deletes keys and password; the name stays taken for ever (Pub 1075 IA-4). @throws Fault `not-found` */
  removeUser(origin: Origin, username: string): Promise<void>;
};

export function createUsers(parts: AccountParts, lockRule: LockRule): Users {
  const { database } = parts;
  return {
    createUser: (origin, user) => createUser(parts, origin, user),
    getUser: (username) => database.read((reader) => findUser(reader, username)),
    listUsers: (listing) => listUsers(database, lockRule, listing),
    changeUser: (origin, username, change) => changeUser(parts, origin, username, change),
    removeUser: (origin, username) => removeUser(parts, origin, username),
  };
}

async function createUser(parts: AccountParts, origin: Origin, wanted: NewUser): Promise<User> {
  const username = checkUsername(wanted.username);
  const given = { ...wanted, displayName: wanted.displayName ?? '' };
  const settings = withDefaults(parts, checkUserSettings(given, parts.limits.connectionsMax));
  return parts.database.write(
    async (unit) => {
      const agency = await findAgencyOfUser(unit, wanted.agency);
      await assertNameIsNew(unit, username);
      return insertUser(parts, unit, origin, { username, agency, settings });
    },
    { by: origin },
  );
}

/** @throws Fault `field-invalid` for a way to log in that this profile lets nobody in by */
function assertEnoughProofs(
  { profile = 'baseline' }: Pick<AccountParts, 'profile'>,
  { loginMethods = [] }: Partial<UserSettings>,
): void {
  if (!passwordPolicies[profile].oneFactorRefused) return;
  if (loginMethods.some((way) => way.every((method) => method === 'password')))
    throw fieldInvalid(
      '/loginMethods',
      'a second proof beside each password, such as [["password","totp"]] or [["publickey","password"]]',
    );
}

/**
 * The settings of a new user, checked ones in place of the defaults.
 *
 * @throws Fault `field-invalid` at `/loginMethods`
 */
export function withDefaults(
  parts: Pick<AccountParts, 'limits' | 'profile'>,
  checked: Partial<UserSettings>,
): UserSettings {
  assertEnoughProofs(parts, checked);
  return {
    displayName: '',
    status: 'active',
    loginMethods: [['publickey']],
    permissions: null,
    allowedCidrs: [],
    expiresAtMs: null,
    quotaBytes: null,
    maxSessions: parts.limits.sessionsPerUserDefault,
    accountKind: 'person',
    ...checked,
  };
}

/** @throws Fault `name-used`, also for the name of a user who was removed */
export async function assertNameIsNew({ query }: Unit | Reader, username: string): Promise<void> {
  const used = await query
    .selectFrom('users')
    .select('id')
    .where('username', '=', username)
    .executeTakeFirst();
  if (used !== undefined) throw new Fault('name-used', undefined, { pointer: '/username' });
}

const insertRow = prepare((query, row: UserRow) =>
  query.insertInto('users').values({
    id: row.id,
    username: row.username,
    agency_id: row.agency_id,
    display_name: row.display_name,
    status: row.status,
    login_methods: row.login_methods,
    permissions: row.permissions,
    allowed_cidrs: row.allowed_cidrs,
    expires_at: row.expires_at,
    quota_bytes: row.quota_bytes,
    max_sessions: row.max_sessions,
    account_kind: row.account_kind,
    last_login_at: row.last_login_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }),
);

/** Writes a user whose fields are checked and whose name is new, with its ledger row. */
export async function insertUser(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  { username, agency, settings }: CheckedUser,
): Promise<User> {
  const row: UserRow = {
    id: newId(parts),
    username,
    agency_id: agency.id,
    ...columnsOf(settings),
    last_login_at: null,
    created_at: unit.nowMs,
    updated_at: unit.nowMs,
  };
  await insertRow.run(unit, row);
  await recordChange(parts, unit, origin, {
    event: 'user.created.1',
    username,
    agency: agency.code,
    before: null,
    after: { username, agency: agency.code, ...settings },
  });
  return userOf({
    ...row,
    agency_code: agency.code,
    password_set_at: null,
    password_temporary: null,
  });
}

export type CheckedUser = {
  readonly username: string;
  readonly agency: { readonly id: string; readonly code: string };
  readonly settings: UserSettings;
};

/** @throws Fault `field-invalid` at `/agency` */
export async function findAgencyOfUser(
  unit: Unit | Reader,
  code: unknown,
): Promise<{ id: string; code: string }> {
  try {
    return await findAgency(unit, String(code));
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-found')
      throw fieldInvalid('/agency', 'the code of an agency that exists');
    throw error;
  }
}

async function changeUser(
  parts: AccountParts,
  origin: Origin,
  username: string,
  change: UserChange,
): Promise<User> {
  const checked = checkUserSettings(change, parts.limits.connectionsMax);
  assertEnoughProofs(parts, checked);
  return parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const before = settingsOf(user);
      const changed = differences(before, { ...before, ...checked });
      if (changed === undefined) return user;
      const set = { ...columnsOf({ ...before, ...checked }), updated_at: unit.nowMs };
      await unit.query.updateTable('users').set(set).where('id', '=', user.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'user.changed.1',
        username,
        agency: user.agency,
        ...changed,
      });
      return { ...user, ...checked, updatedAtMs: unit.nowMs };
    },
    { by: origin },
  );
}

async function removeUser(parts: AccountParts, origin: Origin, username: string): Promise<void> {
  const onRemoved = await parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const keys = await unit.query
        .selectFrom('user_keys')
        .select('fingerprint')
        .where('user_id', '=', user.id)
        .execute();
      await unit.query.deleteFrom('user_keys').where('user_id', '=', user.id).execute();
      await unit.query.deleteFrom('device_counters').where('user_id', '=', user.id).execute();
      await unit.query.deleteFrom('user_passwords').where('user_id', '=', user.id).execute();
      await unit.query.deleteFrom('former_passwords').where('user_id', '=', user.id).execute();
      await forgetSecondFactor(unit, user.id);
      await removeFailures(unit, user.id);
      const onGivenUp = await parts.giveUpUploads(unit, user.id, origin);
      const set = { status: 'removed', updated_at: unit.nowMs } as const;
      await unit.query.updateTable('users').set(set).where('id', '=', user.id).execute();
      const before = {
        username,
        agency: user.agency,
        ...settingsOf(user),
        keys: keys.map((key) => key.fingerprint),
        password: user.passwordSetAtMs !== null,
      };
      await recordChange(parts, unit, origin, {
        event: 'user.removed.1',
        username,
        agency: user.agency,
        before,
        after: null,
      });
      return onGivenUp;
    },
    { by: origin },
  );
  onRemoved();
}
