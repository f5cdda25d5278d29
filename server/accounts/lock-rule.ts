import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { ProofMethod } from '../domain/authentication.ts';
import { lockouts } from '../domain/limits.ts';
import type { Lockout } from '../domain/limits.ts';
import type { AccountParts } from './parts.ts';

export type LockState = {
  /** Failed logins that count against the account now; of a locked one, those that locked it. */
  readonly failedLogins: number;
  readonly lockedUntilMs: number | null;
};

/** Columns of `login_failures`, all null where there is no row. */
export type LockColumns = Pick<Row<'login_failures'>, 'locked_at' | 'locked_until'>;

/** A lock is shown with the end that it was given unless the clock was set since. */
const sameMsMax = 1_000;

/**
 * The rule of locks and where each one ends. Rows hold times of the wall clock, for people and for the next start; while
 * the server runs, a lock ends by a clock that nobody sets, so that setting the wall clock ends none early and prolongs
 * none. A lock whose end is farther off than it is long was made under another time: it is cut to its length.
 */
export class LockRule {
  readonly lockout: Lockout;
  readonly #steadyNow: () => number;
  /** The locks that this process has seen, by user id; `endsMs` is of the steady clock. */
  readonly #seen = new Map<
    string,
    { readonly lockedAtMs: number | null; readonly endsMs: number }
  >();

  constructor({ lockout, steadyNow }: Pick<AccountParts, 'lockout' | 'steadyNow'>) {
    this.lockout = lockout ?? lockouts.baseline;
    this.#steadyNow = steadyNow ?? (() => performance.now());
  }

  /** Milliseconds for which the account is still locked; 0 if it is not. */
  leftMs(userId: string, { locked_at, locked_until }: LockColumns, nowMs: number): number {
    if (locked_until === null) return 0;
    const seen = this.#seen.get(userId);
    if (seen?.lockedAtMs === locked_at) return Math.max(0, seen.endsMs - this.#steadyNow());
    const leftMs = Math.min(Math.max(0, locked_until - nowMs), this.lockout.lockMs);
    this.#seen.set(userId, { lockedAtMs: locked_at, endsMs: this.#steadyNow() + leftMs });
    return leftMs;
  }

  /** What a lock refuses. */
  get methods(): readonly ProofMethod[] {
    return this.lockout.stopsKeys ? ['publickey', 'password', 'totp'] : ['password', 'totp'];
  }

  /** The failures that count, the oldest first. One from a time to come was noted under another clock: it is as of now. */
  counted(failedAt: string, nowMs: number): readonly number[] {
    return (JSON.parse(failedAt) as number[])
      .map((atMs) => Math.min(atMs, nowMs))
      .filter((atMs) => atMs > nowMs - this.lockout.windowMs);
  }

  stateOf(row: Omit<Row<'login_failures'>, 'typed_at'>, nowMs: number): LockState {
    const leftMs = this.leftMs(row.user_id, row, nowMs);
    if (leftMs === 0) {
      const over = row.locked_at !== null;
      const failedLogins = over ? 0 : this.counted(row.failed_at, nowMs).length;
      return { failedLogins, lockedUntilMs: null };
    }
    const endsMs = Math.round(nowMs + leftMs);
    // What is locked has an end.
    const isAsGiven = Math.abs(row.locked_until! - endsMs) < sameMsMax;
    return {
      failedLogins: (JSON.parse(row.failed_at) as number[]).length,
      lockedUntilMs: isAsGiven ? row.locked_until : endsMs,
    };
  }

  /**
   * Forgets the failures of a user who has logged in: a job that does so by a key every minute would else let others guess
   * the user's password for ever, so a login by keys alone leaves what was typed. One that a lock let pass does not lift it.
   */
  async clear(unit: Unit, userId: string, { hasTyped }: { hasTyped: boolean }): Promise<void> {
    const { nowMs } = unit;
    const row = await findFailures(unit, userId);
    if (row === undefined || this.leftMs(userId, row, nowMs) > 0) return;
    const kept = this.counted(hasTyped ? '[]' : row.typed_at, nowMs);
    if (kept.length === 0) await removeFailures(unit, userId);
    else await setFailures.run(unit, { userId, failedAt: JSON.stringify(kept) });
  }
}

const failuresOfUser = prepare((query, given: { userId: string }) =>
  query.selectFrom('login_failures').selectAll().where('user_id', '=', given.userId),
);

export function findFailures(
  reader: Reader | Unit,
  userId: string,
): Promise<Row<'login_failures'> | undefined> {
  return failuresOfUser.first(reader, { userId });
}

const setFailures = prepare((query, given: { userId: string; failedAt: string }) =>
  query
    .updateTable('login_failures')
    .set({ failed_at: given.failedAt, typed_at: given.failedAt })
    .where('user_id', '=', given.userId),
);

export async function removeFailures({ query }: Unit, userId: string): Promise<void> {
  await query.deleteFrom('login_failures').where('user_id', '=', userId).execute();
}
