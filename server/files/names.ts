import type { AttributeChange } from '../domain/attributes.ts';
import type { LedgerEvent } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Unit } from '../database/units.ts';
import { leadsToRule } from '../policy/rules.ts';
import { columnsOf } from './attributes.ts';
import { changeEntry } from './change-entry.ts';
import type { Discarded, Holder } from './opens.ts';
import { ownUpload } from './open.ts';
import type { FilesParts } from './parts.ts';
import {
  checkMove,
  checkReach,
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
import { deleteUpload, giveUpAll, giveUpStale, type Because, type Upload } from './uploads.ts';
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
    const { version, discarded } = await retireVersion(unit, place.entry.version_id!);
    await touchDirectory(unit, place.parent.id);
    await record(parts, unit, holder, {
      event: 'file.removed.1',
      agency: place.agency.code,
      path: place.path,
      size: version.size,
      sha256: version.sha256,
    });
    const stale = await giveUpStale(unit, place.entry, undefined, because(parts, holder));
    return [...discarded, ...stale];
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

export function makeDirectory(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
  change: AttributeChange,
): Promise<Discarded> {
  return parts.database.write(async (unit) => {
    const place = await placeOf(unit, grant);
    checkReach(place.path);
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
    const at = { parent_id: place.parent.id, name: place.name };
    const made = { kind: 'directory', version_id: null } as const;
    return giveUpStale(unit, at, made, because(parts, holder));
  });
}

/** RMDIR. Partials below it are seen by nobody else, so they neither keep a directory nor tell of themselves. */
export function removeDirectory(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
): Promise<Discarded> {
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
    const uploads = await unit.query
      .selectFrom('uploads')
      .selectAll()
      .where('parent_id', '=', entry.id)
      .execute();
    if (uploads.some((upload) => upload.state === 'receiving'))
      throw new Fault('directory-not-empty');
    const discarded = await giveUpAll(unit, uploads, because(parts, holder));
    await unit.query.deleteFrom('entries').where('id', '=', entry.id).execute();
    await touchDirectory(unit, place.parent.id);
    await record(parts, unit, holder, {
      event: 'directory.removed.1',
      agency: place.agency.code,
      path: place.path,
    });
    return discarded;
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
    if (moved.kind === 'directory') refuseRuled(from, to);
    await checkMove(unit, moved, source.path, target.path);
    const own = await ownUpload(unit, target, holder);
    if (own?.state === 'receiving') throw new Fault('file-busy');
    const replaced =
      target.entry === undefined
        ? null
        : await replaceTarget(unit, target.entry, { moved, to, replace });
    if (moved.kind === 'directory') parts.opens.directoryMoved();
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
      replaced: replaced?.version.sha256 ?? null,
    });
    const targetName = { parent_id: target.parent.id, name: target.name };
    return [
      ...(replaced?.discarded ?? []),
      ...(await giveUpStale(unit, moved, undefined, because(parts, holder))),
      ...(await giveUpStale(unit, targetName, moved, because(parts, holder))),
    ];
  });
}

/** A rule goes by path: what it says of something inside a directory would be lost, or gained, with a rename. */
function refuseRuled(from: Grant, to: Grant): void {
  const { rules } = from.identity;
  if (leadsToRule(rules, from.viewed) || leadsToRule(rules, to.viewed))
    throw new Fault(
      'permission-denied',
      'your permissions speak of something inside that directory, so it cannot be renamed',
    );
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

/**
 * SETSTAT: times and permission bits of a published entry, permission bits of the holder's own partial, whose times
 * follow its content. Size is content: see OPEN.
 */
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
    if (upload !== undefined) {
      const { mode } = columnsOf(change);
      if (mode === undefined) return;
      await unit.query.updateTable('uploads').set({ mode }).where('id', '=', upload.id).execute();
      await record(parts, unit, holder, {
        event: 'attributes.changed.1',
        agency: agency.code,
        path,
        before: { mode: upload.mode },
        after: { mode },
      });
      return;
    }
    const entry = await findEntry(unit, agency, path);
    if (entry === undefined) throw new Fault('not-found');
    await changeEntry(parts, unit, holder, { agency: agency.code, path, entry, change });
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

function because({ ledger }: FilesParts, { origin }: Holder): Because {
  return { ledger, origin };
}
