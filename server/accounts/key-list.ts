import { isBehind } from '../database/page-order.ts';
import type { Database } from '../database/units.ts';
import { rsaBitsMin } from './key-blob.ts';
import { keyOf } from './key-rows.ts';
import type { KeyRow, UserKey } from './key-rows.ts';
import { pageLimit, pageOf } from './parts.ts';
import type { Page, Place } from './parts.ts';

/**
 * What a key may be looked for by: `unused` was not used, and was there, for `days`; `weak` is one that would not be taken
 * today; `expiring` ends within `days`; `expired` has ended.
 */
export const keyStates = ['unused', 'weak', 'expiring', 'expired'] as const;
export type KeyState = (typeof keyStates)[number];

export type OwnedKey = UserKey & {
  readonly username: string;
  /** The agency's code. */
  readonly agency: string;
  readonly userStatus: 'active' | 'disabled' | 'removed';
};

export type KeyListing = {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: Place | null;
  readonly state?: KeyState;
  /** For `unused` (90 if absent) and `expiring` (30). */
  readonly days?: number;
  /** An agency's code. */
  readonly agency?: string;
  /** `SHA256:...`: who has this key. */
  readonly fingerprint?: string;
};

const unusedDaysDefault = 90;
const expiringDaysDefault = 30;
const dayMs = 24 * 60 * 60_000;

type Columns = 'user_keys.active_at' | 'user_keys.expires_at' | 'user_keys.bits' | 'user_keys.id';

/** What each state is ordered by, the most urgent first, so that its index holds just what is asked for in that order. */
const orderOf: Readonly<Record<KeyState | 'any', Columns>> = {
  unused: 'user_keys.active_at',
  expiring: 'user_keys.expires_at',
  expired: 'user_keys.expires_at',
  weak: 'user_keys.bits',
  any: 'user_keys.id',
};

/** A page costs its rows; of one agency, the keys of its users, which are sorted. */
export async function listKeysOfAll(
  database: Database,
  { limit, after = null, state, days, agency, fingerprint }: KeyListing,
): Promise<Page<OwnedKey, Place>> {
  const most = pageLimit(limit);
  const column = orderOf[state ?? 'any'];
  return database.read(async ({ query, nowMs }) => {
    let select = query
      .selectFrom('user_keys')
      .innerJoin('users', 'users.id', 'user_keys.user_id')
      .innerJoin('agencies', 'agencies.id', 'users.agency_id')
      .selectAll('user_keys')
      .select(['users.username', 'users.status as user_status', 'agencies.code as agency_code']);
    if (agency !== undefined) select = select.where('agencies.code', '=', agency);
    if (fingerprint !== undefined) select = select.where('user_keys.fingerprint', '=', fingerprint);
    switch (state) {
      case 'unused': {
        const sinceMs = nowMs - (days ?? unusedDaysDefault) * dayMs;
        select = select.where('user_keys.active_at', '<', sinceMs);
        break;
      }
      case 'weak':
        // The one kind that a stored key can be: the others were never taken.
        select = select
          .where('user_keys.type', '=', 'ssh-rsa')
          .where('user_keys.bits', '<', rsaBitsMin);
        break;
      case 'expiring':
        select = select
          .where('user_keys.expires_at', '>', nowMs)
          .where('user_keys.expires_at', '<=', nowMs + (days ?? expiringDaysDefault) * dayMs);
        break;
      case 'expired':
        select = select.where('user_keys.expires_at', '<=', nowMs);
        break;
      case undefined:
    }
    if (after !== null)
      select = select.where((where) =>
        isBehind(where, after, { column, tie: 'user_keys.id', direction: 'asc' }),
      );
    select = select.orderBy(column);
    if (column !== 'user_keys.id') select = select.orderBy('user_keys.id');
    const rows = await select.limit(most + 1).execute();
    const page = pageOf<ListedRow, Place>(rows, most, (row) => [valueOf(row, column), row.id]);
    return { items: page.items.map(ownedKeyOf), next: page.next };
  });
}

type ListedRow = KeyRow & {
  readonly active_at: number;
  readonly username: string;
  readonly user_status: OwnedKey['userStatus'];
  readonly agency_code: string;
};

function valueOf(row: ListedRow, column: Columns): string | number {
  const values: Readonly<Record<Columns, string | number>> = {
    'user_keys.active_at': row.active_at,
    'user_keys.expires_at': row.expires_at ?? 0,
    'user_keys.bits': row.bits,
    'user_keys.id': row.id,
  };
  return values[column];
}

function ownedKeyOf(row: ListedRow): OwnedKey {
  const { username, agency_code: agency, user_status: userStatus } = row;
  return { username, agency, userStatus, ...keyOf(row) };
}
