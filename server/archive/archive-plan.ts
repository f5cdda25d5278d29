import { Fault } from '../domain/faults.ts';
import type { Reader } from '../database/units.ts';
import { checkpointUpTo, type Checkpoint } from '../ledger/checkpoints.ts';
import { keptEvents, newestStub, type KeptRow } from '../ledger/archive-stubs.ts';
import { announcementsFor, hexOf } from '../ledger/export-lines.ts';
import { rowsForExport } from '../ledger/export-rows.ts';
import { frontier } from '../ledger/merkle-tree.ts';
import { leavesPerStored } from '../ledger/merkle.ts';
import { boundsOf } from '../ledger/time-bounds.ts';

/** What Publication 1075 and the State's schedules ask for at the least. */
export const ledgerYearsMin = 7;

/** What one archive is to hold, and what goes for it. */
export type ArchivePlan = {
  readonly firstSeq: number;
  readonly checkpoint: Checkpoint;
  readonly goneTo: number;
  readonly goneHash: string;
  readonly goneFrontier: readonly string[];
  readonly kept: readonly KeptRow[];
  readonly jumps: readonly ClockJump[];
};

/** Where the clock was found to be ahead of what it had been: the row that tells of it, to which time, by how much. */
export type ClockJump = {
  readonly seq: number;
  readonly afterMs: number;
  readonly aheadMs: number;
};

/**
 * From when on a row is too young where rows go from before `beforeMs`. A clock that stood at 2010 until somebody set it made
 * rows that look seven years old from the start: until the jump itself is old enough, what is before it counts as younger
 * by that much. A server that was stopped meanwhile looks the same, and its rows wait as long.
 */
export function youngFromMsAt(jumps: readonly ClockJump[], seq: number, beforeMs: number): number {
  return jumps.reduceRight(
    (youngMs, jump) =>
      jump.seq > seq && jump.afterMs >= youngMs ? youngMs - jump.aheadMs : youngMs,
    beforeMs,
  );
}

/** So many years before. */
export function yearsBefore(nowMs: number, years: number): number {
  const date = new Date(nowMs);
  return date.setUTCFullYear(date.getUTCFullYear() - years);
}

/** @throws Fault `field-invalid` at `/before` */
export function checkBefore(beforeMs: number, nowMs: number, years: number): void {
  if (beforeMs <= yearsBefore(nowMs, years)) return;
  throw new Fault('field-invalid', `a time at least ${years} years ago`, { pointer: '/before' });
}

/** @returns null where nothing is old enough that is not archived yet */
export async function planArchive(reader: Reader, beforeMs: number): Promise<ArchivePlan | null> {
  const last = await newestStub(reader);
  const firstSeq = (last?.stub.lastSeq ?? 0) + 1;
  const jumps = await clockJumps(reader);
  const checkpoint = await checkpointUpTo(reader, await lastOld(reader, beforeMs, jumps));
  if (checkpoint === undefined || checkpoint.size < firstSeq) return null;
  const goneTo = await goneToOf(reader, checkpoint);
  // Otherwise rows would be sealed, and stay.
  const goneBefore = last?.stub.goneTo ?? 0;
  if (goneTo <= goneBefore) return null;
  const [row] = await rowsForExport(reader, goneTo - 1, goneTo);
  if (row === undefined) throw new Fault('conflict', `row ${goneTo} of the ledger is missing`);
  const goneFrontier = (await frontier(reader, goneTo)).map(hexOf);
  const kept = await keptBetween(reader, goneBefore, goneTo);
  return { firstSeq, checkpoint, goneTo, goneHash: row.hash, goneFrontier, kept, jumps };
}

/** The oldest first. */
async function clockJumps({ query }: Reader): Promise<readonly ClockJump[]> {
  const rows = await query
    .selectFrom('ledger')
    .select(['seq', 'body'])
    .where('event', '=', 'clock.problem.1')
    .orderBy('seq')
    .execute();
  return rows.flatMap(({ seq, body }) => {
    const { before, after } = JSON.parse(body) as Record<string, unknown>;
    const afterMs = Date.parse(String(after));
    const aheadMs = afterMs - Date.parse(String(before));
    return aheadMs > 0 ? [{ seq, afterMs, aheadMs }] : [];
  });
}

/** The last row of those that are certainly from before `beforeMs`. */
async function lastOld(
  reader: Reader,
  beforeMs: number,
  jumps: readonly ClockJump[],
): Promise<number> {
  for (const { seq } of jumps) {
    const { last } = await boundsOf(reader, { toMs: youngFromMsAt(jumps, seq - 1, beforeMs) });
    if (last < seq - 1) return last;
  }
  return (await boundsOf(reader, { toMs: beforeMs })).last;
}

async function keptBetween(
  { query }: Reader,
  after: number,
  to: number,
): Promise<readonly KeptRow[]> {
  const rows = await query
    .selectFrom('ledger')
    .select(['seq', 'hash'])
    .where('event', 'in', keptEvents)
    .where('seq', '>', after)
    .where('seq', '<=', to)
    .execute();
  return rows
    .map(({ seq, hash }) => ({ seq, hash: hexOf(hash) }))
    .toSorted((one, other) => one.seq - other.seq);
}

/**
 * Whole subtrees that are stored, so that every later proof does without the rows; and nothing from the row on that
 * announced the key of the checkpoint, as whoever verifies the rows behind it asks for that one.
 */
async function goneToOf(reader: Reader, checkpoint: Checkpoint): Promise<number> {
  const [announced] = await announcementsFor(reader, checkpoint, checkpoint.size);
  const needed = announced === undefined ? checkpoint.size : announced.seq - 1;
  let goneTo = Math.floor(Math.min(checkpoint.size, needed) / leavesPerStored) * leavesPerStored;
  // A row that tells of a checkpoint is behind it, and not alone there.
  while (goneTo > 0 && (await isToldBehind(reader, goneTo))) goneTo -= leavesPerStored;
  return goneTo;
}

/** Whether a row behind `goneTo` tells of a checkpoint that ends before it. */
async function isToldBehind({ query }: Reader, goneTo: number): Promise<boolean> {
  const told = await query
    .selectFrom('ledger')
    .select('body')
    .where('event', '=', 'checkpoint.made.1')
    .where('seq', '>', goneTo)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  if (told === undefined) return false;
  return (JSON.parse(told.body) as { readonly size: number }).size < goneTo;
}
