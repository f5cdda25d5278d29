import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Entry, Place } from './tree.ts';
import { destroyBlob } from './versions.ts';

export type Upload = Row<'uploads'>;

/**
 * The upload that a user has going or left partial under a name. A partial is stale once what is published there is not
 * what was when it began: it shows no more, and whoever changes the name gives it up.
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

/** What lies under a name, as far as it says whether a partial still belongs there. */
export type Published = Pick<Entry, 'kind' | 'version_id'>;

/** Whether an upload still counts beside the entry of its name. */
export function isCurrent(upload: Upload, entry: Published | undefined): boolean {
  return upload.state === 'receiving' || isSeen(upload, entry);
}

/** Whether the name holds what it held when the upload began. */
export function isSeen(upload: Upload, entry: Published | undefined): boolean {
  return entry?.kind !== 'directory' && (entry?.version_id ?? null) === upload.seen_version_id;
}

/**
 * Gives up every user's partials under a name that are stale beside what is there now. What is being received stays,
 * and finds out at its CLOSE. Returns the blobs whose keys are destroyed.
 */
export async function giveUpStale(
  unit: Unit,
  at: { readonly parent_id: string | null; readonly name: string },
  entry: Published | undefined,
): Promise<readonly string[]> {
  const partials = await unit.query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', at.parent_id)
    .where('name', '=', at.name)
    .where('state', '=', 'partial')
    .execute();
  return giveUpAll(
    unit,
    partials.filter((upload) => !isSeen(upload, entry)),
  );
}

/** Deletes uploads and destroys the keys of their blobs, whose ids it returns. */
export async function giveUpAll(
  unit: Unit,
  uploads: readonly Pick<Upload, 'id' | 'blob_id'>[],
): Promise<readonly string[]> {
  for (const upload of uploads) {
    await deleteUpload(unit, upload.id);
    await destroyBlob(unit, upload.blob_id);
  }
  return uploads.map((upload) => upload.blob_id);
}

/**
 * What a removed user left unfinished is nobody's. The keys go in the unit, the bytes with the next start; an upload
 * that is being received goes when its session ends.
 */
export async function giveUpUploads(unit: Unit, userId: string): Promise<void> {
  const partials = await unit.query
    .selectFrom('uploads')
    .select(['id', 'blob_id'])
    .where('user_id', '=', userId)
    .where('state', '=', 'partial')
    .execute();
  await giveUpAll(unit, partials);
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
