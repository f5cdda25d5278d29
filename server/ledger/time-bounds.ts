import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';

/** More often than that the clock of a server that is well is not set back; with more, nothing is narrowed down. */
const clockStepsMax = 100;

/** Rows that a search has to look at, by `seq`, both included. */
export type SeqBounds = { readonly first: number; readonly last: number };

/**
 * The rows among which are all of a time, `toMs` not included. The times of rows never fall but where the clock was set
 * back, and those places are known (`clock_steps`): within each stretch between them bisection finds the ends, which
 * costs the same however many rows there are and however much time is asked for.
 */
export async function boundsOf(
  reader: Reader,
  { fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number },
): Promise<SeqBounds> {
  const last = await reader.query
    .selectFrom('ledger')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const all: SeqBounds = { first: 1, last: last?.seq ?? 0 };
  const steps = await reader.query
    .selectFrom('clock_steps')
    .select('seq')
    .orderBy('seq')
    .limit(clockStepsMax + 1)
    .execute();
  if (steps.length > clockStepsMax) return all;
  const starts = [1, ...steps.map(({ seq }) => seq)];
  let bounds: SeqBounds = { first: all.last + 1, last: 0 };
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? all.last + 1;
    const first = fromMs === undefined ? start : await firstAt(reader, start, end, fromMs);
    const past = toMs === undefined ? end : await firstAt(reader, start, end, toMs);
    if (first >= past) continue;
    bounds = { first: Math.min(bounds.first, first), last: Math.max(bounds.last, past - 1) };
  }
  return bounds;
}

/** Asked some twenty times for each end. */
const timeBySeq = prepare((query, given: { seq: number }) =>
  query.selectFrom('ledger').select('at').where('seq', '=', given.seq),
);

/** The first `seq` in a stretch of rows whose time is not before `atMs`; `end` where there is none. */
async function firstAt(reader: Reader, start: number, end: number, atMs: number): Promise<number> {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await timeBySeq.first(reader, { seq: middle });
    // A row that is missing is for the verification to tell of; the search goes on behind it.
    if (row === undefined || row.at < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
