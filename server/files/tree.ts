import { randomBytes } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import { idRandomBytes, spreadId, timeOrderedId } from '../domain/ids.ts';
import {
  nameOf,
  parentOf,
  segmentsOf,
  treeBytesMax,
  treeDepthMax,
  type VirtualPath,
} from '../domain/virtual-path.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { followWay } from './ways.ts';

export type Entry = Row<'entries'>;
export type Agency = { readonly id: string; readonly code: string; readonly root_entry_id: string };

/** A name in a directory that exists; whether the name does is `entry`. */
export type Place = {
  readonly agency: Agency;
  readonly path: VirtualPath;
  readonly parent: Entry;
  readonly name: string;
  readonly entry: Entry | undefined;
};

/** Ids are no secrets (docs/decisions/0012), so their random bytes are drawn many at a time: a draw costs what an id does. */
const idsDrawn = 256;
let drawn = Buffer.alloc(0);

function drawForId(): Buffer {
  if (drawn.length === 0) drawn = randomBytes(idsDrawn * idRandomBytes);
  const bytes = drawn.subarray(0, idRandomBytes);
  drawn = drawn.subarray(idRandomBytes);
  return bytes;
}

export function newId(): string {
  return timeOrderedId(Date.now(), drawForId());
}

export function newBlobId(): string {
  return spreadId(Date.now(), drawForId());
}

/** The agency and path inside its tree that a grant speaks of. The State's `/agencies` itself is no entry. */
export function granted(grant: Grant): { readonly agencyCode: string; readonly path: VirtualPath } {
  if (grant.location.kind !== 'entry')
    throw new Fault('permission-denied', 'that directory shows the agencies and is fixed');
  return grant.location;
}

const agencyByCode = prepare((query, given: { code: string }) =>
  query
    .selectFrom('agencies')
    .select(['id', 'code', 'root_entry_id'])
    .where('code', '=', given.code)
    .where('removed_at', 'is', null),
);

export async function findAgency(reader: Reader | Unit, code: string): Promise<Agency> {
  const agency = await agencyByCode.first(reader, { code });
  if (agency === undefined) throw new Fault('not-found');
  return agency;
}

/** The entry at a path, or undefined; a file in the middle of the path is a name that does not exist. */
export function findEntry(
  reader: Reader | Unit,
  agency: Agency,
  path: VirtualPath,
): Promise<Entry | undefined> {
  return followWay(reader, agency.root_entry_id, segmentsOf(path));
}

/**
 * Where a path leads: its parent must be a directory.
 *
 * @throws Fault `parent-not-found`, `not-a-directory`, `is-a-directory` (for the root, which has no parent)
 */
export async function findPlace(
  reader: Reader | Unit,
  agency: Agency,
  path: VirtualPath,
): Promise<Place> {
  if (path === '/') throw new Fault('is-a-directory', 'that is the root of the tree');
  const parent = await findEntry(reader, agency, parentOf(path));
  if (parent === undefined) throw new Fault('parent-not-found');
  if (parent.kind !== 'directory') throw new Fault('not-a-directory');
  const name = nameOf(path);
  return { agency, path, parent, name, entry: await childOf(reader, parent.id, name) };
}

const childByName = prepare((query, given: { parentId: string; name: string }) =>
  query
    .selectFrom('entries')
    .selectAll()
    .where('parent_id', '=', given.parentId)
    .where('name', '=', given.name),
);

/** What is published under a name in a directory. */
export function childOf(
  reader: Reader | Unit,
  parentId: string,
  name: string,
): Promise<Entry | undefined> {
  return childByName.first(reader, { parentId, name });
}

const byId = prepare((query, given: { id: string }) =>
  query.selectFrom('entries').selectAll().where('id', '=', given.id),
);

export function entryById(reader: Reader | Unit, id: string): Promise<Entry | undefined> {
  return byId.first(reader, { id });
}

const touch = prepare((query, given: { id: string; nowMs: number }) =>
  query.updateTable('entries').set({ modified_at: given.nowMs }).where('id', '=', given.id),
);

/** A directory's modification time follows what happens in it. */
export async function touchDirectory(unit: Unit, id: string): Promise<void> {
  await touch.run(unit, { id, nowMs: unit.nowMs });
}

export type NewDirectory = {
  readonly id?: string;
  readonly agencyId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly mode?: number;
  readonly fixed?: boolean;
  readonly createdBy: string | null;
};

export async function insertDirectory(unit: Unit, directory: NewDirectory): Promise<void> {
  await unit.query
    .insertInto('entries')
    .values({
      id: directory.id ?? newId(),
      agency_id: directory.agencyId,
      parent_id: directory.parentId,
      name: directory.name,
      kind: 'directory',
      version_id: null,
      size: 0,
      mode: directory.mode ?? 0o750,
      accessed_at: unit.nowMs,
      modified_at: unit.nowMs,
      fixed: directory.fixed === true ? 1 : 0,
      created_at: unit.nowMs,
      created_by: directory.createdBy,
    })
    .execute();
}

/** The directory of a tree that the server alone fills. */
export const receiptsDirectory = 'receipts';

/** The directories of every tree: to the State, from the State, and the proofs of receipt. */
export const fixedDirectories = ['incoming', 'outgoing', receiptsDirectory] as const;

/** A new agency's tree, in the unit that makes the agency. */
export async function plantTree(
  unit: Unit,
  agency: { id: string; rootEntryId: string },
): Promise<void> {
  const shared = { agencyId: agency.id, fixed: true, createdBy: null };
  await insertDirectory(unit, { ...shared, id: agency.rootEntryId, parentId: null, name: '' });
  for (const name of fixedDirectories) {
    await insertDirectory(unit, { ...shared, parentId: agency.rootEntryId, name });
  }
}

/** Whether a tree holds nothing but its fixed directories. */
export async function isTreeEmpty({ query }: Reader | Unit, agencyId: string): Promise<boolean> {
  // All that is deeper is in something that is asked for here.
  const tops = query
    .selectFrom('agencies')
    .innerJoin('entries', 'entries.parent_id', 'agencies.root_entry_id')
    .where('agencies.id', '=', agencyId);
  const root = query.selectFrom('agencies').select('root_entry_id').where('id', '=', agencyId);
  const fixed = tops.where('entries.fixed', '=', 1).select('entries.id');
  const entries = query.selectFrom('entries').select('id').limit(1);
  const uploads = query.selectFrom('uploads').select('id').limit(1);
  const found = [
    await tops.where('entries.fixed', '=', 0).select('entries.id').limit(1).executeTakeFirst(),
    await entries.where('parent_id', 'in', fixed).executeTakeFirst(),
    await uploads.where('parent_id', '=', root).executeTakeFirst(),
    await uploads.where('parent_id', 'in', fixed).executeTakeFirst(),
  ];
  return found.every((one) => one === undefined);
}

/** The path of an entry inside its tree, for messages, transfers and the API. */
export async function pathOf(reader: Reader | Unit, entry: Entry): Promise<string> {
  const names: string[] = [];
  for (
    let at: Entry | undefined = entry;
    at !== undefined && at.parent_id !== null;
    at = await entryById(reader, at.parent_id)
  ) {
    names.unshift(at.name);
  }
  return `/${names.join('/')}`;
}

/** The path of a name in a directory, whether it is an entry's or an upload's. */
export async function pathOfPlace(
  reader: Reader | Unit,
  place: { readonly parent_id: string; readonly name: string },
): Promise<string> {
  const parent = await entryById(reader, place.parent_id);
  const above = parent === undefined ? '/' : await pathOf(reader, parent);
  return above === '/' ? `/${place.name}` : `${above}/${place.name}`;
}

/** How far names reach below a place in a tree. */
type Reach = { readonly depth: number; readonly bytes: number };

function reachOf(path: VirtualPath): Reach {
  return { depth: segmentsOf(path).length, bytes: Buffer.byteLength(path) };
}

/**
 * Whether a new name may be where the path says, with room left for the State's way to it.
 *
 * @throws Fault `path-too-long`
 */
export function checkReach(path: VirtualPath, below: Reach = { depth: 0, bytes: 0 }): void {
  const { depth, bytes } = reachOf(path);
  if (depth + below.depth > treeDepthMax)
    throw new Fault('path-too-long', `a tree may be ${treeDepthMax} directories deep`);
  if (bytes + below.bytes > treeBytesMax)
    throw new Fault('path-too-long', `a path in a tree may have ${treeBytesMax} bytes`);
}

/** Directories that are looked at to tell whether a renamed one still fits; a unit holds up every other. */
const movedDirectoriesMax = 10_000;
/** Ids in one query. */
const idsPerQuery = 500;

/**
 * Whether everything in a directory can still be reached once it is renamed.
 *
 * @throws Fault `path-too-long`
 */
export async function checkMove(
  unit: Unit,
  moved: Entry,
  from: VirtualPath,
  to: VirtualPath,
): Promise<void> {
  checkReach(to);
  const [before, after] = [reachOf(from), reachOf(to)];
  if (moved.kind === 'file' || (after.depth <= before.depth && after.bytes <= before.bytes)) return;
  let level: ReadonlyMap<string, number> = new Map([[moved.id, 0]]);
  let seen = 0;
  for (let depth = 1; level.size > 0; depth += 1) {
    seen += level.size;
    if (seen > movedDirectoriesMax)
      throw new Fault('path-too-long', 'too much is in that directory for it to move deeper');
    const next = new Map<string, number>();
    for (const ids of chunks([...level.keys()], idsPerQuery)) {
      for (const { parent_id, bytes } of await longestNames(unit, ids))
        checkReach(to, { depth, bytes: level.get(parent_id)! + 1 + bytes });
      for (const { id, parent_id, name } of await directoriesIn(unit, ids))
        next.set(id, level.get(parent_id)! + 1 + Buffer.byteLength(name));
    }
    level = next;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Bytes of the longest name in each directory that holds any, unfinished uploads included. */
async function longestNames({ query }: Unit, ids: readonly string[]) {
  const entries = await query
    .selectFrom('entries')
    .select((build) => [
      'parent_id',
      build.fn.max<number>(build.fn<number>('octet_length', ['name'])).as('bytes'),
    ])
    .where('parent_id', 'in', ids)
    .groupBy('parent_id')
    .execute();
  const uploads = await query
    .selectFrom('uploads')
    .select((build) => [
      'parent_id',
      build.fn.max<number>(build.fn<number>('octet_length', ['name'])).as('bytes'),
    ])
    .where('parent_id', 'in', ids)
    .groupBy('parent_id')
    .execute();
  return [...entries, ...uploads].map(({ parent_id, bytes }) => ({ parent_id: parent_id!, bytes }));
}

async function directoriesIn({ query }: Unit, ids: readonly string[]) {
  const directories = await query
    .selectFrom('entries')
    .select(['id', 'parent_id', 'name'])
    .where('parent_id', 'in', ids)
    .where('kind', '=', 'directory')
    .execute();
  return directories.map((each) => ({ ...each, parent_id: each.parent_id! }));
}
