import type { MemoryUse } from '../memory/budget.ts';
import { blockBytes, blocksPerBatch } from './block-cipher.ts';
import { Intervals } from './intervals.ts';

/** A block of plaintext in memory. Outside `ranges` its bytes mean nothing: what is beneath counts there. */
export type DirtyBlock = { readonly data: Buffer; readonly ranges: Intervals };

const spareBuffersMax = 2 * blocksPerBatch;
/** Separate ranges that one block may collect before it is filled from beneath. */
const rangesPerBlockMax = 128;

/** The blocks of one upload that were written to and are not sealed yet. */
export class DirtyBlocks {
  readonly #memory: MemoryUse;
  readonly #blocks = new Map<number, DirtyBlock>();
  /** Blocks without a gap: what a batch is made of. */
  readonly #whole = new Set<number>();
  #begun = 0;
  #cleared = false;
  /** Buffers of this upload alone, so that no other upload's plaintext is ever in them. */
  readonly #spare: Buffer[] = [];

  constructor(memory: MemoryUse) {
    this.#memory = memory;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#blocks.size * blockBytes;
  }

  /** Blocks that were begun so far: each is read, sealed and written whole, however few bytes came. */
  get begun(): number {
    return this.#begun;
  }

  get wholeCount(): number {
    return this.#whole.size;
  }

  get(index: number): DirtyBlock | undefined {
    return this.#blocks.get(index);
  }

  has(index: number): boolean {
    return this.#blocks.has(index);
  }

  /** The first block's index; infinity without one. */
  get first(): number {
    return Math.min(Infinity, ...this.#blocks.keys());
  }

  /** The block, new and without ranges if it was not dirty. */
  touch(index: number): DirtyBlock {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      this.#begun += 1;
      block = { data: this.#spare.pop() ?? this.#newBuffer(), ranges: new Intervals() };
      this.#blocks.set(index, block);
    }
    return block;
  }

  #newBuffer(): Buffer {
    this.#memory.charge(blockBytes);
    return Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Copies `data` in. Returns the index of a block that has too many ranges by now, or null. */
  put(offset: number, data: Buffer): number | null {
    let crowded: number | null = null;
    for (let taken = 0; taken < data.length;) {
      const index = Math.floor((offset + taken) / blockBytes);
      const from = offset + taken - index * blockBytes;
      const block = this.touch(index);
      const bytes = data.copy(
        block.data,
        from,
        taken,
        Math.min(data.length, taken + blockBytes - from),
      );
      block.ranges.add(from, from + bytes);
      if (block.ranges.prefix === blockBytes) this.#whole.add(index);
      if (block.ranges.count > rangesPerBlockMax) crowded = index;
      taken += bytes;
    }
    return crowded;
  }

  /** Says that every byte of the block was filled in. */
  setWhole(index: number, block: DirtyBlock): void {
    block.ranges.add(0, blockBytes);
    if (this.#blocks.get(index) === block) this.#whole.add(index);
  }

  /** The block is sealed, and is dirty no more. Its buffer stays on the account until it is given back. */
  take(index: number): Buffer {
    const block = this.#blocks.get(index);
    if (block === undefined) throw new Error(`block ${index} is not dirty`);
    this.#forget(index);
    return block.data;
  }

  /** Of `count` buffers that were taken these are here again, and serve the next blocks. */
  giveBack(buffers: readonly Buffer[], count = buffers.length): void {
    const kept = this.#cleared || this.#memory.isOver ? 0 : spareBuffersMax - this.#spare.length;
    this.#spare.push(...buffers.slice(0, Math.max(0, kept)));
    this.#memory.release((count - Math.min(buffers.length, Math.max(0, kept))) * blockBytes);
  }

  /** Gives back the buffers that no block uses. */
  dropSpares(): void {
    this.#memory.release(this.#spare.length * blockBytes);
    this.#spare.length = 0;
  }

  /** Takes away the bytes from `size` on. The buffers are not used again: a fill may still be writing into one. */
  cut(size: number): void {
    for (const [index, block] of this.#blocks) {
      const length = size - index * blockBytes;
      if (length <= 0) {
        this.#forget(index);
        this.#memory.release(blockBytes);
      } else if (length < blockBytes) {
        block.ranges.cut(length);
        this.#whole.delete(index);
      }
    }
  }

  clear(): void {
    this.#cleared = true;
    this.cut(0);
    this.dropSpares();
  }

  /** What to write next: consecutive blocks without a gap, or else the block that has been dirty longest. */
  nextRun(): number[] {
    const whole = [...this.#whole].sort((a, b) => a - b);
    if (whole.length > 0) return consecutive(whole);
    for (const index of this.#blocks.keys()) return [index];
    return [];
  }

  /** The first consecutive blocks from `first` on, a batch at most. */
  runFrom(first: number): number[] {
    const rest = [...this.#blocks.keys()].filter((index) => index >= first);
    return consecutive(rest.sort((a, b) => a - b));
  }

  #forget(index: number): void {
    this.#blocks.delete(index);
    this.#whole.delete(index);
  }
}

function consecutive(sorted: readonly number[]): number[] {
  const run: number[] = [];
  for (const index of sorted) {
    if (run.length === blocksPerBatch || (run.length > 0 && index !== run.at(-1)! + 1)) break;
    run.push(index);
  }
  return run;
}
