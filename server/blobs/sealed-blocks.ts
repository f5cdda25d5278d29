import { Fault } from '../domain/faults.ts';
import {
  blockBytes,
  blockCount,
  blockPosition,
  blocksEnd,
  blocksPerBatch,
  requireSame,
  sealBytes,
  sealedBlockBytes,
  tagBytes,
  tagOf,
} from './block-cipher.ts';
import type { BlockCipher } from './block-cipher.ts';
import type { MemoryUse } from '../memory/budget.ts';
import { BlockTable } from './block-table.ts';
import { chunkDigest, tagsPerChunk } from './published-tags.ts';
import { verifiedPrefixOf } from './recovery.ts';
import { giveSlab, takeSlab } from './slabs.ts';
import type { BlobFile } from './store.ts';

const nothing = Buffer.alloc(0);

export type PlainBlock = { readonly plain: Buffer; readonly provisional: boolean };

/**
 * The sealed side of an upload. One write is on its way at a time while the next batch is sealed; the first failure
 * stays, and every later call throws it. Calls that touch the disk must not overlap.
 */
export class SealedBlocks {
  readonly #file: BlobFile;
  readonly #cipher: BlockCipher;
  readonly #table: BlockTable;
  readonly #memory: MemoryUse;
  readonly #onProgress: () => void;
  #headerDue: boolean;
  #writing: Promise<void> = Promise.resolve();
  #bytesInFlight = 0;
  #failure: Fault | null = null;
  /** Lowest block whose newest content did not reach the disk. */
  #lostFrom = Infinity;
  #syncFailed = false;
  /** Nothing was ever written behind this. */
  #fileEnd: number;

  constructor(
    file: BlobFile,
    cipher: BlockCipher,
    resumedBytes: number | null,
    memory: MemoryUse,
    onProgress: () => void,
  ) {
    this.#memory = memory;
    this.#file = file;
    this.#cipher = cipher;
    this.#table = new BlockTable(resumedBytes ?? 0);
    this.#headerDue = resumedBytes === null;
    this.#fileEnd = resumedBytes === null ? 0 : blocksEnd(resumedBytes);
    this.#onProgress = onProgress;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  get failure(): Fault | null {
    return this.#failure;
  }

  fail(error: unknown): void {
    this.#failure ??=
      error instanceof Fault ? error : new Fault('internal', undefined, { cause: error });
    this.#onProgress();
  }

  /** @throws the Fault that stays */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  visibleLength(index: number): number {
    return this.#table.visibleLength(index);
  }

  isCut(index: number): boolean {
    return this.#table.isCut(index);
  }

  /** Whether the block is on disk as a finished file of this `length` there would have it. */
  isSettled(index: number, length: number): boolean {
    const table = this.#table;
    return (
      table.sealedLength(index) === length && !table.isCut(index) && !table.isProvisional(index)
    );
  }

  cut(size: number): void {
    this.#table.cut(size);
  }

  /** What was sealed of the block, whole as it was sealed, or null. */
  async load(index: number): Promise<Buffer | null> {
    await this.#landed();
    const length = this.#table.sealedLength(index);
    if (length === 0) return null;
    const sealed = Buffer.allocUnsafeSlow(length + sealBytes);
    const tag = Buffer.from(this.#table.tag(index) ?? nothing);
    const provisional = this.#table.isProvisional(index);
    // From here on the table may change: a truncate does not wait.
    const found = await this.#file.read(blockPosition(index), sealed);
    if (found !== sealed.length) throw new Fault('content-corrupt');
    if (tag.length > 0) requireSame(tagOf(sealed), tag);
    return this.#cipher.unseal(index, sealed, provisional);
  }

  /** Settled blocks from `first` to before `end`, in buffers of their own, while nothing changes. */
  async loadRun(first: number, end: number): Promise<readonly Buffer[]> {
    await this.#landed();
    const last = end - 1;
    const position = blockPosition(first);
    const bytes = blockPosition(last) + this.#table.sealedLength(last) + sealBytes - position;
    const slab = takeSlab(bytes);
    const found = await this.#file.read(position, slab);
    if (found !== bytes) throw new Fault('content-corrupt');
    const blocks: Buffer[] = [];
    for (let index = first; index < end; index += 1) {
      const at = blockPosition(index) - position;
      const sealed = slab.subarray(at, Math.min(bytes, at + sealedBlockBytes));
      const tag = this.#table.tag(index);
      if (tag !== null) requireSame(tagOf(sealed), tag);
      blocks.push(this.#cipher.unseal(index, sealed, this.#table.isProvisional(index)));
      // A resumed block: its tag is needed for the trailer.
      if (tag === null) this.#table.record(index, sealed.length - sealBytes, false, tagOf(sealed));
    }
    giveSlab(slab);
    return blocks;
  }

  /**
   * Seals consecutive blocks at once, so the plain buffers are free when this returns; resolves when the write before
   * has landed and this one is on its way.
   */
  put(first: number, blocks: readonly PlainBlock[]): Promise<void> {
    const parts: Buffer[] = [];
    let index = first;
    for (const { plain, provisional } of blocks) {
      const { nonce, ciphertext, tag } = this.#cipher.seal(index, plain, provisional);
      this.#table.record(index, plain.length, provisional, tag);
      parts.push(nonce, ciphertext, tag);
      index += 1;
    }
    return this.#send(first, parts);
  }

  async #send(first: number, parts: Buffer[]): Promise<void> {
    const bytes = lengthOf(parts);
    this.#bytesInFlight += bytes;
    this.#memory.charge(bytes);
    const arrived = (): void => {
      this.#bytesInFlight -= bytes;
      this.#memory.release(bytes);
    };
    const lose = (error: unknown): void => {
      arrived();
      this.#lostFrom = Math.min(this.#lostFrom, first);
      this.fail(error);
    };
    try {
      await this.#landed();
      let position = blockPosition(first);
      if (this.#headerDue && first === 0) {
        parts.unshift(this.#cipher.header);
        this.#headerDue = false;
        position = 0;
      }
      this.#fileEnd = Math.max(this.#fileEnd, position + lengthOf(parts));
      const written = (): void => {
        arrived();
        this.#onProgress();
      };
      this.#writing = this.#file.write(position, parts).then(written, lose);
    } catch (error) {
      lose(error);
      throw error;
    }
  }

  /** Everything that was put is in the file. */
  async #landed(): Promise<void> {
    await this.#writing;
    this.check();
  }

  async #writeHeader(): Promise<void> {
    if (!this.#headerDue) return;
    await this.#file.write(0, [this.#cipher.header]);
    this.#headerDue = false;
  }

  /** Cuts the file behind the blocks of `size` bytes, where there is something. */
  async cutFile(size: number): Promise<void> {
    await this.#landed();
    const last = blockCount(size) - 1;
    const length = this.#table.sealedLength(last);
    await this.#cutFileTo(
      blockPosition(last) + (length > 0 ? length + sealBytes : sealedBlockBytes),
    );
  }

  async #cutFileTo(end: number): Promise<void> {
    if (this.#fileEnd <= end) return;
    await this.#file.truncate(end);
    this.#fileEnd = end;
  }

  /** Everything that was put is durable. */
  async sync(): Promise<void> {
    await this.#landed();
    await this.#writeHeader();
    await this.#sync();
  }

  /** Makes the file exactly a partial of `size` bytes, all of whose blocks are settled, and durable. */
  async finishPartial(size: number): Promise<void> {
    await this.#landed();
    await this.#cutFileTo(blocksEnd(size));
    await this.sync();
  }

  /**
   * Makes the file exactly a finished one of `size` bytes, all of whose blocks are settled, and durable.
   *
   * @returns the root
   */
  async finishWhole(size: number): Promise<Buffer> {
    await this.#landed();
    await this.#writeHeader();
    const count = blockCount(size);
    const digests: Buffer[] = [];
    let position = blocksEnd(size);
    let parts: Buffer[] = [];
    for (let first = 0; first < count; first += tagsPerChunk) {
      const tags = this.#tags(first, Math.min(count, first + tagsPerChunk));
      digests.push(chunkDigest(tags));
      parts.push(tags);
      if (parts.length < blocksPerBatch) continue;
      await this.#file.write(position, parts);
      position += lengthOf(parts);
      parts = [];
    }
    parts.push(...digests);
    await this.#writeParts(position, parts);
    const end = position + lengthOf(parts);
    await this.#cutFileTo(end);
    this.#fileEnd = end;
    await this.#sync();
    return this.#cipher.root(size, Buffer.concat(digests));
  }

  async #writeParts(position: number, parts: readonly Buffer[]): Promise<void> {
    if (parts.length > 0) await this.#file.write(position, parts);
  }

  #tags(first: number, end: number): Buffer {
    const tags = Buffer.alloc((end - first) * tagBytes);
    for (let index = first; index < end; index += 1) {
      const tag = this.#table.tag(index);
      if (tag === null) throw new Fault('internal');
      tag.copy(tags, (index - first) * tagBytes);
    }
    return tags;
  }

  /**
   * After a failure: keeps of the file what verifies from its start, at most `bytesMax`, and nothing at or behind a
   * block whose newest content was lost.
   *
   * @returns bytes of plaintext that are durable
   */
  async salvage(bytesMax: number): Promise<number> {
    await this.#writing;
    // The kernel may have dropped the pages that it could not write and call the next fsync a success.
    if (this.#syncFailed) return 0;
    const limit = Math.min(bytesMax, this.#lostFrom * blockBytes);
    let size = await verifiedPrefixOf(this.#file, this.#cipher);
    if (size > limit) size = Math.floor(limit / blockBytes) * blockBytes;
    if (size > 0) {
      await this.#file.truncate(blocksEnd(size));
      await this.#sync();
    }
    return size;
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      this.#syncFailed = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((bytes, part) => bytes + part.length, 0);
}
