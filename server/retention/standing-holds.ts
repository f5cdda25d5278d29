import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { matchesGlob, reachesBelow, type Glob } from '../domain/glob.ts';
import type { HoldableDirectory, HoldableFile, HoldNotice, Holds } from '../files/holds.ts';
import { entryById } from '../files/tree.ts';
import type { Because } from '../files/versions.ts';
import { isOnSomethingBelow, isReceivedIn } from './held-below.ts';
import { agencyCodeOf } from './hold-rows.ts';
import { record } from './parts.ts';

/** What decides whether a hold is on something, and what is said of it then. */
type Standing = Pick<
  Row<'holds'>,
  | 'id'
  | 'agency_id'
  | 'glob'
  | 'received_from'
  | 'received_until'
  | 'until'
  | 'reason'
  | 'authority'
>;

/** The holds that are not on a single file, the oldest first, and whether there are any that are. */
type Known = {
  readonly wide: readonly Standing[];
  readonly hasOnFiles: boolean;
  /** The time before the clock went wrong, while it is; infinite while it is well. */
  readonly endsMaxMs: number;
  /** What had ended by then is not among them. */
  readonly atMs: number;
};

const columns = [
  'holds.id',
  'holds.agency_id',
  'holds.glob',
  'holds.received_from',
  'holds.received_until',
  'holds.until',
  'holds.reason',
  'holds.authority',
] as const;

const wideHolds = prepare((query, given: { nowMs: number }) =>
  query
    .selectFrom('holds')
    .select(columns)
    .where('lifted_at', 'is', null)
    .where('entry_id', 'is', null)
    .where((where) => where.or([where('until', 'is', null), where('until', '>', given.nowMs)]))
    .orderBy('created_at')
    .orderBy('id'),
);

const clockBefore = prepare((query) =>
  query.selectFrom('retention_clock').select('problem_before').where('id', '=', 1),
);

const anyOnFiles = prepare((query) =>
  query
    .selectFrom('holds')
    .select('id')
    .where('lifted_at', 'is', null)
    .where('entry_id', 'is not', null)
    .limit(1),
);

const holdsOnFile = prepare((query, given: { entryId: string }) =>
  query
    .selectFrom('holds')
    .select(columns)
    .where('lifted_at', 'is', null)
    .where('entry_id', '=', given.entryId)
    .orderBy('id'),
);

/** Where the files lie that have a hold of their own. */
const heldPlaces = prepare((query, given: { agencyId: string }) =>
  query
    .selectFrom('holds')
    .innerJoin('entries', 'entries.id', 'holds.entry_id')
    .select(columns)
    .select('entries.parent_id')
    .where('holds.lifted_at', 'is', null)
    .where('holds.entry_id', 'is not', null)
    .where('entries.agency_id', '=', given.agencyId),
);

const moveHolds = prepare((query, given: { from: string; to: string; nowMs: number }) =>
  query
    .updateTable('holds')
    .set({ entry_id: given.to, updated_at: given.nowMs })
    .where('lifted_at', 'is', null)
    .where('entry_id', '=', given.from)
    .returning(['id', 'agency_id']),
);

/**
 * Legal holds as whoever takes a content away asks for them. What stands is known from unit to unit: a replaced file
 * pays nothing for holds that are not there, and a removed one no more than that.
 */
export const standingHolds: Holds = {
  mayStand: async (reader) => {
    const { wide, hasOnFiles } = await knownTo(reader);
    return hasOnFiles || wide.length > 0;
  },
  on: async (reader, file) => {
    const known = await knownTo(reader);
    const endsMs = endsMsOf(reader, known);
    const found = known.wide.find((hold) => isOn(hold, file, endsMs));
    return noticeOf(found ?? (await onFile(reader, file)));
  },
  onlyHere: async (reader, file, otherPath) => {
    const known = await knownTo(reader);
    const there = { ...file, path: otherPath };
    const endsMs = endsMsOf(reader, known);
    const found = known.wide.find((hold) => isOn(hold, file, endsMs) && !isOn(hold, there, endsMs));
    return noticeOf(found ?? (await onFile(reader, file)));
  },
  below: async (reader, directory) => {
    const known = await knownTo(reader);
    const endsMs = endsMsOf(reader, known);
    for (const hold of known.wide)
      if (await isBelow(reader, hold, directory, endsMs)) return noticeOf(hold);
    return noticeOf(await onFileBelow(reader, directory));
  },
  follow,
};

/**
 * By what time a hold that ends by itself has ended. A clock that jumped ahead ends none: until an administrator has
 * confirmed the time, that before the jump counts. Milliseconds since the epoch.
 */
export async function holdsEndMs(reader: Reader | Unit): Promise<number> {
  return endsMsOf(reader, await knownTo(reader));
}

const holdsOnFiles = prepare((query) =>
  query
    .selectFrom('holds')
    .leftJoin('entries', 'entries.id', 'holds.entry_id')
    .select(columns)
    .select('entries.agency_id as file_agency_id')
    .where('holds.lifted_at', 'is', null)
    .where('holds.entry_id', 'is not', null)
    .orderBy('holds.entry_id'),
);

/**
 * A hold on whatever was ever at a path, when it was received does not matter: for who takes away not a content but its
 * name. Which names a file had that has a hold of its own is only in the ledger, perhaps as the name of a directory: while
 * there is such a file in the agency, any name may be one of them.
 */
export async function holdOnName(
  reader: Reader | Unit,
  { agencyId, path }: Pick<HoldableFile, 'agencyId' | 'path'>,
): Promise<HoldNotice | undefined> {
  const known = await knownTo(reader);
  const endsMs = endsMsOf(reader, known);
  const wide = known.wide.find(
    (hold) =>
      concerns(hold, agencyId, endsMs) &&
      (hold.glob === null || hold.glob === path || matchesGlob(hold.glob as Glob, path)),
  );
  if (wide !== undefined || !known.hasOnFiles) return noticeOf(wide);
  const onFiles = await holdsOnFiles.all(reader, {});
  return noticeOf(
    onFiles.find(({ file_agency_id: fileAgencyId, ...hold }) =>
      concerns({ ...hold, agency_id: fileAgencyId ?? hold.agency_id }, agencyId, endsMs),
    ),
  );
}

/** Between two looks at the clock a jump is not known yet, but how far it may have gone is. */
function endsMsOf({ nowMs, trusted }: Reader, { endsMaxMs }: Pick<Known, 'endsMaxMs'>): number {
  return Math.min(trusted.endedByMs(nowMs), endsMaxMs);
}

/** What is known is no more; for the unit that changes which holds stand, or by what time they end. */
export function forgetStanding(unit: Unit): void {
  unit.known.delete(standingHolds);
}

/** What a reader has learned of its snapshot. */
const snapshots = new WeakMap<Reader, Known>();

async function knownTo(reader: Reader | Unit): Promise<Known> {
  const before = ('known' in reader ? reader.known.get(standingHolds) : snapshots.get(reader)) as
    Known | undefined;
  // A clock that was set back has those stand again that had ended.
  if (before !== undefined && before.atMs <= endsMsOf(reader, before)) return before;
  const endsMaxMs = (await clockBefore.first(reader, {}))?.problem_before ?? Infinity;
  const atMs = endsMsOf(reader, { endsMaxMs });
  const wide = await wideHolds.all(reader, { nowMs: atMs });
  const hasOnFiles = (await anyOnFiles.first(reader, {})) !== undefined;
  const known: Known = { wide, hasOnFiles, endsMaxMs, atMs };
  if ('known' in reader) reader.known.set(standingHolds, known);
  else snapshots.set(reader, known);
  return known;
}

function isOn(hold: Standing, file: HoldableFile, nowMs: number): boolean {
  return (
    concerns(hold, file.agencyId, nowMs) &&
    isReceivedIn(hold, file.receivedAtMs) &&
    (hold.glob === null || matchesGlob(hold.glob as Glob, file.path))
  );
}

/**
 * A hold by a path is on what may come there, too, and a directory of another name would take that from it. One that goes
 * by no path, or by a time that is over, is only on what is there.
 */
async function isBelow(
  reader: Reader | Unit,
  hold: Standing,
  directory: HoldableDirectory,
  nowMs: number,
): Promise<boolean> {
  const { agencyId, path } = directory;
  if (!concerns(hold, agencyId, nowMs)) return false;
  if (hold.glob !== null && !reachesBelow(hold.glob as Glob, path)) return false;
  const isOver = hold.received_until !== null && hold.received_until <= nowMs;
  return hold.glob === null || isOver ? isOnSomethingBelow(reader, hold, directory) : true;
}

function concerns({ agency_id, until }: Standing, agencyId: string, nowMs: number): boolean {
  return (agency_id === null || agency_id === agencyId) && isStanding(until, nowMs);
}

/** It ends at that very millisecond. */
function isStanding(until: number | null, nowMs: number): boolean {
  return until === null || until > nowMs;
}

async function onFile(reader: Reader | Unit, file: HoldableFile): Promise<Standing | undefined> {
  const known = await knownTo(reader);
  if (!known.hasOnFiles) return undefined;
  const endsMs = endsMsOf(reader, known);
  const holds = await holdsOnFile.all(reader, { entryId: file.entryId });
  return holds.find(
    (hold) => isStanding(hold.until, endsMs) && isReceivedIn(hold, file.receivedAtMs),
  );
}

async function onFileBelow(
  reader: Reader | Unit,
  { agencyId, entryId }: HoldableDirectory,
): Promise<Standing | undefined> {
  const known = await knownTo(reader);
  if (!known.hasOnFiles) return undefined;
  const endsMs = endsMsOf(reader, known);
  const outside = new Set<string>();
  for (const held of await heldPlaces.all(reader, { agencyId })) {
    if (!isStanding(held.until, endsMs)) continue;
    if (await leadsUpTo(reader, held.parent_id, { entryId, outside })) return held;
  }
  return undefined;
}

/** Whether a directory is another, or in it; `outside` are those that are known not to be. */
async function leadsUpTo(
  reader: Reader | Unit,
  fromId: string | null,
  { entryId, outside }: { readonly entryId: string; readonly outside: Set<string> },
): Promise<boolean> {
  const way: string[] = [];
  let at = fromId;
  while (at !== null && !outside.has(at)) {
    if (at === entryId) return true;
    way.push(at);
    at = (await entryById(reader, at))?.parent_id ?? null;
  }
  for (const id of way) outside.add(id);
  return false;
}

async function follow(
  unit: Unit,
  fromEntryId: string,
  toEntryId: string,
  { ledger, origin }: Because,
): Promise<void> {
  const { hasOnFiles } = await knownTo(unit);
  if (!hasOnFiles) return;
  const move = { from: fromEntryId, to: toEntryId, nowMs: unit.nowMs };
  for (const { id, agency_id } of await moveHolds.all(unit, move))
    await record({ ledger }, unit, origin, {
      event: 'hold.changed.1',
      hold: id,
      agency: await agencyCodeOf(unit, agency_id),
      before: { file: fromEntryId },
      after: { file: toEntryId },
    });
}

function noticeOf(hold: Standing | undefined): HoldNotice | undefined {
  if (hold === undefined) return undefined;
  const { id, reason, authority } = hold;
  return { id, reason, authority };
}
