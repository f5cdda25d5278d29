import type { Row } from '../database/schema.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { findAgency } from './agencies.ts';
import { fieldInvalid } from './fields.ts';
import { removeFailures } from './lock-rule.ts';
import { differences, newId, pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { checkUsername, checkUserSettings } from './user-fields.ts';
import type { UserSettings } from './user-fields.ts';

export type User = Omit<UserSettings, 'status'> & {
  readonly id: string;
  readonly username: string;
  /** The agency's code. */
  readonly agency: string;
  readonly status: Row<'users'>['status'];
  readonly passwordSetAtMs: number | null;
  readonly lastLoginAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export type NewUser = Partial<UserSettings> & {
  readonly username: string;
  readonly agency: string;
  readonly displayName: string;
};
/** What is absent stays. A user never moves to another agency. */
export type UserChange = Partial<UserSettings>;

export type UserListing = {
  readonly limit: number;
  /** The last user name of the page before. */
  readonly after?: string | null;
  /** An agency's code. */
  readonly agency?: string;
  /** Removed users are listed only when asked for. */
  readonly status?: User['status'];
};

export type Users = {
  /** @throws Fault `field-invalid`, `name-used` */
  createUser(origin: Origin, user: NewUser): Promise<User>;
  /** @throws Fault `not-found` */
  getUser(username: string): Promise<User>;
  /** In the order of user names. */
  listUsers(listing: UserListing): Promise<Page<User>>;
  /** @throws Fault `field-invalid`, `not-found` */
  changeUser(origin: Origin, username: string, change: UserChange): Promise<User>;
  /** Deletes keys and password; the name stays taken for ever (Pub 1075 IA-4). @throws Fault `not-found` */
  removeUser(origin: Origin, username: string): Promise<void>;
};

export function createUsers(parts: AccountParts): Users {
  const { database } = parts;
  return {
    createUser: (origin, user) => createUser(parts, origin, user),
    getUser: (username) => database.read((reader) => findUser(reader, username)),
    listUsers: (listing) => listUsers(database, listing),
    changeUser: (origin, username, change) => changeUser(parts, origin, username, change),
    removeUser: (origin, username) => removeUser(parts, origin, username),
  };
}

async function createUser(parts: AccountParts, origin: Origin, wanted: NewUser): Promise<User> {
  const username = checkUsername(wanted.username);
  const given = { ...wanted, displayName: wanted.displayName ?? '' };
  const settings: UserSettings = {
    displayName: '',
    status: 'active',
    loginMethods: [['publickey']],
    permissions: null,
    allowedCidrs: [],
    expiresAtMs: null,
    quotaBytes: null,
    maxSessions: parts.limits.sessionsPerUserDefault,
    ...checkUserSettings(given, parts.limits.connectionsMax),
  };
  return parts.database.write(async (unit) => {
    const agency = await findAgencyOfUser(unit, wanted.agency);
    const used = await unit.query
      .selectFrom('users')
      .select('id')
      .where('username', '=', username)
      .executeTakeFirst();
    if (used !== undefined) throw new Fault('name-used', undefined, { pointer: '/username' });
    const id = newId(parts);
    const times = { created_at: unit.nowMs, updated_at: unit.nowMs };
    const row = {
      id,
      username,
      agency_id: agency.id,
      ...columnsOf(settings),
      last_login_at: null,
      ...times,
    };
    await unit.query.insertInto('users').values(row).execute();
    const after = { username, agency: agency.code, ...settings };
    await recordChange(parts, unit, origin, {
      event: 'user.created.1',
      username,
      agency: agency.code,
      before: null,
      after,
    });
    return userOf({ ...row, agency_code: agency.code, password_set_at: null });
  });
}

async function findAgencyOfUser(unit: Unit, code: unknown): Promise<{ id: string; code: string }> {
  try {
    return await findAgency(unit, String(code));
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-found')
      throw fieldInvalid('/agency', 'the code of an agency that exists');
    throw error;
  }
}

async function listUsers(database: Database, listing: UserListing): Promise<Page<User>> {
  const most = pageLimit(listing.limit);
  return database.read(async (reader) => {
    let select = selectUsers(reader);
    select =
      listing.status === undefined
        ? select.where('users.status', '<>', 'removed')
        : select.where('users.status', '=', listing.status);
    if (listing.agency !== undefined) select = select.where('agencies.code', '=', listing.agency);
    if (listing.after !== undefined && listing.after !== null)
      select = select.where('users.username', '>', listing.after);
    const rows = await select
      .orderBy('users.username')
      .limit(most + 1)
      .execute();
    return pageOf(rows.map(userOf), most, (user) => user.username);
  });
}

async function changeUser(
  parts: AccountParts,
  origin: Origin,
  username: string,
  change: UserChange,
): Promise<User> {
  const checked = checkUserSettings(change, parts.limits.connectionsMax);
  return parts.database.write(async (unit) => {
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
  });
}

async function removeUser(parts: AccountParts, origin: Origin, username: string): Promise<void> {
  await parts.database.write(async (unit) => {
    const user = await findUser(unit, username);
    const keys = await unit.query
      .selectFrom('user_keys')
      .select('fingerprint')
      .where('user_id', '=', user.id)
      .execute();
    await unit.query.deleteFrom('user_keys').where('user_id', '=', user.id).execute();
    await unit.query.deleteFrom('user_passwords').where('user_id', '=', user.id).execute();
    await removeFailures(unit, user.id);
    await parts.giveUpUploads(unit, user.id, origin);
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
  });
}

/** @throws Fault `not-found`, also for a user who was removed */
export async function findUser(reader: Reader | Unit, username: string): Promise<User> {
  const row = await selectUsers(reader)
    .where('users.username', '=', username)
    .where('users.status', '<>', 'removed')
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such user');
  return userOf(row);
}

function selectUsers({ query }: Reader | Unit) {
  return query
    .selectFrom('users')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('user_passwords', 'user_passwords.user_id', 'users.id')
    .selectAll('users')
    .select(['agencies.code as agency_code', 'user_passwords.set_at as password_set_at']);
}

function settingsOf(
  user: User,
): Omit<UserSettings, 'status'> & { readonly status: User['status'] } {
  const {
    displayName,
    status,
    loginMethods,
    permissions,
    allowedCidrs,
    expiresAtMs,
    quotaBytes,
    maxSessions,
  } = user;
  return {
    displayName,
    status,
    loginMethods,
    permissions,
    allowedCidrs,
    expiresAtMs,
    quotaBytes,
    maxSessions,
  };
}

type SettingColumns = Omit<
  Row<'users'>,
  'id' | 'username' | 'agency_id' | 'last_login_at' | 'created_at' | 'updated_at'
>;

function columnsOf(settings: ReturnType<typeof settingsOf>): SettingColumns {
  return {
    display_name: settings.displayName,
    status: settings.status,
    login_methods: JSON.stringify(settings.loginMethods),
    permissions: settings.permissions === null ? null : JSON.stringify(settings.permissions),
    allowed_cidrs: JSON.stringify(settings.allowedCidrs),
    expires_at: settings.expiresAtMs,
    quota_bytes: settings.quotaBytes,
    max_sessions: settings.maxSessions,
  };
}

function userOf(row: Row<'users'> & { agency_code: string; password_set_at: number | null }): User {
  return {
    id: row.id,
    username: row.username,
    agency: row.agency_code,
    displayName: row.display_name,
    status: row.status,
    loginMethods: JSON.parse(row.login_methods),
    permissions: row.permissions === null ? null : JSON.parse(row.permissions),
    allowedCidrs: JSON.parse(row.allowed_cidrs),
    expiresAtMs: row.expires_at,
    quotaBytes: row.quota_bytes,
    maxSessions: row.max_sessions,
    passwordSetAtMs: row.password_set_at,
    lastLoginAtMs: row.last_login_at,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}
