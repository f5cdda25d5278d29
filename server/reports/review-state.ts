import type { Database, Reader } from '../database/units.ts';

/** How the weekly reviews are, for those who run the server. */
export type ReviewsState = {
  /** Not acknowledged yet, and of them those that should be. */
  readonly waiting: number;
  readonly overdue: number;
  /** When the week of the oldest of them ended; null where none waits. */
  readonly waitingSinceMs: number | null;
};

/** There is one a week, and those that wait are an index of their own. */
export async function lookAtReviews({ query, nowMs }: Reader): Promise<ReviewsState> {
  const rows = await query
    .selectFrom('reviews')
    .select(['overdue_at', 'until_at'])
    .where('acknowledged_at', 'is', null)
    .execute();
  return {
    waiting: rows.length,
    overdue: rows.filter(({ overdue_at }) => overdue_at <= nowMs).length,
    waitingSinceMs: rows.length === 0 ? null : Math.min(...rows.map(({ until_at }) => until_at)),
  };
}

/** What of it is not as it should be, in words for the operator. One that waits is as it should be. */
export function reviewTroubles({ overdue }: ReviewsState): readonly string[] {
  if (overdue === 0) return [];
  return [
    overdue === 1
      ? 'a weekly review is overdue: nobody has acknowledged it'
      : `${overdue} weekly reviews are overdue: nobody has acknowledged them`,
  ];
}

/** A look is good for so long: everybody may ask whether the server is ready. */
const keptMs = 10_000;

/** What troubles the reviews, as it was a moment ago. It never fails: what cannot be read is told of elsewhere. */
export class ReviewTroubles {
  readonly #parts: { readonly database: Database; readonly steadyNow: () => number };
  #known: { readonly untilMs: number; readonly words: Promise<readonly string[]> } | undefined;

  constructor(parts: { readonly database: Database; readonly steadyNow: () => number }) {
    this.#parts = parts;
  }

  words(): Promise<readonly string[]> {
    const { database, steadyNow } = this.#parts;
    if (this.#known !== undefined && steadyNow() < this.#known.untilMs) return this.#known.words;
    const words = database.read(lookAtReviews).then(reviewTroubles, () => []);
    this.#known = { untilMs: steadyNow() + keptMs, words };
    return words;
  }
}
