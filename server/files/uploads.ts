import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Entry, Place } from './tree.ts';
import { findVersion } from './versions.ts';

export type Upload = Row<'uploads'>;

/**
 * The upload that a user has going or left partial under a name. One that is older than what was published there since
 * is stale: it no longer shows, and the next upload takes its place.
 */
export async function findUpload(
  reader: Reader | Unit,
  place: Place,
  userId: string,
): Promise<Upload | undefined> {
  const upload = await reader.query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', place.parent.id)
    .where('name', '=', place.name)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return upload;
}

/** Whether a partial upload still counts beside the entry of its name. */
export async function isCurrent(
  reader: Reader | Unit,
  upload: Upload,
  entry: Entry | undefined,
): Promise<boolean> {
  if (upload.state === 'receiving' || entry === undefined || entry.version_id === null) return true;
  const version = await findVersion(reader, entry.version_id);
  return version === undefined || upload.modified_at >= version.received_at;
}

/** What a user's partial uploads hold, which its quota counts. */
export async function partialBytesOf({ query }: Reader | Unit, userId: string): Promise<number> {
  const sum = await query
    .selectFrom('uploads')
    .select((build) => build.fn.sum<number | null>('size').as('bytes'))
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return sum?.bytes ?? 0;
}

export async function deleteUpload({ query }: Unit, id: string): Promise<void> {
  await query.deleteFrom('uploads').where('id', '=', id).execute();
}
