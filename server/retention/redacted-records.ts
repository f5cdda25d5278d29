import type { Unit } from '../database/units.ts';
import { redactReceipts, type RedactedReceipts } from './redacted-receipts.ts';
import { redactTransfers, type RedactedTransfers } from './redacted-transfers.ts';

/** Records that one unit looks at: it holds the others up no longer than a purge does. */
export const recordsPerUnit = 500;

/** Records that have names which are redacted, and where they are. */
export type RedactedRecords = RedactedTransfers | RedactedReceipts;

export type RecordCounts = { readonly transfers: number; readonly receipts: number };

/**
 * Takes names out of so many records, in the unit.
 *
 * @returns how many had one, and what is to be done in the next unit
 */
export async function redactRecords(
  unit: Unit,
  places: readonly RedactedRecords[],
): Promise<RecordCounts & { readonly rest: readonly RedactedRecords[] }> {
  const counts = { transfers: 0, receipts: 0 };
  const rest = [...places];
  let left = recordsPerUnit;
  for (let [place] = rest; place !== undefined && left > 0; [place] = rest) {
    const { count, lookedAt, next } =
      place.kind === 'transfers'
        ? await redactTransfers(unit, place, left)
        : await redactReceipts(unit, place, left);
    counts[place.kind] += count;
    left -= lookedAt;
    rest.splice(0, 1, ...(next === null ? [] : [next]));
  }
  return { ...counts, rest };
}
