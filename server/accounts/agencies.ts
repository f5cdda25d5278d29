import { isBehind, pageOrderOf } from '../database/page-order.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Row } from '../database/schema.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { AgencyKind } from '../domain/identity.ts';
import { checkShownName, fieldInvalid } from './fields.ts';
import { grantsIn, takeLegacyGrant } from './legacy-grant-rows.ts';
import { differences, newId, pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page, Place } from './parts.ts';

export type Agency = {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly kind: AgencyKind;
  readonly rootEntryId: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export type NewAgency = { readonly code: string; readonly name: string; readonly kind: AgencyKind };
export type AgencyChange = { readonly name?: string };
/** The orders there are, each with an index behind it; `-` is from the end. */
export const agencySorts = ['code', '-code', 'name', '-name', 'createdAt', '-createdAt'] as const;
export type AgencySort = (typeof agencySorts)[number];

export type AgencyListing = {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: Place | null;
  /** `code` if not given. */
  readonly sort?: AgencySort;
  readonly kind?: AgencyKind;
};

export type Agencies = {
  /** Makes the agency with its tree and its key. @throws Fault `field-invalid`, `name-used` */
  createAgency(origin: Origin, agency: NewAgency): Promise<Agency>;
  /** @throws Fault `not-found` */
  getAgency(code: string): Promise<Agency>;
  /** In the order that is asked for; `after` is where the page before ended. */
  listAgencies(listing: AgencyListing): Promise<Page<Agency, Place>>;
  /** Code and kind never change: the kind decides what users see. @throws Fault `not-found`, `field-invalid` */
  changeAgency(origin: Origin, code: string, change: AgencyChange): Promise<Agency>;
  /** The code stays taken. @throws Fault `not-found`, `conflict` while it has users or files */
  removeAgency(origin: Origin, code: string): Promise<void>;
};

const codeForm = /^[a-z][a-z0-9-]{1,31}$/;
const kinds: readonly AgencyKind[] = ['lcsa', 'state', 'partner'];

export function createAgencies(parts: AccountParts): Agencies {
  const { database } = parts;
  return {
    createAgency: (origin, agency) => createAgency(parts, origin, agency),
    getAgency: (code) => database.read((reader) => findAgency(reader, code)),
    listAgencies: (listing) => listAgencies(database, listing),
    changeAgency: (origin, code, change) => changeAgency(parts, origin, code, change),
    removeAgency: (origin, code) => removeAgency(parts, origin, code),
  };
}

async function createAgency(
  parts: AccountParts,
  origin: Origin,
  wanted: NewAgency,
): Promise<Agency> {
  const agency = checkNewAgency(wanted);
  return parts.database.write(
    async (unit) => {
      const used = await unit.query
        .selectFrom('agencies')
        .select('id')
        .where('code', '=', agency.code)
        .executeTakeFirst();
      if (used !== undefined) throw new Fault('name-used', undefined, { pointer: '/code' });
      const row: Row<'agencies'> = {
        id: newId(parts),
        ...agency,
        root_entry_id: newId(parts),
        created_at: unit.nowMs,
        updated_at: unit.nowMs,
        removed_at: null,
      };
      await unit.query.insertInto('agencies').values(row).execute();
      const { id, code, kind, root_entry_id: rootEntryId } = row;
      await parts.provisionAgency(unit, { id, code, kind, rootEntryId });
      await recordChange(parts, unit, origin, {
        event: 'agency.created.1',
        agency: code,
        before: null,
        after: agency,
      });
      return agencyOf(row);
    },
    { by: origin },
  );
}

function checkNewAgency({ code, name, kind }: NewAgency): NewAgency {
  if (typeof code !== 'string' || !codeForm.test(code)) {
    throw fieldInvalid('/code', '2 to 32 lower-case letters, digits and hyphens, a letter first');
  }
  if (!kinds.includes(kind)) throw fieldInvalid('/kind', `one of ${kinds.join(', ')}`);
  return { code, name: checkShownName(name, '/name'), kind };
}

const columns = { code: 'code', name: 'name', createdAt: 'created_at' } as const;

async function listAgencies(
  database: Database,
  { limit, after = null, sort = 'code', kind }: AgencyListing,
): Promise<Page<Agency, Place>> {
  const most = pageLimit(limit);
  const { field, direction } = pageOrderOf<keyof typeof columns>(sort);
  const column = columns[field];
  return database.read(async ({ query }) => {
    let select = query.selectFrom('agencies').selectAll().where('removed_at', 'is', null);
    if (kind !== undefined) select = select.where('kind', '=', kind);
    if (after !== null)
      select = select.where((where) => isBehind(where, after, { column, tie: 'code', direction }));
    select = select.orderBy(column, direction);
    if (column !== 'code') select = select.orderBy('code', direction);
    const rows = await select.limit(most + 1).execute();
    return pageOf<Agency, Place>(rows.map(agencyOf), most, (agency) => [
      { code: agency.code, name: agency.name, createdAt: agency.createdAtMs }[field],
      agency.code,
    ]);
  });
}

async function changeAgency(
  parts: AccountParts,
  origin: Origin,
  code: string,
  change: AgencyChange,
): Promise<Agency> {
  const name = change.name === undefined ? undefined : checkShownName(change.name, '/name');
  return parts.database.write(
    async (unit) => {
      const agency = await findAgency(unit, code);
      const changed = differences({ name: agency.name }, { name: name ?? agency.name });
      if (changed === undefined) return agency;
      const set = { ...changed.after, updated_at: unit.nowMs };
      await unit.query.updateTable('agencies').set(set).where('id', '=', agency.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'agency.changed.1',
        agency: code,
        ...changed,
      });
      return { ...agency, ...changed.after, updatedAtMs: unit.nowMs };
    },
    { by: origin },
  );
}

async function removeAgency(parts: AccountParts, origin: Origin, code: string): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const agency = await findAgency(unit, code);
      const user = await unit.query
        .selectFrom('users')
        .select('id')
        .where('agency_id', '=', agency.id)
        .where('status', '<>', 'removed')
        .executeTakeFirst();
      if (user !== undefined) throw new Fault('conflict', 'the agency still has users');
      if (!(await parts.agencyIsEmpty(unit, agency.id)))
        throw new Fault('conflict', 'the agency still has files or directories');
      for (const grant of await grantsIn(unit, code))
        await takeLegacyGrant(parts, unit, origin, grant);
      await unit.query
        .updateTable('agencies')
        .set({ removed_at: unit.nowMs })
        .where('id', '=', agency.id)
        .execute();
      const before = { code, name: agency.name, kind: agency.kind };
      await recordChange(parts, unit, origin, {
        event: 'agency.removed.1',
        agency: code,
        before,
        after: null,
      });
    },
    { by: origin },
  );
}

/** @throws Fault `not-found`, also for an agency that was removed */
export async function findAgency({ query }: Reader | Unit, code: string): Promise<Agency> {
  const row = await query
    .selectFrom('agencies')
    .selectAll()
    .where('code', '=', code)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such agency');
  return agencyOf(row);
}

function agencyOf(row: Row<'agencies'>): Agency {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    kind: row.kind,
    rootEntryId: row.root_entry_id,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}
