import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { ReviewFigures } from './review-figures.ts';

export type ReviewState = 'waiting' | 'overdue' | 'acknowledged';

/** The review of a week. Times are milliseconds since the epoch. */
export type Review = {
  readonly id: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly timezone: string;
  readonly madeAtMs: number;
  readonly state: ReviewState;
  readonly overdueAtMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: Actor | null;
  readonly note: string | null;
  /** Of the figures as canonical JSON, hex: the ledger has it, too. */
  readonly figuresSha256: string;
  readonly figures: ReviewFigures;
};

export function reviewOf(row: Row<'reviews'>, nowMs: number): Review {
  const state =
    row.acknowledged_at !== null ? 'acknowledged' : row.overdue_at <= nowMs ? 'overdue' : 'waiting';
  return {
    id: row.id,
    fromMs: row.from_at,
    untilMs: row.until_at,
    timezone: row.timezone,
    madeAtMs: row.made_at,
    state,
    overdueAtMs: row.overdue_at,
    acknowledgedAtMs: row.acknowledged_at,
    acknowledgedBy:
      row.acknowledged_by === null ? null : (JSON.parse(row.acknowledged_by) as Actor),
    note: row.note,
    figuresSha256: row.figures_sha256,
    figures: JSON.parse(row.figures) as ReviewFigures,
  };
}

/** @throws Fault `not-found` */
export async function findReview({ query }: Reader, id: string): Promise<Row<'reviews'>> {
  const row = await query.selectFrom('reviews').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such review');
  return row;
}

/** When the newest reviewed week ended; undefined where there is none. */
export async function lastReviewedMs({ query }: Reader): Promise<number | undefined> {
  const row = await query
    .selectFrom('reviews')
    .select('until_at')
    .orderBy('until_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.until_at;
}
