import type { Reader } from '../database/units.ts';
import type { Entry } from './tree.ts';

/** What a file holds, or held. */
export type AdminVersion = {
  readonly id: string;
  /** `previous` ones can be read and restored; of the destroyed ones only this record is left. */
  readonly state: 'current' | 'previous' | 'destroyed';
  readonly size: number;
  readonly sha256: string;
  readonly receivedAtMs: number;
  /** A user name, or `admin:<name of the key>`. */
  readonly receivedFrom: string | null;
  readonly transferId: string | null;
  readonly replacedAtMs: number | null;
};

/** Where a page ended. The current version comes before all others, those that can be restored before the destroyed. */
export type VersionPlace = {
  readonly destroyed: number;
  readonly replacedAtMs: number;
  readonly id: string;
};

const behindCurrent: VersionPlace = {
  destroyed: 0,
  replacedAtMs: Number.MAX_SAFE_INTEGER,
  id: '',
};

/** The versions of a file, the newest first. */
export async function listVersions(
  reader: Reader,
  { id: entryId, version_id: currentId }: Entry,
  { after, max }: { readonly after: VersionPlace | null; readonly max: number },
): Promise<{ readonly items: readonly AdminVersion[]; readonly next: VersionPlace | null }> {
  const rows =
    after === null
      ? await selectVersions(reader).where('versions.id', '=', currentId).execute()
      : [];
  for (const destroyed of [0, 1]) {
    if (rows.length > max || destroyed < (after?.destroyed ?? 0)) continue;
    const from = destroyed === after?.destroyed ? after : behindCurrent;
    const { replacedAtMs, id } = from;
    const found = await selectVersions(reader)
      .where('versions.entry_id', '=', entryId)
      .where('versions.destroyed', '=', destroyed)
      .where('versions.replaced_at', 'is not', null)
      // Said twice: it is the plain comparison that starts the walk through the index there.
      .where('versions.replaced_at', '<=', replacedAtMs)
      .where((where) =>
        where.or([
          where('versions.replaced_at', '<', replacedAtMs),
          where.and([
            where('versions.replaced_at', '=', replacedAtMs),
            where('versions.id', '<', id),
          ]),
        ]),
      )
      .orderBy('versions.replaced_at', 'desc')
      .orderBy('versions.id', 'desc')
      .limit(max + 1 - rows.length)
      .execute();
    rows.push(...found);
  }
  const shown = rows.slice(0, max);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => versionOf(row, currentId)),
    next: rows.length > max && last !== undefined ? placeOf(last, currentId) : null,
  };
}

type VersionRow = {
  readonly id: string;
  readonly size: number;
  readonly sha256: string;
  readonly received_at: number;
  readonly replaced_at: number | null;
  readonly transfer_id: string | null;
  readonly destroyed: number;
  readonly received_from: string | null;
};

function selectVersions({ query }: Reader) {
  return query
    .selectFrom('versions')
    .leftJoin('transfers', 'transfers.id', 'versions.transfer_id')
    .select([
      'versions.id',
      'versions.size',
      'versions.sha256',
      'versions.received_at',
      'versions.replaced_at',
      'versions.transfer_id',
      'versions.destroyed',
      'transfers.username as received_from',
    ]);
}

function placeOf(
  { id, destroyed, replaced_at: replacedAtMs }: VersionRow,
  currentId: string | null,
) {
  return id === currentId ? behindCurrent : { destroyed, replacedAtMs: replacedAtMs ?? 0, id };
}

function versionOf(row: VersionRow, currentId: string | null): AdminVersion {
  const old = row.destroyed === 1 ? 'destroyed' : 'previous';
  return {
    id: row.id,
    state: row.id === currentId ? 'current' : old,
    size: row.size,
    sha256: row.sha256,
    receivedAtMs: row.received_at,
    receivedFrom: row.received_from,
    transferId: row.transfer_id,
    replacedAtMs: row.replaced_at,
  };
}
