import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { type HashLane, hashLane, type LaneHash } from './hash-lane.ts';

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
   * Returns a promise where the pieces are still looked at: they may not change until it resolves, which it always does.
   */
  take(offset: number, pieces: readonly Buffer[]): Promise<void> | void {
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

  async #beside(hash: LaneHash, pieces: readonly Buffer[]): Promise<void> {
    try {
      await hash.update(pieces.map(shared));
    } catch {
      // The thread is gone, and with it what it had hashed: a pass over the file is made for it.
      if (this.#hash === hash) this.#startAnew();
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

/** In memory of its own where the thread can't see it: after a resume, what was read back. */
function shared(piece: Buffer) {
  const { buffer, byteOffset, length } = piece;
  if (buffer instanceof SharedArrayBuffer && byteOffset === 0) return { bytes: buffer, length };
  const bytes = new SharedArrayBuffer(length);
  piece.copy(Buffer.from(bytes));
  return { bytes, length };
}
