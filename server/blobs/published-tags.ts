import { createHash } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import { blockCount, blocksEnd, headerBytes, requireSame, tagBytes } from './block-cipher.ts';
import type { BlockCipher } from './block-cipher.ts';
import type { BlobFile } from './store.ts';

/** Tags under one digest: 256 MiB of plaintext, 64 KiB of tags. */
export const tagsPerChunk = 4096;
export const digestBytes = 32;
const chunksKeptMax = 2;

export function chunkCount(blocks: number): number {
  return Math.ceil(blocks / tagsPerChunk);
}

export function chunkDigest(tags: Buffer): Buffer {
  return createHash('sha256').update(tags).digest();
}

/** @throws Fault `content-corrupt` unless the file starts with the header of this blob */
export async function checkHeader(file: BlobFile, cipher: BlockCipher): Promise<void> {
  const header = Buffer.alloc(headerBytes);
  await file.read(0, header);
  requireSame(header, cipher.header);
}

/** The block tags of a finished file, as its trailer has them and its root vouches for them. */
export class PublishedTags {
  readonly #file: BlobFile;
  readonly #cipher: BlockCipher;
  readonly #size: number;
  readonly #root: Uint8Array;
  #digests: Promise<Buffer> | null = null;
  readonly #chunks = new Map<number, Promise<Buffer>>();

  constructor(file: BlobFile, cipher: BlockCipher, size: number, root: Uint8Array) {
    this.#file = file;
    this.#cipher = cipher;
    this.#size = size;
    this.#root = root;
  }

  /**
   * The tags of the blocks from `first` to before `end`, which lie in at most two chunks.
   *
   * @throws Fault `content-corrupt` when header, length, root or digest is not right
   */
  async range(first: number, end: number): Promise<Buffer> {
    const digests = await this.#vouched();
    if (first >= end) return Buffer.alloc(0);
    const low = Math.floor(first / tagsPerChunk);
    const high = Math.floor((end - 1) / tagsPerChunk);
    const start = low * tagsPerChunk;
    const from = (first - start) * tagBytes;
    const to = (end - start) * tagBytes;
    if (low === high) return (await this.#chunk(low, digests)).subarray(from, to);
    const both = [await this.#chunk(low, digests), await this.#chunk(high, digests)];
    return Buffer.concat(both).subarray(from, to);
  }

  /** Keeps nothing in memory; what is needed next is read and vouched for anew. */
  rest(): void {
    this.#digests = null;
    this.#chunks.clear();
  }

  #vouched(): Promise<Buffer> {
    this.#digests ??= forgetOnFailure(this.#check(), () => (this.#digests = null));
    return this.#digests;
  }

  async #check(): Promise<Buffer> {
    const blocks = blockCount(this.#size);
    const chunks = chunkCount(blocks);
    const tags = blocks * tagBytes;
    // One read for most files: the only chunk of tags, the digests, and a byte that must not be there.
    const skipped = chunks === 1 ? 0 : tags;
    const expected = tags - skipped + chunks * digestBytes;
    const trailer = Buffer.alloc(expected + 1);
    const reading = this.#file.read(blocksEnd(this.#size) + skipped, trailer);
    const [bytes] = await Promise.all([reading, checkHeader(this.#file, this.#cipher)]);
    if (bytes !== expected) throw new Fault('content-corrupt');
    const digests = trailer.subarray(tags - skipped, expected);
    requireSame(this.#cipher.root(this.#size, digests), this.#root);
    if (chunks === 1) {
      const only = trailer.subarray(0, tags);
      requireSame(chunkDigest(only), digests);
      this.#chunks.set(0, Promise.resolve(only));
    }
    return digests;
  }

  #chunk(index: number, digests: Buffer): Promise<Buffer> {
    const kept = this.#chunks.get(index);
    if (kept !== undefined) return kept;
    const loading = forgetOnFailure(this.#load(index, digests), () => this.#chunks.delete(index));
    this.#chunks.set(index, loading);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= chunksKeptMax) break;
      this.#chunks.delete(oldest);
    }
    return loading;
  }

  async #load(index: number, digests: Buffer): Promise<Buffer> {
    const first = index * tagsPerChunk;
    const count = Math.min(tagsPerChunk, blockCount(this.#size) - first);
    const tags = Buffer.alloc(count * tagBytes);
    await this.#file.read(blocksEnd(this.#size) + first * tagBytes, tags);
    requireSame(
      chunkDigest(tags),
      digests.subarray(index * digestBytes, (index + 1) * digestBytes),
    );
    return tags;
  }
}

/** A disk that fails once is asked again the next time. */
function forgetOnFailure<T>(loading: Promise<T>, forget: () => void): Promise<T> {
  loading.catch(forget);
  return loading;
}
