import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import type { MemoryUse } from '../memory/budget.ts';
import { blockBytes, blockCount, blockLength, blocksPerBatch } from './block-cipher.ts';
import { ContentHash } from './content-hash.ts';
import type { ContentReader } from './content-reader.ts';
import { DirtyBlocks } from './dirty-blocks.ts';
import type { DirtyBlock } from './dirty-blocks.ts';
import { Intervals } from './intervals.ts';
import type { PlainBlock, SealedBlocks } from './sealed-blocks.ts';

const nothing = Buffer.alloc(0);
const blocksPerTurn = 65_536;

/**
 * What a file that is being written holds: dirty blocks in memory, over sealed blocks on disk, over the base, over
 * zeros. Synchronous methods may be called at any time; asynchronous ones must not overlap one another, and each looks
 * at the memory anew after every wait.
 */
export class Draft {
  readonly dirty: DirtyBlocks;
  readonly #memory: MemoryUse;
  /** What is real: written, resumed or copied from the base, and no hole. */
  readonly #written = new Intervals();
  readonly #hash = new ContentHash();
  /** The buffers of the last run are hashed: one run is, while the next one is sealed. */
  #hashed: Promise<void> = Promise.resolve();
  readonly #sealed: SealedBlocks;
  readonly #base: ContentReader | null;
  /** Bytes from the start that the base still stands for where nothing was written. */
  #baseEnd: number;
  #size: number;
  /** Separate ranges that the account knows of. */
  #rangesNoted = 0;
  /** The lowest cut that the file has not had yet. */
  #cutDue: number | null = null;
  /** Holes are zeros for good, and the last block is the last. */
  #final = false;

  constructor(
    sealed: SealedBlocks,
    resumedBytes: number,
    base: ContentReader | null,
    memory: MemoryUse,
  ) {
    this.dirty = new DirtyBlocks(memory);
    this.#memory = memory;
    this.#sealed = sealed;
    this.#base = base;
    this.#baseEnd = base?.size ?? 0;
    this.#size = base?.size ?? resumedBytes;
    this.#written.add(0, resumedBytes);
  }

  /** Bytes of plaintext. */
  get size(): number {
    return this.#size;
  }

  /** Bytes from the start without a hole, as far as the client knows them taken. */
  get realPrefix(): number {
    return this.#written.prefix;
  }

  /** Of those, the bytes in front of the first block that is not sealed as it is in memory. */
  get sealedPrefix(): number {
    return Math.min(this.#written.prefix, this.dirty.first * blockBytes);
  }

  /**
   * Copies `data` in. Returns the index of a block that has too many ranges by now, or null.
   *
   * @throws Fault `storage-failed` for too many separate ranges; nothing is taken then
   */
  put(offset: number, data: Buffer): number | null {
    const end = offset + data.length;
    const { count } = this.#written;
    const crowdedOut = count >= limits.writtenRangesMax || (count > 0 && !this.#memory.mayScatter);
    if (crowdedOut && !this.#written.touches(offset, end)) {
      const reason = `uploads of a session may have ${limits.writtenRangesMax} separate ranges`;
      throw new Fault('storage-failed', reason);
    }
    this.#hash.changeFrom(offset);
    const crowded = this.dirty.put(offset, data);
    this.#written.add(offset, end);
    this.#noteRanges(this.#written.count);
    this.#size = Math.max(this.#size, end);
    return crowded;
  }

  #noteRanges(count: number): void {
    if (count === this.#rangesNoted) return;
    this.#memory.scatter(count - this.#rangesNoted);
    this.#rangesNoted = count;
  }

  /** Bytes that a finished file has and nobody sent: they are stored as zeros, and the base's are copied. */
  get missingBytes(): number {
    return this.#written.gaps(0, this.#size).reduce((sum, [from, to]) => sum + to - from, 0);
  }

  grow(size: number): void {
    this.#size = size;
  }

  /** Takes away everything from `size` on. What comes back by growing is zeros. */
  cut(size: number): void {
    this.#hash.changeFrom(size);
    this.dirty.cut(size);
    this.#written.cut(size);
    this.#noteRanges(this.#written.count);
    this.#sealed.cut(size);
    this.#baseEnd = Math.min(this.#baseEnd, size);
    this.#size = size;
    this.#cutDue = Math.min(size, this.#cutDue ?? size);
  }

  /**
   * Does on disk what `cut` did, so that a crash does not bring the bytes back. Nothing is sealed between the two, or
   * this would take away what was written after the cut.
   */
  async cutFile(): Promise<void> {
    const size = this.#cutDue;
    if (size === null) return;
    this.#cutDue = null;
    const last = blockCount(size) - 1;
    if (last >= 0 && this.#sealed.isCut(last)) {
      this.dirty.touch(last);
      await this.sealRun([last]);
    }
    await this.#sealed.cutFile(size);
  }

  /** The bytes if all of them are dirty: a copy. Null otherwise. */
  fromMemory(offset: number, end: number): Buffer | null {
    const first = Math.floor(offset / blockBytes);
    const last = Math.floor((end - 1) / blockBytes);
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index += 1) {
      const block = this.dirty.get(index);
      const from = Math.max(0, offset - index * blockBytes);
      const to = Math.min(blockBytes, end - index * blockBytes);
      if (block === undefined || !block.ranges.covers(from, to)) return null;
      parts.push(block.data.subarray(from, to));
    }
    return Buffer.concat(parts);
  }

  /** The bytes wherever they are, in a buffer of their own. */
  async gather(offset: number, end: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = offset; at < end;) {
      const index = Math.floor(at / blockBytes);
      const to = Math.min(end, (index + 1) * blockBytes);
      const from = at - index * blockBytes;
      const block = this.dirty.get(index) ?? scratchBlock();
      if (!block.ranges.covers(from, to - index * blockBytes)) await this.#fill(index, block);
      parts.push(Buffer.from(block.data.subarray(from, to - index * blockBytes)));
      at = to;
    }
    return Buffer.concat(parts).subarray(0, Math.max(0, this.#size - offset));
  }

  /** Closes the gaps of a block, so that it collects no more ranges. */
  async fillDirty(index: number): Promise<void> {
    const block = this.dirty.get(index);
    if (block !== undefined) await this.#fill(index, block);
  }

  /** Puts what is beneath into the gaps of a block: what was sealed of it, or else the base, or else zeros. */
  async #fill(index: number, block: DirtyBlock): Promise<void> {
    const start = index * blockBytes;
    const sealed = await this.#sealed.load(index);
    const fromBase = sealed === null && start < this.#baseEnd && this.#base !== null;
    const beneath = fromBase ? await this.#base.read(start, blockBytes) : (sealed ?? nothing);
    // Only now: a truncate may have come while waiting.
    const visible = fromBase ? this.#baseEnd - start : this.#sealed.visibleLength(index);
    for (const [from, to] of block.ranges.gaps(0, blockBytes)) {
      const end = Math.max(from, Math.min(to, visible, beneath.length));
      if (end > from) beneath.copy(block.data, from, from, end);
      block.data.fill(0, end, to);
    }
    this.dirty.setWhole(index, block);
  }

  /**
   * Fills, seals and sends off consecutive dirty blocks; returns how many. It stops at one that changed meanwhile: that
   * one is for a later run.
   */
  async sealRun(run: readonly number[]): Promise<number> {
    const first = run[0];
    if (first === undefined) return 0;
    let blocks: readonly (DirtyBlock | undefined)[];
    do {
      await this.cutFile();
      blocks = run.map((index) => this.dirty.get(index));
      for (const [at, block] of blocks.entries()) {
        const gapless = block?.ranges.covers(0, this.#lengthOf(first + at)) ?? true;
        if (block !== undefined && !gapless) await this.#fill(first + at, block);
      }
    } while (this.#cutDue !== null);
    const plains: PlainBlock[] = [];
    for (const [at, block] of blocks.entries()) {
      const index = first + at;
      const length = this.#lengthOf(index);
      if (block === undefined || block !== this.dirty.get(index)) break;
      if (length <= 0 || !block.ranges.covers(0, length)) break;
      const plain = block.data.subarray(0, length);
      plains.push({ plain, provisional: !this.#isReal(index * blockBytes, length) });
    }
    if (plains.length === 0) return 0;
    const hashedBefore = this.#hashed;
    // Seals at once, so the memory may change hands after.
    const sent = this.#sealed.put(first, plains);
    this.#hashRun(first, plains);
    await Promise.all([sent, hashedBefore]);
    return plains.length;
  }

  /** Hashes what is final of the blocks, and takes their buffers back when nobody looks at them any more. */
  #hashRun(first: number, plains: readonly PlainBlock[]): void {
    const buffers = plains.map((_, at) => this.dirty.take(first + at));
    const pieces = plains.map(({ plain }) => plain);
    // A short last block may still grow.
    const isShort = pieces.at(-1)!.length < blockBytes && !this.#final;
    const lent = this.#hash.take(first * blockBytes, isShort ? pieces.slice(0, -1) : pieces);
    if (lent === undefined) {
      this.dirty.giveBack(buffers);
      return;
    }
    if (isShort) this.dirty.giveBack(buffers.slice(-1));
    const count = isShort ? buffers.length - 1 : buffers.length;
    this.#hashed = lent.then((returned) => this.dirty.giveBack(returned, count));
  }

  /** Whether the bytes hold no hole. Those that come from the base are copied by now, so they count as written. */
  #isReal(start: number, length: number): boolean {
    const end = start + length;
    for (const [from, to] of this.#written.gaps(start, end)) {
      this.#written.add(from, Math.min(to, this.#baseEnd));
    }
    return this.#final || this.#written.covers(start, end);
  }

  /** Seals every dirty block before block `end`, in order. */
  async sealDirty(end: number): Promise<void> {
    for (let next = 0; ;) {
      const run = this.dirty.runFrom(next);
      if (run.length === 0 || run[0]! >= end) return;
      next = run[0]! + (await this.sealRun(run));
    }
  }

  /** Brings every block to disk in its final form. Nothing is written to the content any more. */
  async settleBlocks(): Promise<void> {
    await this.cutFile();
    const count = blockCount(this.#size);
    for (let index = 0; index < count;) {
      const run: number[] = [];
      for (; index < count && run.length < blocksPerBatch; index += 1) {
        const settled = this.#isSettled(index);
        if (settled && run.length > 0) break;
        if (!settled) run.push(index);
        if ((index + 1) % blocksPerTurn === 0) await new Promise((turn) => setImmediate(turn));
      }
      for (const unsettled of run) this.dirty.touch(unsettled);
      await this.sealRun(run);
    }
  }

  #isSettled(index: number): boolean {
    return !this.dirty.has(index) && this.#sealed.isSettled(index, this.#lengthOf(index));
  }

  #lengthOf(index: number): number {
    return blockLength(this.#size, index);
  }

  /** After `settleBlocks` of the final content: SHA-256 of all of it, in hex, reading what was not hashed on its way. */
  async sha256(): Promise<string> {
    const count = blockCount(this.#size);
    while (this.#hash.position < this.#size) {
      const first = this.#hash.position / blockBytes;
      const end = Math.min(count, first + blocksPerBatch);
      await this.#hash.take(this.#hash.position, await this.#sealed.loadRun(first, end));
    }
    return (await this.#hash.digest()) ?? this.sha256();
  }

  /** Nothing is written any more: what is there is the file. */
  setFinal(): void {
    this.#final = true;
  }

  /** What is beneath is read anew when it is needed. */
  rest(): void {
    this.dirty.dropSpares();
    this.#base?.rest();
  }

  async close(): Promise<void> {
    await this.#hashed;
    this.#hash.close();
    this.dirty.clear();
    this.#noteRanges(0);
    await this.#base?.close();
  }
}

function scratchBlock(): DirtyBlock {
  return { data: Buffer.allocUnsafeSlow(blockBytes), ranges: new Intervals() };
}
