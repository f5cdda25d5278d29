import type { Unit } from '../database/units.ts';
import { redactedText } from '../ledger/opened-row.ts';

/** Whose transfers: those under one path, or all of an agency, from behind one of them on. */
export type RedactedTransfers = {
  readonly kind: 'transfers';
  readonly agencyId: string;
  readonly path: string | null;
  readonly after: { readonly startedAt: number; readonly id: string } | null;
};

/**
 * Takes the path out of records of transfers. What they say of who, when, how much and which content stays.
 *
 * @returns how many of the first `max`, and where to go on; null where there are no more
 */
export async function redactTransfers(
  unit: Unit,
  place: RedactedTransfers,
  max: number,
): Promise<{
  readonly count: number;
  readonly lookedAt: number;
  readonly next: RedactedTransfers | null;
}> {
  const { agencyId, path, after } = place;
  // One index has all of an agency, another those of a path, with others' among them.
  let select = unit.query.selectFrom('transfers').select(['id', 'started_at', 'agency_id']);
  select =
    path === null ? select.where('agency_id', '=', agencyId) : select.where('path', '=', path);
  if (after !== null)
    select = select.where((where) =>
      where(where.refTuple('started_at', 'id'), '>', where.tuple(after.startedAt, after.id)),
    );
  const rows = await select.orderBy('started_at').orderBy('id').limit(max).execute();
  const last = rows.at(-1);
  if (last === undefined) return { count: 0, lookedAt: 0, next: null };
  const ids = rows.flatMap((row) => (row.agency_id === agencyId ? [row.id] : []));
  if (ids.length > 0)
    await unit.query
      .updateTable('transfers')
      .set({ path: redactedText })
      .where('id', 'in', ids)
      .execute();
  const isLast = rows.length < max;
  const next = isLast ? null : { ...place, after: { startedAt: last.started_at, id: last.id } };
  return { count: ids.length, lookedAt: rows.length, next };
}
