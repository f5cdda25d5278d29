import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import type { UserSettings } from './user-fields.ts';

export type User = Omit<UserSettings, 'status'> & {
  readonly id: string;
  readonly username: string;
  /** The agency's code. */
  readonly agency: string;
  readonly status: Row<'users'>['status'];
  readonly passwordSetAtMs: number | null;
  readonly passwordTemporary: boolean;
  readonly lastLoginAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** @throws Fault `not-found`, also for a user who was removed */
export async function findUser(reader: Reader | Unit, username: string): Promise<User> {
  const row = await selectUsers(reader)
    .where('users.username', '=', username)
    .where('users.status', '<>', 'removed')
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such user');
  return userOf(row);
}

export function selectUsers({ query }: Reader | Unit) {
  return query
    .selectFrom('users')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('user_passwords', 'user_passwords.user_id', 'users.id')
    .selectAll('users')
    .select(['agencies.code as agency_code', 'user_passwords.set_at as password_set_at'])
    .select('user_passwords.temporary as password_temporary');
}

export type StoredSettings = Omit<UserSettings, 'status'> & { readonly status: User['status'] };

export function settingsOf(user: User): StoredSettings {
  const {
    displayName,
    status,
    loginMethods,
    permissions,
    allowedCidrs,
    expiresAtMs,
    quotaBytes,
    maxSessions,
    accountKind,
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
    accountKind,
  };
}

export type UserRow = Omit<Row<'users'>, 'active_at'>;
type SettingColumns = Omit<
  UserRow,
  'id' | 'username' | 'agency_id' | 'last_login_at' | 'created_at' | 'updated_at'
>;

export function columnsOf(settings: StoredSettings): SettingColumns {
  return {
    display_name: settings.displayName,
    status: settings.status,
    login_methods: JSON.stringify(settings.loginMethods),
    permissions: settings.permissions === null ? null : JSON.stringify(settings.permissions),
    allowed_cidrs: JSON.stringify(settings.allowedCidrs),
    expires_at: settings.expiresAtMs,
    quota_bytes: settings.quotaBytes,
    max_sessions: settings.maxSessions,
    account_kind: settings.accountKind,
  };
}

export function userOf(
  row: UserRow & {
    agency_code: string;
    password_set_at: number | null;
    password_temporary: number | null;
  },
): User {
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
    accountKind: row.account_kind,
    passwordSetAtMs: row.password_set_at,
    passwordTemporary: row.password_temporary === 1,
    lastLoginAtMs: row.last_login_at,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}
