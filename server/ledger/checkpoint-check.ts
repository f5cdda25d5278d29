import { noteHash, parseCheckpoint } from './checkpoint-note.ts';
import type { Checkpoint } from './checkpoints.ts';
import type { KeyHistory } from './key-history.ts';
import type { ParsedNote } from './signed-note.ts';

/** The checkpoint before, as far as the next one depends on it. */
export type Before = Pick<Checkpoint, 'size' | 'hash'> | null;

/** What a stored checkpoint says of itself, before its key and the rows are asked. */
export type ReadCheckpoint =
  { readonly problem: null; readonly note: ParsedNote } | { readonly problem: string };

/** Whether a checkpoint is one of this ledger, says the same in its note and in its columns, and follows the one before. */
export function readCheckpoint(
  checkpoint: Checkpoint,
  before: Before,
  origin: string,
): ReadCheckpoint {
  if (!noteHash(checkpoint.note).equals(checkpoint.hash))
    return { problem: 'its note was altered' };
  const parsed = parseCheckpoint(checkpoint.note);
  if (parsed === null) return { problem: 'its note is none' };
  const { size, root, atMs, previous } = parsed.checkpoint;
  if (parsed.checkpoint.origin !== origin) return { problem: 'it is one of another ledger' };
  if (size !== checkpoint.size || atMs !== checkpoint.atMs || !checkpoint.root.equals(root))
    return { problem: 'its columns do not agree with its note' };
  const follows =
    before === null ? previous === null : previous !== null && before.hash.equals(previous);
  if (!follows) return { problem: 'it does not follow the one before it' };
  return { problem: null, note: parsed.note };
}

/** What the rows tell of checkpoints has to be what the table has: each is told of once, in order, behind its last row. */
export class ToldCheckpoints {
  /** Those that are not told of yet. */
  #waiting: Checkpoint[] = [];

  /** Sizes of checkpoints that have no row yet. */
  get untold(): readonly number[] {
    return this.#waiting.map(({ size }) => size);
  }

  passed(checkpoint: Checkpoint): void {
    this.#waiting.push(checkpoint);
  }

  /** A row `checkpoint.made.1`. @returns the size of a checkpoint that is not there or not the one that the row tells of */
  told({ size, note }: Readonly<Record<string, unknown>>): number | null {
    const [checkpoint, ...rest] = this.#waiting;
    if (checkpoint?.size !== size || checkpoint?.note !== note)
      return typeof size === 'number' ? size : 0;
    this.#waiting = rest;
    return null;
  }
}

/** Of a note that was verified before: its key and its place are taken as they are. */
export function takeAsGood(checkpoint: Checkpoint, keys: KeyHistory): void {
  const parsed = parseCheckpoint(checkpoint.note);
  if (parsed !== null) keys.goOnFrom(parsed.note);
}
