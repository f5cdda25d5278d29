import type { Database } from '../database/units.ts';
import { startBehindArchives } from './archive-stubs.ts';
import { checkpointUpTo } from './checkpoints.ts';
import { lastSeqOf } from './tail.ts';
import type { LedgerVerification } from './verify.ts';
import type { WalkFrom } from './verify-start.ts';

/** A part of the ledger: it begins behind a checkpoint, or with the first row, and ends with one, or with the last row. */
export type Segment = { readonly from: WalkFrom; readonly to?: number };

/** Fewer are not worth another thread. */
export const rowsPerThreadMin = 100_000;

/**
 * Cuts a walk at checkpoints. What is true of every part is true of the whole: a part shows that its rows make the root of
 * its last checkpoint of the tree that its first one is of, and the part before has shown what that tree is made of.
 */
export async function segmentsOf(
  database: Pick<Database, 'read'>,
  from: WalkFrom,
  segmentsMax: number,
  rowsMin = rowsPerThreadMin,
): Promise<readonly Segment[]> {
  return database.read(async (reader) => {
    // What is archived is not walked over, so that no part begins there.
    const gone = (await startBehindArchives(reader))?.seq ?? 0;
    const first = Math.max(gone, from === 'first' ? 0 : from.verifiedSize);
    const rows = (await lastSeqOf(reader)) - first;
    const count = Math.max(1, Math.min(segmentsMax, Math.floor(rows / rowsMin)));
    const segments: Segment[] = [];
    let begin = from;
    let last = first;
    for (let index = 1; index < count; index += 1) {
      const cut = await checkpointUpTo(reader, first + Math.floor((rows * index) / count));
      if (cut === undefined || cut.size <= last) continue;
      segments.push({ from: begin, to: cut.size });
      begin = { verifiedSize: cut.size };
      last = cut.size;
    }
    return [...segments, { from: begin }];
  });
}

/**
 * What the parts come to, in their order: the first thing that is wrong is that of the first part where something is, and
 * a part that could not be looked through is no reason to keep silent about one before it.
 *
 * @throws what ended the first part that is not whole
 */
export function joined(
  parts: readonly PromiseSettledResult<LedgerVerification>[],
): LedgerVerification {
  const upTo: LedgerVerification[] = [];
  for (const part of parts) {
    if (part.status === 'rejected') throw part.reason;
    upTo.push(part.value);
    if (!part.value.ok) break;
  }
  const checkpoints = upTo.reduce((sum, result) => sum + result.checkpoints, 0);
  return { ...upTo.at(-1)!, scope: upTo[0]!.scope, checkpoints };
}
