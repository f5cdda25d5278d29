import { differences, pageLimit, pageOf, type Page } from '../accounts/parts.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { Glob } from '../domain/glob.ts';
import { fieldInvalid } from '../accounts/fields.ts';
import {
  checkHoldChange,
  checkLiftReason,
  checkNewHold,
  type HoldChange,
  type HoldFields,
  type NewHold,
} from './hold-fields.ts';
import { findHold, holdOf, selectHolds, type Hold, type HoldState } from './hold-rows.ts';
import { isoOf, newId, record, type RetentionParts } from './parts.ts';
import { refuseNowhere } from './somewhere.ts';
import { forgetStanding, holdsEndMs } from './standing-holds.ts';

export type HoldListing = {
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly after?: string | null;
  /** Code: only those of that agency alone. */
  readonly agency?: string;
  /** Only those on this file by its id. */
  readonly file?: string;
  readonly state?: HoldState;
};

/** Legal holds as administrators place and lift them; `standing-holds.ts` has them kept to. */
export type LegalHolds = {
  /** The newest first. */
  list(listing: HoldListing): Promise<Page<Hold>>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<Hold>;
  /** The same in a unit, for an ETag. @throws Fault `not-found` */
  find(reader: Reader, id: string): Promise<Hold>;
  /** From its commit on nothing that it is on is destroyed. @throws Fault `field-invalid`, `conflict` */
  place(origin: Origin, hold: NewHold): Promise<Hold>;
  /** @throws Fault `not-found`, `field-invalid`, `conflict` for one that does not stand */
  change(origin: Origin, id: string, change: HoldChange): Promise<Hold>;
  /** @throws Fault `not-found`, `field-invalid`, `conflict` for one that does not stand */
  lift(origin: Origin, id: string, reason: string): Promise<Hold>;
};

export type HoldParts = Pick<RetentionParts, 'guarded' | 'database' | 'ledger' | 'randomBytes'>;

/** Each is held against each file that is asked about; those on a single file are not counted. */
const wideHoldsMax = 1_000;

export function createHolds(parts: HoldParts): LegalHolds {
  const { database, guarded } = parts;
  const change = (origin: Origin, work: (unit: Unit) => Promise<Hold>) =>
    guarded.write(work, { by: origin });
  return {
    list: (listing) => database.read((reader) => list(reader, listing)),
    get: (id) => database.read((reader) => find(reader, id)),
    find,
    place: (origin, hold) => change(origin, (unit) => place(parts, unit, origin, hold)),
    change: (origin, id, fields) =>
      change(origin, (unit) => changeHold(parts, unit, origin, { id, fields })),
    lift: (origin, id, reason) =>
      change(origin, (unit) => lift(parts, unit, origin, { id, reason })),
  };
}

async function find(reader: Reader | Unit, id: string): Promise<Hold> {
  return findHold(reader, id, await holdsEndMs(reader));
}

async function list(
  reader: Reader,
  { limit, after = null, agency, file, state }: HoldListing,
): Promise<Page<Hold>> {
  const most = pageLimit(limit);
  const endsMs = await holdsEndMs(reader);
  let select = selectHolds(reader);
  if (agency !== undefined) select = select.where('agencies.code', '=', agency);
  if (file !== undefined) select = select.where('holds.entry_id', '=', file);
  if (state !== undefined)
    select = select.where('holds.lifted_at', state === 'lifted' ? 'is not' : 'is', null);
  if (state === 'expired') select = select.where('holds.until', '<=', endsMs);
  if (state === 'standing')
    select = select.where((where) =>
      where.or([where('holds.until', 'is', null), where('holds.until', '>', endsMs)]),
    );
  // Ids are in the order of time.
  if (after !== null) select = select.where('holds.id', '<', after);
  const rows = await select
    .orderBy('holds.id', 'desc')
    .limit(most + 1)
    .execute();
  return pageOf(
    rows.map((row) => holdOf(row, endsMs)),
    most,
    ({ id }) => id,
  );
}

async function place(parts: HoldParts, unit: Unit, origin: Origin, wanted: NewHold): Promise<Hold> {
  const hold = await located(unit, checkNewHold(wanted, unit.nowMs));
  if (hold.file === null) await refuseTooMany(unit);
  const row: Row<'holds'> = {
    id: newId(parts, unit),
    agency_id: hold.agencyId,
    glob: hold.path,
    entry_id: hold.file,
    received_from: hold.receivedFromMs,
    received_until: hold.receivedUntilMs,
    reason: hold.reason,
    authority: hold.authority,
    placed_by: JSON.stringify(origin.actor),
    created_at: unit.nowMs,
    updated_at: unit.nowMs,
    until: hold.untilMs,
    lifted_at: null,
    lifted_by: null,
    lift_reason: null,
  };
  await unit.query.insertInto('holds').values(row).execute();
  forgetStanding(unit);
  await record(parts, unit, origin, {
    event: 'hold.placed.1',
    hold: row.id,
    agency: hold.agency,
    before: null,
    after: toldOf(hold),
  });
  return find(unit, row.id);
}

type Located = HoldFields & { readonly agencyId: string | null };

/** @throws Fault `field-invalid` at `/agency`, `/file` or `/path` */
async function located(unit: Unit, hold: HoldFields): Promise<Located> {
  const agencyId = hold.agency === null ? null : await agencyIdOf(unit, hold.agency);
  if (hold.file === null) {
    if (hold.path !== null)
      await refuseNowhere(unit, { agency: hold.agency, path: hold.path as Glob });
    return { ...hold, agencyId };
  }
  const file = await unit.query
    .selectFrom('entries')
    .innerJoin('agencies', 'agencies.id', 'entries.agency_id')
    .select(['entries.kind', 'agencies.id as agencyId', 'agencies.code as agency'])
    .where('entries.id', '=', hold.file)
    .executeTakeFirst();
  if (file === undefined || (agencyId !== null && file.agencyId !== agencyId)) {
    const where = hold.agency === null ? '' : ` of ${hold.agency}`;
    throw fieldInvalid('/file', `the id of a file${where} that exists`);
  }
  if (file.kind !== 'file')
    throw fieldInvalid('/file', 'the id of a file; what is in a directory is held by a path');
  return { ...hold, agencyId: file.agencyId, agency: file.agency };
}

async function agencyIdOf(unit: Unit, code: string): Promise<string> {
  const agency = await unit.query
    .selectFrom('agencies')
    .select('id')
    .where('code', '=', code)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (agency === undefined) throw fieldInvalid('/agency', 'the code of an agency that exists');
  return agency.id;
}

/** @throws Fault `conflict` */
async function refuseTooMany({ query, nowMs }: Unit): Promise<void> {
  const { count } = await query
    .selectFrom('holds')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('lifted_at', 'is', null)
    .where('entry_id', 'is', null)
    .where((where) => where.or([where('until', 'is', null), where('until', '>', nowMs)]))
    .executeTakeFirstOrThrow();
  if (count >= wideHoldsMax)
    throw new Fault('conflict', `${wideHoldsMax} holds stand already; one can say more than a few`);
}

async function changeHold(
  parts: HoldParts,
  unit: Unit,
  origin: Origin,
  { id, fields }: { readonly id: string; readonly fields: HoldChange },
): Promise<Hold> {
  const hold = await findStanding(unit, id);
  const { reason, authority, untilMs } = hold;
  const before = { reason, authority, untilMs };
  const changed = differences(before, { ...before, ...checkHoldChange(hold, fields, unit.nowMs) });
  if (changed === undefined) return hold;
  const { untilMs: until, ...words } = changed.after;
  await unit.query
    .updateTable('holds')
    .set({ ...words, ...(until !== undefined && { until }), updated_at: unit.nowMs })
    .where('id', '=', id)
    .execute();
  forgetStanding(unit);
  await record(parts, unit, origin, {
    event: 'hold.changed.1',
    hold: id,
    agency: hold.agency,
    before: toldOf(changed.before),
    after: toldOf(changed.after),
  });
  return find(unit, id);
}

async function lift(
  parts: HoldParts,
  unit: Unit,
  origin: Origin,
  { id, reason: given }: { readonly id: string; readonly reason: string },
): Promise<Hold> {
  const { agency } = await findStanding(unit, id);
  const reason = checkLiftReason(given);
  await unit.query
    .updateTable('holds')
    .set({
      lifted_at: unit.nowMs,
      lifted_by: JSON.stringify(origin.actor),
      lift_reason: reason,
      updated_at: unit.nowMs,
    })
    .where('id', '=', id)
    .execute();
  forgetStanding(unit);
  await record(parts, unit, origin, { event: 'hold.lifted.1', hold: id, agency, lifted: reason });
  return find(unit, id);
}

/** @throws Fault `not-found`, `conflict` */
async function findStanding(unit: Unit, id: string): Promise<Hold> {
  const hold = await find(unit, id);
  if (hold.state === 'standing') return hold;
  // What it was on may be gone by now.
  throw new Fault('conflict', `the hold is ${hold.state}; place another where one is needed`);
}

/** As the ledger has it: times as people read them. */
function toldOf(fields: Partial<HoldFields>): Readonly<Record<string, unknown>> {
  const { receivedFromMs, receivedUntilMs, untilMs, agency, path, file, reason, authority } =
    fields;
  const timeOf = (ms: number | null) => (ms === null ? null : isoOf(ms));
  return {
    ...(agency !== undefined && { agency }),
    ...(path !== undefined && { path }),
    ...(file !== undefined && { file }),
    ...(receivedFromMs !== undefined && { receivedFrom: timeOf(receivedFromMs) }),
    ...(receivedUntilMs !== undefined && { receivedUntil: timeOf(receivedUntilMs) }),
    ...(reason !== undefined && { reason }),
    ...(authority !== undefined && { authority }),
    ...(untilMs !== undefined && { until: timeOf(untilMs) }),
  };
}
