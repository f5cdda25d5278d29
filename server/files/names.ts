import type { AttributeChange } from '../domain/attributes.ts';
import type { LedgerEvent } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Unit } from '../database/units.ts';
import { columnsOf } from './attributes.ts';
import type { Discarded } from './close.ts';
import type { Holder } from './opens.ts';
import { ownUpload } from './open.ts';
import type { FilesParts } from './parts.ts';
import {
  entryById,
  findAgency,
  findEntry,
  findPlace,
  granted,
  insertDirectory,
  touchDirectory,
  type Entry,
  type Place,
} from './tree.ts';
import { deleteUpload, type Upload } from './uploads.ts';
import { destroyBlob, retireVersion } from './versions.ts';

async function placeOf(unit: Unit, grant: Grant): Promise<Place> {
  const { agencyCode, path } = granted(grant);
  return findPlace(unit, await findAgency(unit, agencyCode), path);
}

function refuseFixed(entry: Entry): void {
  if (entry.fixed === 1)
    throw new Fault('permission-denied', 'that directory is part of every tree');
}

/** REMOVE: destroys a published file, or gives up the holder's own partial upload. */
export function removeFile(parts: FilesParts, grant: Grant, holder: Holder): Promise<Discarded> {
  return parts.database.write(async (unit) => {
    const place = await placeOf(unit, grant);
    const upload = await ownUpload(unit, place, holder);
    if (upload?.state === 'receiving') throw new Fault('file-busy');
    if (upload !== undefined) return giveUp(parts, unit, place, holder, upload);
    if (place.entry === undefined) throw new Fault('not-found');
    if (place.entry.kind === 'directory') throw new Fault('is-a-directory');
    await unit.query.deleteFrom('entries').where('id', '=', place.entry.id).execute();
    const version = await retireVersion(unit, place.entry.version_id!);
    await touchDirectory(unit, place.parent.id);
    await record(parts, unit, holder, {
      event: 'file.removed.1',
      agency: place.agency.code,
      path: place.path,
      size: version.size,
      sha256: version.sha256,
    });
    return version.blob_id === null ? [] : [version.blob_id];
  });
}

async function giveUp(
  parts: FilesParts,
  unit: Unit,
  place: Place,
  holder: Holder,
  upload: Upload,
): Promise<Discarded> {
  await deleteUpload(unit, upload.id);
  await destroyBlob(unit, upload.blob_id);
  await record(parts, unit, holder, {
    event: 'file.removed.1',
    agency: place.agency.code,
    path: place.path,
    size: upload.size,
    sha256: null,
  });
  return [upload.blob_id];
}

export function makeDirectory(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
  change: AttributeChange,
): Promise<void> {
  return parts.database.write(async (unit) => {
    const place = await placeOf(unit, grant);
    if (place.entry !== undefined || (await ownUpload(unit, place, holder)) !== undefined)
      throw new Fault('already-exists');
    await insertDirectory(unit, {
      agencyId: place.agency.id,
      parentId: place.parent.id,
      name: place.name,
      createdBy: holder.username,
      ...(change.mode === undefined ? {} : { mode: change.mode & 0o7777 }),
    });
    await touchDirectory(unit, place.parent.id);
    await record(parts, unit, holder, {
      event: 'directory.created.1',
      agency: place.agency.code,
      path: place.path,
    });
  });
}

export function removeDirectory(parts: FilesParts, grant: Grant, holder: Holder): Promise<void> {
  return parts.database.write(async (unit) => {
    const place = await placeOf(unit, grant);
    const { entry } = place;
    if (entry === undefined) throw new Fault('not-found');
    if (entry.kind !== 'directory') throw new Fault('not-a-directory');
    refuseFixed(entry);
    const child = await unit.query
      .selectFrom('entries')
      .select('id')
      .where('parent_id', '=', entry.id)
      .limit(1)
      .executeTakeFirst();
    if (child !== undefined) throw new Fault('directory-not-empty');
    const upload = await unit.query
      .selectFrom('uploads')
      .select('id')
      .where('parent_id', '=', entry.id)
      .limit(1)
      .executeTakeFirst();
    if (upload !== undefined)
      throw new Fault('directory-not-empty', 'an upload into the directory is unfinished');
    await unit.query.deleteFrom('entries').where('id', '=', entry.id).execute();
    await touchDirectory(unit, place.parent.id);
    await record(parts, unit, holder, {
      event: 'directory.removed.1',
      agency: place.agency.code,
      path: place.path,
    });
  });
}

/**
 * RENAME and posix-rename. For the clients that upload under a temporary name this is the commit of the upload. An
 * upload that is not finished can't be renamed: nobody may take it for whole.
 */
export function renameEntry(
  parts: FilesParts,
  from: Grant,
  to: Grant,
  holder: Holder,
  replace: boolean,
): Promise<Discarded> {
  return parts.database.write(async (unit) => {
    const source = await placeOf(unit, from);
    const target = await placeOf(unit, to);
    const moved = await renamable(unit, source, holder);
    if (source.agency.id !== target.agency.id) {
      throw new Fault(
        'operation-unsupported',
        "a file cannot move between agencies: each agency's files have keys of their own; copy it",
      );
    }
    if (target.entry?.id === moved.id) return [];
    await refuseOwnDescendant(unit, moved, target);
    const discarded: string[] = [];
    const stale = await ownUpload(unit, target, holder);
    if (stale?.state === 'receiving') throw new Fault('file-busy');
    if (stale !== undefined) {
      await deleteUpload(unit, stale.id);
      await destroyBlob(unit, stale.blob_id);
      discarded.push(stale.blob_id);
    }
    const replaced =
      target.entry === undefined
        ? null
        : await replaceTarget(unit, target.entry, { moved, to, replace });
    if (replaced !== null && replaced.blob_id !== null) discarded.push(replaced.blob_id);
    await unit.query
      .updateTable('entries')
      .set({ parent_id: target.parent.id, name: target.name })
      .where('id', '=', moved.id)
      .execute();
    await touchDirectory(unit, source.parent.id);
    await touchDirectory(unit, target.parent.id);
    await record(parts, unit, holder, {
      event: 'entry.renamed.1',
      agency: source.agency.code,
      path: source.path,
      toAgency: target.agency.code,
      to: target.path,
      size: moved.kind === 'file' ? moved.size : null,
      sha256: await hashOf(unit, moved),
      replaced: replaced?.sha256 ?? null,
    });
    return discarded;
  });
}

async function renamable(unit: Unit, source: Place, holder: Holder): Promise<Entry> {
  const upload = await ownUpload(unit, source, holder);
  if (upload?.state === 'receiving') throw new Fault('file-busy');
  if (upload !== undefined)
    throw new Fault('upload-incomplete', 'the upload of that file was cut off; resume it first');
  if (source.entry === undefined) throw new Fault('not-found');
  refuseFixed(source.entry);
  return source.entry;
}

type Replacement = { readonly moved: Entry; readonly to: Grant; readonly replace: boolean };

async function replaceTarget(unit: Unit, existing: Entry, { moved, to, replace }: Replacement) {
  if (!replace || existing.kind === 'directory' || moved.kind === 'directory')
    throw new Fault('already-exists');
  if (!to.allowed.has('overwrite'))
    throw new Fault('permission-denied', 'you may not replace files here');
  await unit.query.deleteFrom('entries').where('id', '=', existing.id).execute();
  return retireVersion(unit, existing.version_id!);
}

async function refuseOwnDescendant(unit: Unit, moved: Entry, target: Place): Promise<void> {
  let at: Entry | undefined = target.parent;
  while (at !== undefined) {
    if (at.id === moved.id) throw new Fault('conflict', 'a directory cannot move into itself');
    at = at.parent_id === null ? undefined : await entryById(unit, at.parent_id);
  }
}

async function hashOf(unit: Unit, entry: Entry): Promise<string | null> {
  if (entry.version_id === null) return null;
  const version = await unit.query
    .selectFrom('versions')
    .select('sha256')
    .where('id', '=', entry.version_id)
    .executeTakeFirst();
  return version?.sha256 ?? null;
}

/** SETSTAT: times and permission bits, of a published entry or the holder's own partial. Size is content: see OPEN. */
export function changeAttributes(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
  change: AttributeChange,
): Promise<void> {
  return parts.database.write(async (unit) => {
    const { agencyCode, path } = granted(grant);
    const agency = await findAgency(unit, agencyCode);
    const upload =
      path === '/' ? undefined : await ownUpload(unit, await findPlace(unit, agency, path), holder);
    const columns = columnsOf(change);
    if (upload !== undefined) {
      if (columns.mode !== undefined)
        await unit.query
          .updateTable('uploads')
          .set({ mode: columns.mode })
          .where('id', '=', upload.id)
          .execute();
      return;
    }
    const entry = await findEntry(unit, agency, path);
    if (entry === undefined) throw new Fault('not-found');
    if (Object.keys(columns).length === 0) return;
    await unit.query.updateTable('entries').set(columns).where('id', '=', entry.id).execute();
    const { mode, accessed_at, modified_at } = entry;
    const before = { mode, accessed_at, modified_at };
    await record(parts, unit, holder, {
      event: 'attributes.changed.1',
      agency: agency.code,
      path,
      before,
      after: { ...before, ...columns },
    });
  });
}

function record(parts: FilesParts, unit: Unit, holder: Holder, event: LedgerEvent): Promise<void> {
  return parts.ledger.append(unit, {
    origin: holder.origin,
    outcome: 'success',
    reason: null,
    event,
  });
}
