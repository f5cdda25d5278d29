import { compact } from '../memory/compact.ts';

/** Chunks below this are copied together: each view of them would keep a whole socket buffer alive. */
const smallBytes = 4096;
const mergeBytes = 32 * 1024;

/** Bytes of one channel that nobody has read yet; at most the channel's window of them. */
export class Inbox {
  readonly #chunks: Buffer[] = [];
  #merging: Buffer | undefined;
  #mergedBytes = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(data: Buffer): void {
    this.#bytes += data.length;
    if (data.length >= smallBytes) {
      this.#closeMerge();
      this.#chunks.push(compact(data));
      return;
    }
    if (this.#merging === undefined || this.#mergedBytes + data.length > mergeBytes) {
      this.#closeMerge();
      this.#merging = Buffer.allocUnsafeSlow(mergeBytes);
    }
    this.#merging.set(data, this.#mergedBytes);
    this.#mergedBytes += data.length;
  }

  take(): Buffer | undefined {
    if (this.#chunks.length === 0) this.#closeMerge();
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#bytes -= chunk.length;
    return chunk;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#merging = undefined;
    this.#mergedBytes = 0;
    this.#bytes = 0;
  }

  #closeMerge(): void {
    if (this.#merging === undefined) return;
    this.#chunks.push(compact(this.#merging.subarray(0, this.#mergedBytes)));
    this.#merging = undefined;
    this.#mergedBytes = 0;
  }
}
