import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

/** SHA-256 of plaintext that mostly comes in order: it covers the bytes from 0 to `position` as they are now. */
export class ContentHash {
  #hash: Hash = createHash('sha256');
  #position = 0;

  get position(): number {
    return this.#position;
  }

  /** Takes bytes that start at `position`; others are left for a later pass over the file. */
  take(offset: number, plain: Buffer): void {
    if (offset !== this.#position) return;
    this.#hash.update(plain);
    this.#position += plain.length;
  }

  /** The bytes from `offset` on change: what was hashed of them counts no more. */
  changeFrom(offset: number): void {
    if (offset >= this.#position) return;
    this.#hash = createHash('sha256');
    this.#position = 0;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
