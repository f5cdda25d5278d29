import { blockBytes, blockCount, blockLength, tagBytes } from './block-cipher.ts';

const blocksPerPage = 32;
const provisionalBit = 0x8000_0000;

type Page = { readonly lengths: Uint32Array; readonly tags: Buffer };

/**
 * What an upload has on disk: for each block how many bytes were sealed, whether with holes, and the tag. In pages, so
 * that one byte at a far offset costs 640 bytes and not a table of everything before it.
 */
export class BlockTable {
  readonly #pages = new Map<number, Page>();
  /** Blocks that a truncate shortened and that are not sealed anew: index to bytes that still count. */
  readonly #cuts = new Map<number, number>();
  /** Plaintext bytes that were there before, in full blocks but for the last. Their tags are not known. */
  #resumedBytes: number;
  /** The same before any truncate: the last resumed block keeps its sealed length. */
  readonly #resumedSealedBytes: number;

  constructor(resumedBytes: number) {
    this.#resumedBytes = resumedBytes;
    this.#resumedSealedBytes = resumedBytes;
  }

  /** Bytes of plaintext in the block as it was sealed; 0 if it is not on disk. */
  sealedLength(index: number): number {
    const length = (this.#entry(index) & ~provisionalBit) >>> 0;
    if (length > 0 || index >= blockCount(this.#resumedBytes)) return length;
    return blockLength(this.#resumedSealedBytes, index);
  }

  /** Bytes from the start of the sealed block that still count. */
  visibleLength(index: number): number {
    return this.#cuts.get(index) ?? this.sealedLength(index);
  }

  isCut(index: number): boolean {
    return this.#cuts.has(index);
  }

  isProvisional(index: number): boolean {
    return this.#entry(index) >= provisionalBit;
  }

  /** The tag of a block that was sealed or noted in this session. */
  tag(index: number): Buffer | null {
    if (this.#entry(index) === 0) return null;
    const at = (index % blocksPerPage) * tagBytes;
    return this.#pages.get(Math.floor(index / blocksPerPage))!.tags.subarray(at, at + tagBytes);
  }

  record(index: number, length: number, provisional: boolean, tag: Buffer): void {
    const key = Math.floor(index / blocksPerPage);
    let page = this.#pages.get(key);
    if (page === undefined) {
      page = {
        lengths: new Uint32Array(blocksPerPage),
        tags: Buffer.alloc(blocksPerPage * tagBytes),
      };
      this.#pages.set(key, page);
    }
    page.lengths[index % blocksPerPage] = provisional ? length + provisionalBit : length;
    tag.copy(page.tags, (index % blocksPerPage) * tagBytes);
    this.#cuts.delete(index);
  }

  /** Forgets what is at or after `size` bytes of plaintext. */
  cut(size: number): void {
    const count = blockCount(size);
    for (const [key, page] of this.#pages) {
      const kept = count - key * blocksPerPage;
      if (kept <= 0) this.#pages.delete(key);
      else if (kept < blocksPerPage) page.lengths.fill(0, kept);
    }
    for (const index of this.#cuts.keys()) if (index >= count) this.#cuts.delete(index);
    const last = count - 1;
    const length = size - last * blockBytes;
    this.#resumedBytes = Math.min(this.#resumedBytes, size);
    if (count > 0 && this.visibleLength(last) > length) this.#cuts.set(last, length);
  }

  #entry(index: number): number {
    const page = this.#pages.get(Math.floor(index / blocksPerPage));
    return page === undefined ? 0 : page.lengths[index % blocksPerPage]!;
  }
}
