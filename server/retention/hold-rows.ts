import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';

/** It ends by itself, or is lifted; either way it keeps nothing any more, and stays as a record. */
export const holdStates = ['standing', 'lifted', 'expired'] as const;
export type HoldState = (typeof holdStates)[number];

/** What a hold is on: all that fits everything that is not null. */
export type HoldScope = {
  /** Code; null for all agencies. */
  readonly agency: string | null;
  /** A pattern of paths (server/domain/glob.ts). */
  readonly path: string | null;
  /** Id of a file; the hold stays on it wherever its name goes. */
  readonly file: string | null;
  /** What was received from then on. */
  readonly receivedFromMs: number | null;
  /** What was received before then. */
  readonly receivedUntilMs: number | null;
};

export type Hold = HoldScope & {
  readonly id: string;
  readonly reason: string;
  /** Who wants it: a court and its number, a statute, an office. */
  readonly authority: string;
  readonly placedBy: Actor;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** It ends by itself then; null: only when it is lifted. */
  readonly untilMs: number | null;
  readonly state: HoldState;
  readonly liftedAtMs: number | null;
  readonly liftedBy: Actor | null;
  readonly liftReason: string | null;
};

type HoldRow = Row<'holds'> & { readonly agency: string | null };

export function selectHolds({ query }: Reader | Unit) {
  return query
    .selectFrom('holds')
    .leftJoin('agencies', 'agencies.id', 'holds.agency_id')
    .selectAll('holds')
    .select('agencies.code as agency');
}

/** @param endsMs by what time those have ended that do by themselves @throws Fault `not-found` */
export async function findHold(reader: Reader | Unit, id: string, endsMs: number): Promise<Hold> {
  const row = await selectHolds(reader).where('holds.id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such hold');
  return holdOf(row, endsMs);
}

export function holdOf(row: HoldRow, endsMs: number): Hold {
  return {
    id: row.id,
    agency: row.agency,
    path: row.glob,
    file: row.entry_id,
    receivedFromMs: row.received_from,
    receivedUntilMs: row.received_until,
    reason: row.reason,
    authority: row.authority,
    placedBy: JSON.parse(row.placed_by) as Actor,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    untilMs: row.until,
    state: stateOf(row, endsMs),
    liftedAtMs: row.lifted_at,
    liftedBy: row.lifted_by === null ? null : (JSON.parse(row.lifted_by) as Actor),
    liftReason: row.lift_reason,
  };
}

function stateOf({ lifted_at, until }: HoldRow, endsMs: number): HoldState {
  if (lifted_at !== null) return 'lifted';
  return until === null || until > endsMs ? 'standing' : 'expired';
}

const codeById = prepare((query, given: { id: string | null }) =>
  query.selectFrom('agencies').select('code').where('id', '=', given.id),
);

export async function agencyCodeOf(
  reader: Reader | Unit,
  id: string | null,
): Promise<string | null> {
  return (await codeById.first(reader, { id }))?.code ?? null;
}
