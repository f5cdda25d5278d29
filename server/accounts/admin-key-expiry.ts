import type { Reader } from '../database/units.ts';

const weekMs = 7 * 24 * 60 * 60_000;

/**
 * How many admin keys can be used, and how many of those that were made for more than a week expire within one: the
 * initial key, good for a day, is no reason to wake anybody.
 */
export async function countAdminKeys({
  query,
  nowMs,
}: Reader): Promise<{ readonly usable: number; readonly expiringSoon: number }> {
  const keys = await query
    .selectFrom('admin_keys')
    .select(['created_at', 'expires_at'])
    .where('removed_at', 'is', null)
    .execute();
  const usable = keys.filter(({ expires_at }) => expires_at === null || expires_at > nowMs);
  const expiringSoon = usable.filter(
    ({ created_at, expires_at }) =>
      expires_at !== null && expires_at - created_at > weekMs && expires_at - nowMs <= weekMs,
  );
  return { usable: usable.length, expiringSoon: expiringSoon.length };
}
