import { createHash } from 'node:crypto';
import { checkShownName } from '../accounts/fields.ts';
import type { Row } from '../database/schema.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Limits } from '../domain/limits.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { boundsOf } from '../ledger/time-bounds.ts';
import { isoOf } from './lines.ts';
import { figuresOf, type FiguresParts } from './review-figures.ts';
import {
  findReview,
  lastReviewedMs,
  reviewOf,
  type Review,
  type ReviewState,
} from './review-rows.ts';
import { type Week, type WeekRule, weekAfter, weekOf } from './weeks.ts';

export type ReviewParts = FiguresParts & {
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly limits: FiguresParts['limits'] & Pick<Limits, 'reviewDaysMax'>;
  readonly weeks: WeekRule;
  /** False while the clock is in doubt: a clock that jumped would have years reviewed that have not been. */
  readonly isTimeTrusted: () => Promise<boolean>;
  readonly onFault: (error: unknown) => void;
};

/** Ends where the next page begins after. */
export type ReviewListing = {
  readonly state?: ReviewState;
  readonly limit: number;
  readonly before: number | null;
};

export type Reviews = {
  /** The newest first. */
  list(
    listing: ReviewListing,
  ): Promise<{ readonly items: readonly Review[]; readonly next: number | null }>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<Review>;
  /**
   * An administrator has looked at it.
   *
   * @throws Fault `not-found`; `conflict` for one that is acknowledged, and while its week is not over; `field-invalid`
   */
  acknowledge(origin: Origin, id: string, note: string): Promise<Review>;
};

export type RunningReviews = Reviews & {
  /** Once a minute, and once at the start: makes what is due, and tells of what is overdue. */
  tick(): Promise<void>;
  /** Ends the work that is under way; the next start does it again. */
  stop(): Promise<void>;
};

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };
const dayMs = 24 * 60 * 60_000;
/** From the end of a week until its review is made: what was recorded in its last moment is committed by then. */
const settleMs = 60_000;
const overdueAtOnceMax = 100;

/** Makes the review of each week when it is over, one after the other, also of the weeks in which nothing served. */
export function createReviews(parts: ReviewParts): RunningReviews {
  const stopping = new AbortController();
  let ticking: Promise<void> | undefined;
  const tick = async () => {
    if (!(await parts.isTimeTrusted())) return;
    while (!stopping.signal.aborted) {
      const week = await parts.database.read((reader) => dueWeek(reader, parts.weeks));
      if (week === undefined) break;
      await makeReview(parts, week, stopping.signal);
    }
    if (!stopping.signal.aborted) await tellOverdue(parts);
  };
  return {
    tick: () =>
      (ticking ??= tick()
        .catch((error: unknown) => {
          // What was broken off is done again at the next start.
          if (!stopping.signal.aborted) throw error;
        })
        .finally(() => (ticking = undefined))),
    stop: async () => {
      stopping.abort();
      await ticking?.catch(() => undefined);
    },
    list: (listing) => parts.database.read((reader) => listReviews(reader, listing)),
    get: (id) =>
      parts.database.read(async (reader) => reviewOf(await findReview(reader, id), reader.nowMs)),
    acknowledge: async (origin, id, note) => {
      const words = checkShownName(note, '/note');
      return parts.guarded.write((unit) => acknowledge(parts, unit, { origin, id, words }), {
        by: origin,
      });
    },
  };
}

/** The oldest week that is over and has no review. The first one of all is the last that was over, where anything was recorded then. */
async function dueWeek(reader: Reader, rule: WeekRule): Promise<Week | undefined> {
  const settledMs = reader.nowMs - settleMs;
  const lastMs = await lastReviewedMs(reader);
  const week =
    lastMs === undefined
      ? await firstWeek(reader, weekOf(settledMs, rule).fromMs, rule)
      : weekAfter(lastMs, rule);
  return week !== undefined && week.untilMs <= settledMs ? week : undefined;
}

async function firstWeek(
  { query }: Reader,
  endedMs: number,
  rule: WeekRule,
): Promise<Week | undefined> {
  const row = await query
    .selectFrom('ledger')
    .select('at')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row === undefined || row.at >= endedMs ? undefined : weekOf(endedMs - 1, rule);
}

async function makeReview(parts: ReviewParts, week: Week, signal: AbortSignal): Promise<void> {
  const { fromMs, untilMs } = week;
  const frame = await parts.database.read(async (reader) => ({
    fromMs,
    toMs: untilMs,
    signal,
    madeAtMs: reader.nowMs,
    bounds: await boundsOf(reader, { fromMs, toMs: untilMs }),
  }));
  const figures = canonicalJson(await figuresOf(parts, frame));
  await parts.database.write(async (unit) => {
    const id = timeOrderedId(unit.nowMs, parts.randomBytes(idRandomBytes));
    const row: Row<'reviews'> = {
      id,
      from_at: fromMs,
      until_at: untilMs,
      timezone: parts.weeks.timezone,
      made_at: unit.nowMs,
      figures,
      figures_sha256: createHash('sha256').update(figures).digest('hex'),
      // One that was made late is not overdue before anybody could have looked at it.
      overdue_at: Math.max(untilMs, unit.nowMs - settleMs) + parts.limits.reviewDaysMax * dayMs,
      overdue_told_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      note: null,
    };
    await unit.query.insertInto('reviews').values(row).execute();
    await parts.ledger.append(unit, {
      origin: serverOrigin,
      outcome: 'success',
      reason: null,
      event: { event: 'review.made.1', ...told(row) },
    });
  });
}

/** Once of each: the row is a warning in the log as well, and the metrics and `/readyz` say so for as long as it waits. */
async function tellOverdue({ database, ledger }: ReviewParts): Promise<void> {
  const overdue = await database.read(({ query, nowMs }) =>
    query
      .selectFrom('reviews')
      .selectAll()
      .where('acknowledged_at', 'is', null)
      .where('overdue_at', '<=', nowMs)
      .where('overdue_told_at', 'is', null)
      .orderBy('overdue_at')
      .limit(overdueAtOnceMax)
      .execute(),
  );
  for (const row of overdue)
    await database.write(async (unit) => {
      const now = await findReview(unit, row.id);
      if (now.acknowledged_at !== null || now.overdue_told_at !== null) return;
      await unit.query
        .updateTable('reviews')
        .set({ overdue_told_at: unit.nowMs })
        .where('id', '=', row.id)
        .execute();
      await ledger.append(unit, {
        origin: serverOrigin,
        outcome: 'failed',
        reason: null,
        event: { event: 'review.overdue.1', ...told(row) },
      });
    });
}

type Acknowledgement = {
  readonly origin: Origin;
  readonly id: string;
  readonly words: string;
};

async function acknowledge(
  { ledger }: ReviewParts,
  unit: Unit,
  { origin, id, words }: Acknowledgement,
): Promise<Review> {
  const row = await findReview(unit, id);
  if (row.acknowledged_at !== null)
    throw new Fault('conflict', `the review was acknowledged on ${isoOf(row.acknowledged_at)}`);
  // Its review is made when it is over; a clock may have been set back since.
  if (row.until_at > unit.nowMs)
    throw new Fault('conflict', `the week is not over until ${isoOf(row.until_at)}`);
  const set = {
    acknowledged_at: unit.nowMs,
    acknowledged_by: JSON.stringify(origin.actor),
    note: words,
  };
  await unit.query.updateTable('reviews').set(set).where('id', '=', id).execute();
  await ledger.append(unit, {
    origin,
    outcome: 'success',
    reason: null,
    event: { event: 'review.acknowledged.1', ...told(row), note: words },
  });
  return reviewOf({ ...row, ...set }, unit.nowMs);
}

function told({ id, from_at, until_at, figures_sha256: sha256 }: Row<'reviews'>) {
  return { review: id, from: isoOf(from_at), until: isoOf(until_at), sha256 };
}

async function listReviews(
  { query, nowMs }: Reader,
  { state, limit, before }: ReviewListing,
): Promise<{ readonly items: readonly Review[]; readonly next: number | null }> {
  let select = query.selectFrom('reviews').selectAll();
  if (before !== null) select = select.where('until_at', '<', before);
  if (state === 'acknowledged') select = select.where('acknowledged_at', 'is not', null);
  else if (state !== undefined)
    select = select
      .where('acknowledged_at', 'is', null)
      .where('overdue_at', state === 'overdue' ? '<=' : '>', nowMs);
  const rows = await select
    .orderBy('until_at', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  return {
    items: shown.map((row) => reviewOf(row, nowMs)),
    next: rows.length > limit ? (shown.at(-1)?.until_at ?? null) : null,
  };
}
