import { isBehind, pageOrderOf } from '../database/page-order.ts';
import type { Database } from '../database/units.ts';
import type { LockRule } from './lock-rule.ts';
import { pageLimit, pageOf } from './parts.ts';
import type { Page, Place } from './parts.ts';
import { selectUsers, userOf } from './user-rows.ts';
import type { User } from './user-rows.ts';

/** The orders there are, each with an index behind it; `-` is from the end. */
export const userSorts = [
  'username',
  '-username',
  'createdAt',
  '-createdAt',
  'lastLoginAt',
  '-lastLoginAt',
] as const;
export type UserSort = (typeof userSorts)[number];

export type UserListing = {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: Place | null;
  /** `username` if not given. Who never logged in is put by the creation among the last logins. */
  readonly sort?: UserSort;
  /** An agency's code. */
  readonly agency?: string;
  /** Removed users are listed only when asked for. */
  readonly status?: User['status'];
  /** What user names begin with. */
  readonly prefix?: string;
  /** Accounts that nobody uses: no login since then, and made before. */
  readonly lastLoginBeforeMs?: number;
  /** Only those who are locked after failed logins. */
  readonly lockedOnly?: boolean;
};

const columns = {
  username: 'users.username',
  createdAt: 'users.created_at',
  lastLoginAt: 'users.active_at',
} as const;

type ListedRow = Parameters<typeof userOf>[0] & { readonly active_at: number };

/**
 * Users in one of the orders; a page costs its rows, not what lies before it. Only an order by time within an agency or a
 * prefix sorts what these leave, which are the users of one agency or so.
 */
export async function listUsers(
  database: Database,
  lockRule: LockRule,
  { limit, after = null, sort = 'username', lockedOnly = false, ...filter }: UserListing,
): Promise<Page<User, Place>> {
  const most = pageLimit(limit);
  const { field, direction } = pageOrderOf<keyof typeof columns>(sort);
  const column = columns[field];
  return database.read(async (reader) => {
    let select = selectUsers(reader)
      .leftJoin('login_failures', 'login_failures.user_id', 'users.id')
      .select(['login_failures.locked_at', 'login_failures.locked_until']);
    const { agency, status, prefix, lastLoginBeforeMs } = filter;
    select =
      status === undefined
        ? select.where('users.status', '<>', 'removed')
        : select.where('users.status', '=', status);
    if (agency !== undefined) {
      const id = reader.query.selectFrom('agencies').select('id').where('code', '=', agency);
      select = select.where('users.agency_id', '=', id);
    }
    // A range, which an index serves; names are ASCII.
    if (prefix !== undefined)
      select = select
        .where('users.username', '>=', prefix)
        .where('users.username', '<', `${prefix}\u{10ffff}`);
    if (lastLoginBeforeMs !== undefined)
      select = select.where('users.active_at', '<', lastLoginBeforeMs);
    if (lockedOnly) select = select.where('login_failures.locked_at', 'is not', null);
    if (after !== null)
      select = select.where((where) =>
        isBehind(where, after, { column, tie: 'users.username', direction }),
      );
    select = select.orderBy(column, direction);
    if (field !== 'username') select = select.orderBy('users.username', direction);
    // Few are locked, and only the rule knows who still is.
    const rows = await (lockedOnly ? select : select.limit(most + 1)).execute();
    const shown = lockedOnly
      ? rows.filter((row) => lockRule.leftMs(row.id, row, reader.nowMs) > 0)
      : rows;
    const page = pageOf<ListedRow, Place>(shown, most, (row) => [
      valueOf(row, field),
      row.username,
    ]);
    return { items: page.items.map(userOf), next: page.next };
  });
}

function valueOf(row: ListedRow, field: keyof typeof columns): string | number {
  const values = { username: row.username, createdAt: row.created_at, lastLoginAt: row.active_at };
  return values[field];
}
