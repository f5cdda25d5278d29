import { readCheckpoint, ToldCheckpoints, type Before } from './checkpoint-check.ts';
import type { Checkpoint } from './checkpoints.ts';
import type { KeyHistory } from './key-history.ts';
import { GrowingTree } from './merkle.ts';
import { checkRow, type WalkedRow, type WholeRow } from './row-check.ts';
import type { WalkStart } from './verify-start.ts';

/** The first thing that is wrong. */
export type Finding = {
  /** `seq` of a row, and the size of a checkpoint: null where it is none. */
  readonly row: number | null;
  readonly checkpoint: number | null;
  readonly problem: string;
};

/** A subtree of 256^level rows that a row completed. */
export type WholeSubtree = {
  readonly level: number;
  readonly position: number;
  readonly hash: Buffer;
};

export const badRow = (row: number, problem: string): Finding => ({
  row,
  checkpoint: null,
  problem,
});

const badCheckpoint = (checkpoint: number, problem: string): Finding => ({
  row: null,
  checkpoint,
  problem: `the checkpoint of ${checkpoint} rows: ${problem}`,
});

/** How far a walk has got, and all that it keeps of what is behind it. */
export class LedgerWalk {
  readonly keys: KeyHistory;
  readonly #origin: string;
  readonly #tree: GrowingTree;
  readonly #told = new ToldCheckpoints();
  #seq: number;
  #lastHash: Buffer;
  #lastAtMs: number | null;
  #before: Before;
  #verifiedSize: number;
  #checkpoints: number;
  /** Completed since they were last taken. */
  #whole: WholeSubtree[] = [];

  constructor(start: WalkStart, origin: string) {
    this.keys = start.keys;
    this.#origin = origin;
    this.#tree = new GrowingTree(start.seq, start.frontier);
    this.#seq = start.seq;
    this.#lastHash = start.hash;
    this.#lastAtMs = start.atMs;
    this.#before = start.before;
    this.#verifiedSize = start.before?.size ?? 0;
    this.#checkpoints = start.checkpoints;
    for (const checkpoint of start.untold) this.#told.passed(checkpoint);
  }

  get seq(): number {
    return this.#seq;
  }

  get lastHash(): Buffer {
    return this.#lastHash;
  }

  get verifiedSize(): number {
    return this.#verifiedSize;
  }

  get checkpoints(): number {
    return this.#checkpoints;
  }

  takeWhole(): readonly WholeSubtree[] {
    const whole = this.#whole;
    this.#whole = [];
    return whole;
  }

  /** The next row against those before it. @param isClockStep whether the clock is known to have been set back before it */
  row(row: WalkedRow, isClockStep: boolean): { finding: Finding } | { checked: WholeRow } {
    const seq = this.#seq + 1;
    const checked = checkRow(row, seq, this.#lastHash);
    if (checked.problem !== null)
      return {
        finding: badRow(checked.isBefore === true && seq > 1 ? seq - 1 : seq, checked.problem),
      };
    const { body, atMs } = checked;
    const wentBack = this.#lastAtMs !== null && atMs < this.#lastAtMs;
    if (wentBack !== isClockStep && this.#lastAtMs !== null)
      return {
        finding: badRow(
          seq,
          wentBack
            ? 'the time of the row is before that of the one before it, and nothing says that the clock was set back'
            : 'the clock is said to have been set back at the row, and was not',
        ),
      };
    const finding = this.#heed(seq, body);
    if (finding !== null) return { finding };
    this.#tree.append(checked.hash, (level, hash) =>
      this.#whole.push({ level, hash, position: seq / 256 ** level - 1 }),
    );
    this.#seq = seq;
    this.#lastHash = checked.hash;
    this.#lastAtMs = atMs;
    return { checked };
  }

  /** What the row tells of keys and checkpoints. */
  #heed(seq: number, body: Readonly<Record<string, unknown>>): Finding | null {
    if (body['event'] !== 'checkpoint.made.1')
      return rowFinding(seq, this.keys.heed(seq, body['event'], body));
    const other = this.#told.told(body);
    return other === null
      ? null
      : badCheckpoint(other, `it is not there as row ${seq} tells of it`);
  }

  /** The checkpoint that ends with the last row. */
  checkpoint(checkpoint: Checkpoint): Finding | null {
    const { size } = checkpoint;
    const read = readCheckpoint(checkpoint, this.#before, this.#origin);
    if (read.problem !== null) return badCheckpoint(size, read.problem);
    const ofKey = this.keys.problemOf(read.note, size, this.#before?.size ?? 0);
    if (ofKey !== null) return badCheckpoint(size, ofKey);
    if (!this.#tree.root().equals(checkpoint.root)) {
      const from = this.#verifiedSize + 1;
      return badRow(
        from,
        `rows ${from} to ${size} are not those of their checkpoint: one of them was altered, and the chain made anew behind it`,
      );
    }
    this.#before = checkpoint;
    this.#verifiedSize = size;
    this.#checkpoints += 1;
    this.#told.passed(checkpoint);
    return null;
  }

  /** @param next the first checkpoint behind the last row, if there is one */
  end(next: Checkpoint | undefined): Finding | null {
    const missing = this.#seq + 1;
    if (next !== undefined)
      return badRow(
        missing,
        `rows ${missing} to ${next.size} are missing: there is a checkpoint of ${next.size} rows`,
      );
    const [untold] = this.#told.untold;
    return untold === undefined
      ? null
      : badRow(missing, `the row is missing that tells of the checkpoint of ${untold} rows`);
  }
}

function rowFinding(seq: number, problem: string | null): Finding | null {
  return problem === null ? null : badRow(seq, problem);
}
