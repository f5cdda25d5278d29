import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import type { RetentionParts } from './parts.ts';
import { planMsMax } from './runs.ts';

/** Runs that are looked at in one unit, and items that go in one: a unit holds up every other. */
const runsMax = 100;
const itemsMax = 250;
/** From the end of one walk to the next. */
const pauseMs = 24 * 60 * 60_000;

/** In the order in which they are walked through. */
const states = ['planned', 'cancelled'] as const;

type Place = { readonly state: (typeof states)[number]; readonly afterId: string };
const beginning: Place = { state: 'planned', afterId: '' };

export type LeftoverParts = Pick<RetentionParts, 'database'> & {
  /** Milliseconds of a clock that is never set. */
  readonly steadyNow: () => number;
};

/**
 * Lists of things that nobody needs any more: of dry runs that are too old to be approved, and of runs that were cancelled
 * as long ago. The runs stay with their numbers, and what a cancelled one had purged has its certificates.
 */
export class Leftovers {
  readonly #parts: LeftoverParts;
  #place: Place | null = beginning;
  #endedMs = 0;

  constructor(parts: LeftoverParts) {
    this.#parts = parts;
  }

  /** Goes on with the walk by one unit. @returns whether there is more of it now */
  async drop(): Promise<boolean> {
    const { database, steadyNow } = this.#parts;
    if (this.#place === null && steadyNow() - this.#endedMs < pauseMs) return false;
    const place = this.#place ?? beginning;
    this.#place = await database.write((unit) => dropPart(unit, place), { durable: 'soon' });
    if (this.#place === null) this.#endedMs = steadyNow();
    return this.#place !== null;
  }
}

const runsAfter = prepare((query, { state, afterId }: Place) =>
  query
    .selectFrom('retention_runs')
    .select(['id', 'dry_run', 'planned_at', 'ended_at'])
    .where('state', '=', state)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(runsMax),
);

const firstItem = prepare((query, given: { runId: string }) =>
  query
    .selectFrom('retention_items')
    .select('ordinal')
    .where('run_id', '=', given.runId)
    .orderBy('ordinal')
    .limit(1),
);

const deleteItems = prepare((query, given: { runId: string; until: number }) =>
  query
    .deleteFrom('retention_items')
    .where('run_id', '=', given.runId)
    .where('ordinal', '<', given.until),
);

/** Null at the end of the walk. */
async function dropPart(unit: Unit, { state, afterId }: Place): Promise<Place | null> {
  const runs = await runsAfter.all(unit, { state, afterId });
  let lastId = afterId;
  for (const { id, dry_run: dryRun, planned_at: plannedMs, ended_at: endedMs } of runs) {
    const sinceMs = state === 'cancelled' ? endedMs : plannedMs;
    const isLeft = state === 'cancelled' || dryRun === 1;
    const first =
      isLeft && unit.nowMs - sinceMs! > planMsMax
        ? await firstItem.first(unit, { runId: id })
        : undefined;
    if (first !== undefined) {
      await deleteItems.run(unit, { runId: id, until: first.ordinal + itemsMax });
      return { state, afterId: lastId };
    }
    lastId = id;
  }
  if (runs.length === runsMax) return { state, afterId: lastId };
  return state === 'planned' ? { state: 'cancelled', afterId: '' } : null;
}
