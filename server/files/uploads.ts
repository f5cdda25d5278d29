import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Discarded, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { childOf, pathOfPlace, type Entry, type Place } from './tree.ts';
import { destroyBlob, type Because } from './versions.ts';

export type Upload = Row<'uploads'>;

/**
 * The upload that a user has going or left partial under a name. A partial is stale once what is published there is not
 * what was when it began: it shows no more, and whoever changes the name gives it up.
 */
export function findUpload(
  reader: Reader | Unit,
  { parent, name }: Place,
  userId: string,
): Promise<Upload | undefined> {
  return byPlace.first(reader, { parentId: parent.id, name, userId });
}

const byPlace = prepare((query, given: { parentId: string; name: string; userId: string }) =>
  query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', given.parentId)
    .where('name', '=', given.name)
    .where('user_id', '=', given.userId),
);

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
 * and finds out at its CLOSE. Returns the destroyed blobs whose bytes are files.
 */
export async function giveUpStale(
  unit: Unit,
  at: { readonly parent_id: string | null; readonly name: string },
  entry: Published | undefined,
  because: Because,
): Promise<Discarded> {
  const uploads = await unit.query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', at.parent_id)
    .where('name', '=', at.name)
    .execute();
  return giveUpStaleOf(unit, uploads, entry, because);
}

/** The same of the uploads of a name. */
export function giveUpStaleOf(
  unit: Unit,
  uploads: readonly Upload[],
  entry: Published | undefined,
  because: Because,
): Promise<Discarded> {
  const stale = uploads.filter((upload) => upload.state === 'partial' && !isSeen(upload, entry));
  return giveUpAll(unit, stale, because);
}

/** Deletes uploads, each with its ledger row, and destroys their blobs. Returns those whose bytes are files. */
export async function giveUpAll(
  unit: Unit,
  uploads: readonly Upload[],
  because: Because,
): Promise<Discarded> {
  const discarded: string[] = [];
  for (const upload of uploads) {
    await recordGivenUp(unit, upload, because);
    await deleteUpload(unit, upload.id);
    discarded.push(...(await destroyBlob(unit, upload.blob_id)));
  }
  return discarded;
}

async function recordGivenUp(unit: Unit, upload: Upload, because: Because): Promise<void> {
  const { username, code } = await unit.query
    .selectFrom('users')
    .innerJoin('agencies', (join) => join.on('agencies.id', '=', upload.agency_id))
    .select(['users.username', 'agencies.code'])
    .where('users.id', '=', upload.user_id)
    .executeTakeFirstOrThrow();
  await because.ledger.append(unit, {
    origin: because.origin,
    outcome: 'success',
    reason: null,
    event: {
      event: 'upload.discarded.1',
      agency: code,
      path: await pathOfPlace(unit, upload),
      username,
      size: upload.size,
    },
  });
}

/**
 * What a removed user left unfinished is nobody's. The keys go in the unit; an upload that is being received goes when
 * its session ends.
 *
 * @returns what to do once that is committed: then the bytes go, too
 */
export async function giveUpUploads(
  { ledger, opens }: Pick<FilesParts, 'ledger' | 'opens'>,
  unit: Unit,
  userId: string,
  origin: Origin,
): Promise<() => void> {
  const partials = await unit.query
    .selectFrom('uploads')
    .selectAll()
    .where('user_id', '=', userId)
    .where('state', '=', 'partial')
    .execute();
  const discarded = await giveUpAll(unit, partials, { ledger, origin });
  return () => {
    for (const blobId of discarded) void opens.discardBytes(blobId);
  };
}

const bytesByUser = prepare((query, given: { userId: string }) =>
  query
    .selectFrom('uploads')
    .select((build) => build.fn.sum<number | null>('size').as('bytes'))
    .where('user_id', '=', given.userId),
);

/** What a user's partial uploads hold, which its quota counts. */
export async function partialBytesOf(reader: Reader | Unit, userId: string): Promise<number> {
  return (await bytesByUser.first(reader, { userId }))?.bytes ?? 0;
}

/** What a unit that goes on with an upload sets beside: from when it grows old. */
export function modifiedIn({ nowMs, trusted }: Unit): Pick<Upload, 'modified_at' | 'aged_from'> {
  return { modified_at: nowMs, aged_from: trusted.agedFromMs(nowMs) };
}

const deleteById = prepare((query, given: { id: string }) =>
  query.deleteFrom('uploads').where('id', '=', given.id),
);

export function deleteUpload(unit: Unit, id: string): Promise<void> {
  return deleteById.run(unit, { id });
}

/** Whether its user is still there to go on with it, and the name still holds what it held at OPEN. */
export async function isResumable(unit: Unit, upload: Upload | undefined): Promise<boolean> {
  if (upload === undefined || upload.user_id === null) return false;
  const user = await unit.query
    .selectFrom('users')
    .select('status')
    .where('id', '=', upload.user_id)
    .executeTakeFirst();
  return user?.status !== 'removed' && isSeen(upload, await entryNamed(unit, upload));
}

/** The upload of an open, if it was not given up meanwhile. */
export function findOwn(unit: Unit, open: ReceivingOpen): Promise<Upload | undefined> {
  return unit.query
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', open.uploadId)
    .executeTakeFirst();
}

/** The upload of an open. @throws Fault `handle-invalid` where it was given up */
export async function uploadOf(unit: Unit, open: ReceivingOpen): Promise<Upload> {
  const upload = await findOwn(unit, open);
  if (upload === undefined || upload.open_id !== open.openId)
    throw new Fault('handle-invalid', 'the upload was given up');
  return upload;
}

const besideOwn = prepare((query, given: { uploadId: string; openId: string }) =>
  query
    .selectFrom('uploads as own')
    .innerJoin('uploads', (join) =>
      join.onRef('uploads.parent_id', '=', 'own.parent_id').onRef('uploads.name', '=', 'own.name'),
    )
    .selectAll('uploads')
    .where('own.id', '=', given.uploadId)
    .where('own.open_id', '=', given.openId),
);

/**
 * The upload of an open, and the others that all users have under its name.
 *
 * @throws Fault `handle-invalid` where it was given up
 */
export async function uploadsBeside(
  unit: Unit,
  open: ReceivingOpen,
): Promise<{ readonly upload: Upload; readonly others: readonly Upload[] }> {
  const { uploadId, openId } = open;
  const uploads = await besideOwn.all(unit, { uploadId, openId });
  const upload = uploads.find(({ id }) => id === open.uploadId);
  if (upload === undefined) throw new Fault('handle-invalid', 'the upload was given up');
  return { upload, others: uploads.filter(({ id }) => id !== upload.id) };
}

/** What is published under an upload's name now. */
export function entryNamed(unit: Unit, upload: Upload): Promise<Entry | undefined> {
  return childOf(unit, upload.parent_id, upload.name);
}
