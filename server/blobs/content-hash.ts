import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { type HashLane, hashLane, type LaneHash, type LentPart } from './hash-lane.ts';

/** Contents of at least so many bytes at once are worth a message to the other thread. */
const laneBytesMin = 512 * 1024;

/** SHA-256 of plaintext that mostly comes in order: it covers the bytes from 0 to `position` as they are now. */
export class ContentHash {
  readonly #lane: () => HashLane | null;
  #hash: Hash | LaneHash | null = null;
  #position = 0;

  constructor(lane: () => HashLane | null = hashLane) {
    this.#lane = lane;
  }

  get position(): number {
    return this.#position;
  }

  /**
   * Takes consecutive pieces of which the first starts at `position`; others are left for a later pass over the file.
   * Returns a promise where the pieces were lent, and are empty now: for the same memory, or for nothing where it is lost.
   */
  take(offset: number, pieces: readonly Buffer[]): Promise<readonly Buffer[]> | undefined {
    if (offset !== this.#position || pieces.length === 0) return undefined;
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#hash ??=
      (bytes >= laneBytesMin ? this.#lane()?.open() : undefined) ?? createHash('sha256');
    this.#position += bytes;
    if (isLocal(this.#hash)) {
      for (const piece of pieces) this.#hash.update(piece);
      return undefined;
    }
    return this.#beside(this.#hash, pieces);
  }

  async #beside(hash: LaneHash, pieces: readonly Buffer[]): Promise<readonly Buffer[]> {
    try {
      const parts = await hash.update(pieces.map(lent));
      return parts.map(({ bytes }) => Buffer.from(bytes));
    } catch {
      // The thread is gone, and with it what it had hashed: a pass over the file is made for it.
      if (this.#hash === hash) this.#startAnew();
      return [];
    }
  }

  /** The bytes from `offset` on change: what was hashed of them counts no more. */
  changeFrom(offset: number): void {
    if (offset < this.#position) this.#startAnew();
  }

  #startAnew(): void {
    if (this.#hash !== null && !isLocal(this.#hash)) this.#hash.forget();
    this.#hash = null;
    this.#position = 0;
  }

  /** 64 hex digits, or null where the thread that had hashed is gone: it has to be done anew. */
  async digest(): Promise<string | null> {
    const hash = this.#hash ?? createHash('sha256');
    if (isLocal(hash)) return hash.digest('hex');
    try {
      return await hash.digest();
    } catch {
      this.#hash = null;
      this.#position = 0;
      return null;
    }
  }

  /** Nothing more is asked of it. */
  close(): void {
    this.#startAnew();
  }
}

function isLocal(hash: Hash | LaneHash): hash is Hash {
  return 'copy' in hash;
}

/** A copy where others look at the same memory. */
function lent(piece: Buffer): LentPart {
  const { buffer, byteOffset, length } = piece;
  const isWhole = byteOffset === 0 && length > buffer.byteLength / 2;
  if (buffer instanceof ArrayBuffer && isWhole) return { bytes: buffer, length };
  const bytes = new ArrayBuffer(length);
  piece.copy(Buffer.from(bytes));
  return { bytes, length };
}
