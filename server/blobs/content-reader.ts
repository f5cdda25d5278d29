import type { BlobGrant } from '../domain/grants.ts';
import { Fault } from '../domain/faults.ts';
import { unmetered, type MemoryUse } from '../memory/budget.ts';
import {
  BlockCipher,
  blockBytes,
  blockCount,
  blockLength,
  blockPosition,
  blocksPerBatch,
  requireSame,
  sealBytes,
  tagBytes,
  tagOf,
} from './block-cipher.ts';
import { openStored } from './inline-content.ts';
import { PublishedTags, checkHeader } from './published-tags.ts';
import { giveSlab, takeSlab } from './slabs.ts';
import type { BlobFile, BlobStore } from './store.ts';

/** Consecutive blocks in memory or on their way there. */
type Window = {
  readonly first: number;
  /** Index after the last block. */
  end: number;
  /** Null while loading. */
  blocks: readonly Buffer[] | null;
  readonly loaded: Promise<readonly Buffer[]>;
  /** What it is accounted for with. */
  readonly bytes: number;
};

const windowsKeptMax = 3;
const batchBytes = blocksPerBatch * blockBytes;
/** How far a read may be from the end of the one before and still count as sequential: clients reorder a little. */
const reorderBytesMax = 256 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Reads the plaintext of one blob. Not one byte is given out before its block verified: by its tag alone in partial
 * content (`root` null), and against the root of the grant in published content. Reads may overlap.
 */
export class ContentReader {
  readonly #file: BlobFile;
  readonly #cipher: BlockCipher;
  readonly #size: number;
  readonly #tags: PublishedTags | null;
  readonly #memory: MemoryUse;
  #headerChecked = false;
  #windows: Window[] = [];
  #expected = 0;
  #sequentialReads = 0;

  /** @throws Fault `content-corrupt` when there is no such blob, or `storage-failed` */
  static async open(
    store: Pick<BlobStore, 'open'>,
    blob: BlobGrant,
    memory: MemoryUse = unmetered,
  ): Promise<ContentReader> {
    const cipher = new BlockCipher(blob.blobId, blob.dataKey);
    return new ContentReader(await openStored(store, blob, memory), cipher, blob, memory);
  }

  private constructor(file: BlobFile, cipher: BlockCipher, blob: BlobGrant, memory: MemoryUse) {
    this.#memory = memory;
    this.#file = file;
    this.#cipher = cipher;
    this.#size = blob.size;
    this.#tags = blob.root === null ? null : new PublishedTags(file, cipher, blob.size, blob.root);
  }

  /** Bytes of plaintext. */
  get size(): number {
    return this.#size;
  }

  /**
   * `length` bytes from `offset`, fewer only at the end, none after it. At once where they are in memory. The buffer
   * may be a view; what it shows is never changed or used again, but the caller must not write into it.
   *
   * @throws Fault `content-corrupt` or `storage-failed`, as a rejection
   */
  read(offset: number, length: number): Buffer | Promise<Buffer> {
    const end = Math.min(this.#size, offset + length);
    if (offset >= end) return nothing;
    const sequential = Math.abs(offset - this.#expected) <= reorderBytesMax;
    this.#expected = end;
    this.#sequentialReads = sequential ? this.#sequentialReads + 1 : 0;
    if (this.#sequentialReads > 1) this.#readAhead(Math.floor((end - 1) / blockBytes));
    return this.#fromMemory(offset, end) ?? this.#gather(offset, end, sequential);
  }

  /** Keeps nothing in memory; the next read fetches what it needs. */
  rest(): void {
    this.#drop(this.#windows);
    this.#tags?.rest();
  }

  #drop(dropped: readonly Window[]): void {
    const kept = this.#windows.filter((window) => !dropped.includes(window));
    const bytes = (windows: readonly Window[]) =>
      windows.reduce((sum, each) => sum + each.bytes, 0);
    this.#memory.release(bytes(this.#windows) - bytes(kept));
    this.#windows = kept;
  }

  /** Reads that are under way end first. Idempotent. */
  async close(): Promise<void> {
    this.rest();
    await this.#file.close();
  }

  #fromMemory(offset: number, end: number): Buffer | null {
    const first = Math.floor(offset / blockBytes);
    const last = Math.floor((end - 1) / blockBytes);
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index += 1) {
      const window = this.#find(index);
      if (window === undefined || window.blocks === null) return null;
      const start = index * blockBytes;
      const block = window.blocks[index - window.first]!;
      parts.push(block.subarray(Math.max(0, offset - start), Math.min(blockBytes, end - start)));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async #gather(offset: number, end: number, sequential: boolean): Promise<Buffer> {
    const target = Buffer.allocUnsafe(end - offset);
    const after = Math.floor((end - 1) / blockBytes) + 1;
    for (let at = offset; at < end;) {
      const index = Math.floor(at / blockBytes);
      const ahead = sequential && this.#memory.room >= batchBytes;
      const window = this.#find(index) ?? this.#load(index, ahead ? index + blocksPerBatch : after);
      const blocks = await window.loaded;
      while (at < end) {
        const current = Math.floor(at / blockBytes);
        const block = blocks[current - window.first];
        if (block === undefined) break;
        at += block.copy(target, at - offset, at - current * blockBytes);
      }
    }
    return target;
  }

  #find(index: number): Window | undefined {
    return this.#windows.find((window) => window.first <= index && index < window.end);
  }

  #readAhead(index: number): void {
    const next = this.#find(index)?.end;
    if (next === undefined || next >= blockCount(this.#size) || this.#find(next) !== undefined) {
      return;
    }
    if (this.#memory.room < batchBytes) return;
    this.#load(next, next + blocksPerBatch);
  }

  #load(first: number, wanted: number): Window {
    const end = Math.min(wanted, first + blocksPerBatch, blockCount(this.#size));
    const bytes = (end - first) * blockBytes;
    const window: Window = { first, end, blocks: null, loaded: this.#fetch(first, end), bytes };
    void this.#keep(window);
    this.#windows.push(window);
    this.#memory.charge(bytes);
    const kept = this.#memory.isOver ? 1 : windowsKeptMax;
    if (this.#windows.length > kept) this.#drop(this.#windows.slice(0, -kept));
    return window;
  }

  async #keep(window: Window): Promise<void> {
    try {
      window.blocks = await window.loaded;
      window.end = window.first + window.blocks.length;
    } catch {
      // Whoever needs these blocks loads them again and hears of it.
      this.#drop([window]);
    }
  }

  async #fetch(first: number, end: number): Promise<readonly Buffer[]> {
    const position = blockPosition(first);
    const last = end - 1;
    const bytes = blockPosition(last) + blockLength(this.#size, last) + sealBytes - position;
    // On failure the slab is left to the collector: the other read may still be filling it.
    const slab = takeSlab(bytes);
    const [tags, found] = await Promise.all([
      this.#vouched(first, end),
      this.#file.read(position, slab),
    ]);
    const blocks = this.#unseal(first, end, slab.subarray(0, found), tags);
    giveSlab(slab);
    return blocks;
  }

  /** The tags of the blocks, or null for partial content. */
  async #vouched(first: number, end: number): Promise<Buffer | null> {
    if (this.#tags !== null) return await this.#tags.range(first, end);
    if (!this.#headerChecked) await checkHeader(this.#file, this.#cipher);
    this.#headerChecked = true;
    return null;
  }

  /** The blocks up to the first bad one, which is a fault only when somebody reads that one itself. */
  #unseal(first: number, end: number, slab: Buffer, tags: Buffer | null): Buffer[] {
    const blocks: Buffer[] = [];
    let at = 0;
    for (let index = first; index < end; index += 1) {
      const bytes = blockLength(this.#size, index) + sealBytes;
      try {
        blocks.push(
          this.#open(
            index,
            slab.subarray(at, at + bytes),
            bytes,
            tags?.subarray((index - first) * tagBytes),
          ),
        );
      } catch (error) {
        if (blocks.length === 0) throw error;
        break;
      }
      at += bytes;
    }
    return blocks;
  }

  #open(index: number, sealed: Buffer, bytes: number, tags: Buffer | undefined): Buffer {
    if (sealed.length !== bytes) throw new Fault('content-corrupt');
    if (tags !== undefined) requireSame(tagOf(sealed), tags.subarray(0, tagBytes));
    return this.#cipher.unseal(index, sealed);
  }
}
