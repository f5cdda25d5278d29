import { unmetered, type MemoryUse } from '../memory/budget.ts';
import type { BlobFile } from './store.ts';

/** A blob's stored bytes that are in memory: as the database has them, or on their way to it. */
export class MemoryFile implements BlobFile {
  #bytes: Buffer;

  readonly #memory: MemoryUse;
  #charged: number;

  /** `bytes` is never changed: a write makes room of its own. They are on the account of `memory` until `close`. */
  constructor(bytes: Uint8Array = new Uint8Array(0), memory: MemoryUse = unmetered) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#memory = memory;
    this.#charged = 0;
    this.#charge(bytes.length);
  }

  /** All of it, as it is now. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  async size(): Promise<number> {
    return this.#bytes.length;
  }

  async read(position: number, target: Buffer): Promise<number> {
    return position < this.#bytes.length ? this.#bytes.copy(target, 0, position) : 0;
  }

  async write(position: number, buffers: readonly Buffer[]): Promise<void> {
    const end = buffers.reduce((at, buffer) => at + buffer.length, position);
    const bytes = Buffer.alloc(Math.max(end, this.#bytes.length));
    this.#bytes.copy(bytes);
    let at = position;
    for (const buffer of buffers) at += buffer.copy(bytes, at);
    this.#bytes = bytes;
    this.#charge(bytes.length);
  }

  async truncate(length: number): Promise<void> {
    const bytes = Buffer.alloc(length);
    this.#bytes.copy(bytes);
    this.#bytes = bytes;
    this.#charge(length);
  }

  async sync(): Promise<void> {}

  /** What is held is no longer on the account; `bytes` stays. */
  async close(): Promise<void> {
    this.#charge(0);
  }

  #charge(bytes: number): void {
    if (bytes > this.#charged) this.#memory.charge(bytes - this.#charged);
    else this.#memory.release(this.#charged - bytes);
    this.#charged = bytes;
  }
}
