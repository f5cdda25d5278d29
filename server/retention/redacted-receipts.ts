import type { Unit } from '../database/units.ts';
import type { Agency } from '../files/tree.ts';

/** Whether a receipt is due that will have a path: that of a file which came under it, and may be gone again already. */
export async function isReceiptDue(
  { query }: Unit,
  { code }: Agency,
  path: string,
): Promise<boolean> {
  const due = await query
    .selectFrom('receipts_due')
    .select('version_id')
    .where('path', '=', path)
    .where('tree', '=', code)
    .limit(1)
    .executeTakeFirst();
  return due !== undefined;
}

/** Those that have one path, from behind one of them on. */
export type RedactedReceipts = {
  readonly kind: 'receipts';
  /** Code. */
  readonly agency: string;
  readonly path: string;
  /** An id; empty for the first. */
  readonly after: string;
};

/**
 * Takes receipts away that have a path: they are signed, so nothing can be taken out of one. Whoever sent the file has
 * them, and they verify as before; here their ids stay.
 *
 * @returns how many of the first `max` that have it, and where to go on; null where there are no more
 */
export async function redactReceipts(
  unit: Unit,
  place: RedactedReceipts,
  max: number,
): Promise<{
  readonly count: number;
  readonly lookedAt: number;
  readonly next: RedactedReceipts | null;
}> {
  const { query, nowMs } = unit;
  // The index of a path has others' among them.
  const rows = await query
    .selectFrom('receipts')
    .select(['id', 'tree'])
    .where('path', '=', place.path)
    .where('id', '>', place.after)
    .orderBy('id')
    .limit(max)
    .execute();
  const own = rows.filter(({ tree }) => tree === place.agency);
  for (const { id } of own) {
    await query.insertInto('redacted_receipts').values({ id, redacted_at: nowMs }).execute();
    await query.deleteFrom('receipts').where('id', '=', id).execute();
  }
  const last = rows.at(-1);
  const next = last === undefined || rows.length < max ? null : { ...place, after: last.id };
  return { count: own.length, lookedAt: rows.length, next };
}
