import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Unit } from '../database/units.ts';
import { because, placeOf, record, refuseFixed, refuseReceipts } from './acts.ts';
import { heldAmong, holdable, refuseHeld } from './held.ts';
import { ownUpload } from './open.ts';
import type { Discarded, Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { touchDirectory, type Entry, type Place } from './tree.ts';
import { deleteUpload, giveUpAll, giveUpStale, type Upload } from './uploads.ts';
import { destroyBlob, recordDestroyed, retireVersion } from './versions.ts';

/**
 * REMOVE: destroys a published file with its earlier versions, or gives up the holder's own partial upload, which nobody
 * has ever received and no hold keeps.
 */
export function removeFile(parts: FilesParts, grant: Grant, holder: Holder): Promise<Discarded> {
  return parts.database.write(async (unit) =>
    removeFileAt(parts, unit, await placeOf(unit, grant), holder),
  );
}

/** The same at a place that is decided. */
export async function removeFileAt(
  parts: FilesParts,
  unit: Unit,
  place: Place,
  holder: Holder,
): Promise<Discarded> {
  refuseReceipts(place.path);
  const upload = await ownUpload(unit, place, holder);
  if (upload?.state === 'receiving') throw new Fault('file-busy');
  if (upload !== undefined) return giveUp(parts, unit, { place, holder, upload });
  if (place.entry === undefined) throw new Fault('not-found');
  if (place.entry.kind === 'directory') throw new Fault('is-a-directory');
  await refuseHeld(parts, unit, place, place.entry);
  await unit.query.deleteFrom('entries').where('id', '=', place.entry.id).execute();
  const held = heldAmong(parts, unit, holdable(place, place.entry));
  const { version, destroyed, discarded } = await retireVersion(unit, place.entry, {
    keptMax: 0,
    held,
  });
  await touchDirectory(unit, place.parent.id);
  const where = { agency: place.agency.code, path: place.path };
  await record(parts, unit, holder, {
    event: 'file.removed.1',
    ...where,
    size: version.size,
    sha256: version.sha256,
  });
  await recordDestroyed(unit, destroyed, { ...because(parts, holder), ...where });
  const stale = await giveUpStale(unit, place.entry, undefined, because(parts, holder));
  return [...discarded, ...stale];
}

type GivenUp = { readonly place: Place; readonly holder: Holder; readonly upload: Upload };

async function giveUp(
  parts: FilesParts,
  unit: Unit,
  { place, holder, upload }: GivenUp,
): Promise<Discarded> {
  await deleteUpload(unit, upload.id);
  const discarded = await destroyBlob(unit, upload.blob_id);
  await record(parts, unit, holder, {
    event: 'file.removed.1',
    agency: place.agency.code,
    path: place.path,
    size: upload.size,
    sha256: null,
  });
  return discarded;
}

/** RMDIR. Partials below it are seen by nobody else, so they neither keep a directory nor tell of themselves. */
export function removeDirectory(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
): Promise<Discarded> {
  return parts.database.write(async (unit) =>
    removeDirectoryAt(parts, unit, await placeOf(unit, grant), holder),
  );
}

/** The same at a place that is decided. */
export async function removeDirectoryAt(
  parts: FilesParts,
  unit: Unit,
  place: Place,
  holder: Holder,
): Promise<Discarded> {
  refuseReceipts(place.path);
  const { entry } = place;
  if (entry === undefined) throw new Fault('not-found');
  if (entry.kind !== 'directory') throw new Fault('not-a-directory');
  refuseFixed(entry);
  const uploads = await leftIn(unit, entry);
  const discarded = await giveUpAll(unit, uploads, because(parts, holder));
  await unit.query.deleteFrom('entries').where('id', '=', entry.id).execute();
  await touchDirectory(unit, place.parent.id);
  await record(parts, unit, holder, {
    event: 'directory.removed.1',
    agency: place.agency.code,
    path: place.path,
  });
  return discarded;
}

/** The partials in a directory in which there is nothing else. @throws Fault `directory-not-empty` */
async function leftIn({ query }: Unit, directory: Entry): Promise<readonly Upload[]> {
  const child = await query
    .selectFrom('entries')
    .select('id')
    .where('parent_id', '=', directory.id)
    .limit(1)
    .executeTakeFirst();
  if (child !== undefined) throw new Fault('directory-not-empty');
  const uploads = await query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', directory.id)
    .execute();
  if (uploads.some((upload) => upload.state === 'receiving'))
    throw new Fault('directory-not-empty');
  return uploads;
}
