import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { findFailures, removeFailures } from './lock-rule.ts';
import type { LockRule, LockState } from './lock-rule.ts';
import { pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { findUser } from './user-rows.ts';

export type LockedUser = LockState & {
  readonly username: string;
  /** The agency's code. */
  readonly agency: string;
  readonly lockedAtMs: number;
  readonly lockedUntilMs: number;
};

export type Locks = {
  /** Those of these users that have failed logins; the others have none and no lock. */
  lockStatesOf(usernames: readonly string[]): Promise<ReadonlyMap<string, LockState>>;
  /** In the order of user names; `after` is the last one of the page before. */
  listLocks(listing: {
    readonly limit: number;
    readonly after?: string | null;
    /** The code of an agency. */
    readonly agency?: string;
  }): Promise<Page<LockedUser>>;
  /** Ends a lock and forgets the failures. @throws Fault `not-found`, also where there is no lock */
  unlockUser(origin: Origin, username: string): Promise<void>;
  /**
   * Counts a failed login in the unit that records it, and locks the account if it was one too many. What counts for no
   * user (undefined, or a name that none has) takes the same steps on a row that is nobody's, so that neither the time tells
   * who exists nor strangers make rows.
   */
  recordFailure(
    unit: Unit,
    failure: {
      readonly username: string | undefined;
      readonly source: string;
      /** A password or a code, and no signature. */
      readonly isTyped: boolean;
    },
  ): Promise<void>;
};

/** The row for what counts for no user. */
const nobody = '';

export function createLocks(parts: AccountParts, rule: LockRule): Locks {
  const { database } = parts;
  return {
    lockStatesOf: (usernames) =>
      database.read(async (reader) => {
        const rows = await selectRows(reader).where('users.username', 'in', usernames).execute();
        return new Map(rows.map((row) => [row.username, rule.stateOf(row, reader.nowMs)]));
      }),
    listLocks: ({ limit, after = null, agency }) =>
      database.read(async (reader) => {
        const most = pageLimit(limit);
        const all = selectRows(reader);
        const wanted = agency === undefined ? all : all.where('agencies.code', '=', agency);
        const rows = await wanted
          .where('login_failures.locked_at', 'is not', null)
          .$narrowType<{ locked_at: number }>()
          .where('users.username', '>', after ?? '')
          .orderBy('users.username')
          .execute();
        const locked = rows.flatMap((row) => lockedUser(row, rule.stateOf(row, reader.nowMs)));
        return pageOf(locked, most, ({ username }) => username);
      }),
    unlockUser: (origin, username) => unlockUser(parts, rule, origin, username),
    recordFailure: (unit, failure) => recordFailure(parts, rule, unit, failure),
  };
}

async function recordFailure(
  parts: AccountParts,
  rule: LockRule,
  unit: Unit,
  { username, source, isTyped }: Parameters<Locks['recordFailure']>[1],
): Promise<void> {
  const user = await unit.query
    .selectFrom('users')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .select(['users.id', 'users.username', 'agencies.code as agency'])
    .where('users.username', '=', username ?? nobody)
    .where('users.status', '<>', 'removed')
    .executeTakeFirst();
  const { nowMs } = unit;
  const { failuresMax, lockMs } = rule.lockout;
  const userId = user?.id ?? nobody;
  const before = await findFailures(unit, userId);
  // An attempt that was under way when the lock came: it neither counts nor prolongs.
  const isLocked = before !== undefined && rule.leftMs(userId, before, nowMs) > 0;
  const counted = (list: 'failed_at' | 'typed_at') =>
    before === undefined || before.locked_at !== null ? [] : rule.counted(before[list], nowMs);
  const failures = [...counted('failed_at'), nowMs].slice(-failuresMax);
  const typedBefore = counted('typed_at');
  const typed = isTyped ? [...typedBefore, nowMs].slice(-failuresMax) : typedBefore;
  const locks = user !== undefined && failures.length >= failuresMax;
  const after = isLocked
    ? before
    : {
        user_id: userId,
        failed_at: JSON.stringify(failures),
        typed_at: JSON.stringify(typed),
        locked_at: locks ? nowMs : null,
        locked_until: locks ? nowMs + lockMs : null,
      };
  await unit.query
    .insertInto('login_failures')
    .values(after)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(after))
    .execute();
  if (!locks || isLocked) return;
  // So that its end is fixed now, whatever the wall clock is set to.
  rule.leftMs(userId, after, nowMs);
  await parts.ledger.append(unit, {
    origin: { actor: { kind: 'server' }, session: null, source },
    outcome: 'success',
    reason: 'account-locked',
    event: {
      event: 'user.locked.1',
      username: user.username,
      agency: user.agency,
      failures: failures.length,
      methods: rule.methods,
      until: new Date(nowMs + lockMs).toISOString(),
    },
  });
}

const noFailures: LockState = { failedLogins: 0, lockedUntilMs: null };

async function unlockUser(
  parts: AccountParts,
  rule: LockRule,
  origin: Origin,
  username: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const row = await findFailures(unit, user.id);
      const { failedLogins, lockedUntilMs } =
        row === undefined ? noFailures : rule.stateOf(row, unit.nowMs);
      if (lockedUntilMs === null) throw new Fault('not-found', 'the user is not locked');
      await removeFailures(unit, user.id);
      await recordChange(parts, unit, origin, {
        event: 'user.unlocked.1',
        username,
        agency: user.agency,
        before: { failedLogins, lockedUntil: new Date(lockedUntilMs).toISOString() },
        after: { failedLogins: 0, lockedUntil: null },
      });
    },
    { by: origin },
  );
}

/** @returns none for a lock that has run out */
function lockedUser(
  row: { username: string; agency: string; locked_at: number },
  { failedLogins, lockedUntilMs }: LockState,
): readonly LockedUser[] {
  const { username, agency, locked_at: lockedAtMs } = row;
  if (lockedUntilMs === null) return [];
  return [{ username, agency, failedLogins, lockedAtMs, lockedUntilMs }];
}

/** Without that of nobody. */
function selectRows({ query }: Reader) {
  return query
    .selectFrom('login_failures')
    .innerJoin('users', 'users.id', 'login_failures.user_id')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .select(['user_id', 'failed_at', 'locked_at', 'locked_until'])
    .select(['users.username', 'agencies.code as agency']);
}
