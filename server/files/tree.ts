import { randomBytes } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import { nameOf, parentOf, segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';

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

export function newId(): string {
  return randomBytes(16).toString('hex');
}

/** The agency and path inside its tree that a grant speaks of. The State's `/agencies` itself is no entry. */
export function granted(grant: Grant): { readonly agencyCode: string; readonly path: VirtualPath } {
  if (grant.location.kind !== 'entry')
    throw new Fault('permission-denied', 'that directory shows the agencies and is fixed');
  return grant.location;
}

export async function findAgency({ query }: Reader | Unit, code: string): Promise<Agency> {
  const agency = await query
    .selectFrom('agencies')
    .select(['id', 'code', 'root_entry_id'])
    .where('code', '=', code)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (agency === undefined) throw new Fault('not-found');
  return agency;
}

/** The entry at a path, or undefined; a file in the middle of the path is a name that does not exist. */
export async function findEntry(
  reader: Reader | Unit,
  agency: Agency,
  path: VirtualPath,
): Promise<Entry | undefined> {
  let entry = await entryById(reader, agency.root_entry_id);
  for (const segment of segmentsOf(path)) {
    if (entry === undefined || entry.kind !== 'directory') return undefined;
    entry = await childOf(reader, entry.id, segment);
  }
  return entry;
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

function childOf(
  { query }: Reader | Unit,
  parentId: string,
  name: string,
): Promise<Entry | undefined> {
  return query
    .selectFrom('entries')
    .selectAll()
    .where('parent_id', '=', parentId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function entryById({ query }: Reader | Unit, id: string): Promise<Entry | undefined> {
  return query.selectFrom('entries').selectAll().where('id', '=', id).executeTakeFirst();
}

/** A directory's modification time follows what happens in it. */
export async function touchDirectory(unit: Unit, id: string): Promise<void> {
  await unit.query
    .updateTable('entries')
    .set({ modified_at: unit.nowMs })
    .where('id', '=', id)
    .execute();
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

/** The directories of every tree: to the State, from the State, and the proofs of receipt. */
export const fixedDirectories = ['incoming', 'outgoing', 'receipts'] as const;

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
  const one = await query
    .selectFrom('entries')
    .select('id')
    .where('agency_id', '=', agencyId)
    .where('fixed', '=', 0)
    .limit(1)
    .executeTakeFirst();
  const upload = await query
    .selectFrom('uploads')
    .select('id')
    .where('agency_id', '=', agencyId)
    .limit(1)
    .executeTakeFirst();
  return one === undefined && upload === undefined;
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
