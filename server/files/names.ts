import type { AttributeChange } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Unit } from '../database/units.ts';
import { leadsToRule } from '../policy/rules.ts';
import { columnsOf, makerOf } from './attributes.ts';
import { changeEntry } from './change-entry.ts';
import { holdable, keepingAt, refuseHeldMove } from './held.ts';
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
import { because, placeOf, record, refuseFixed, refuseReceipts } from './acts.ts';
import { giveUpStale } from './uploads.ts';
import {
  adoptVersions,
  lastReplacedMs,
  recordDestroyed,
  retireVersion,
  type Retired,
} from './versions.ts';

export function makeDirectory(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
  change: AttributeChange,
): Promise<Discarded> {
  return parts.database.write(async (unit) =>
    makeDirectoryAt(parts, unit, { place: await placeOf(unit, grant), holder, change }),
  );
}

export type DirectoryToBe = {
  readonly place: Place;
  readonly holder: Holder;
  readonly change: AttributeChange;
};

/** The same at a place that is decided. */
export async function makeDirectoryAt(
  parts: FilesParts,
  unit: Unit,
  { place, holder, change }: DirectoryToBe,
): Promise<Discarded> {
  refuseReceipts(place.path);
  checkReach(place.path);
  if (place.entry !== undefined || (await ownUpload(unit, place, holder)) !== undefined)
    throw new Fault('already-exists');
  await insertDirectory(unit, {
    agencyId: place.agency.id,
    parentId: place.parent.id,
    name: place.name,
    createdBy: makerOf(holder),
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
    for (const { path } of [source, target]) refuseReceipts(path);
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
    await refuseHeldMove(parts, unit, moved, { source, target });
    await checkMove(unit, moved, source.path, target.path);
    const own = await ownUpload(unit, target, holder);
    if (own?.state === 'receiving') throw new Fault('file-busy');
    const replaced =
      target.entry === undefined
        ? null
        : await replaceTarget(parts, unit, target, {
            existing: target.entry,
            moved,
            to,
            replace,
            holder,
          });
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
    if (moved.version_id !== null)
      await parts.receipts.renamed(unit, {
        tree: target.agency.code,
        path: target.path,
        parentId: target.parent.id,
        name: target.name,
        versionId: moved.version_id,
      });
    const where = { agency: target.agency.code, path: target.path };
    if (replaced !== null)
      await recordDestroyed(unit, replaced.destroyed, { ...because(parts, holder), ...where });
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

type Replacement = {
  readonly existing: Entry;
  readonly moved: Entry;
  readonly to: Grant;
  readonly replace: boolean;
  readonly holder: Holder;
};

/** What lay under the name is, as far as it is kept, an earlier version of what takes its place. */
async function replaceTarget(
  parts: FilesParts,
  unit: Unit,
  target: Place,
  { existing, moved, to, replace, holder }: Replacement,
): Promise<Retired> {
  if (!replace || existing.kind === 'directory' || moved.kind === 'directory')
    throw new Fault('already-exists');
  if (!to.allowed.has('overwrite'))
    throw new Fault('permission-denied', 'you may not replace files here');
  await unit.query.deleteFrom('entries').where('id', '=', existing.id).execute();
  // Behind what either of them held, as they are one history from here on.
  const afterMs = await lastReplacedMs(unit, moved.id);
  const keeping = keepingAt(parts, unit, holdable(target, existing));
  const retired = await retireVersion(unit, existing, { ...keeping, afterMs });
  const [from, into] = [{ entryId: existing.id }, { entryId: moved.id }];
  await parts.holds.follow(unit, from.entryId, into.entryId, because(parts, holder));
  const kept = keepingAt(parts, unit, holdable(target, moved));
  const surplus = await adoptVersions(unit, from, into, kept);
  return {
    version: retired.version,
    destroyed: [...retired.destroyed, ...surplus.destroyed],
    discarded: [...retired.discarded, ...surplus.discarded],
  };
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
    refuseReceipts(path);
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
