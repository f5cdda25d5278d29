import type { Writable } from 'node:stream';
import { limits } from '../domain/limits.ts';

/** Replies gathered until the turn has no more requests, so that many small ones share a packet. */
const flushBytes = 64 * 1024;

/** What goes out on a channel: gathered, and never more on its way than the client takes. */
export class Output {
  readonly #stream: Writable;
  readonly #waiting: (() => void)[] = [];
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #onTheWay = 0;
  #ended = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  push(reply: Buffer): void {
    this.#gathered.push(reply);
    this.#gatheredBytes += reply.length;
    if (this.#gatheredBytes >= flushBytes) this.flush();
  }

  flush(): void {
    if (this.#gathered.length === 0 || this.#ended) return;
    const bytes =
      this.#gathered.length === 1
        ? this.#gathered[0]!
        : Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#onTheWay += bytes.length;
    this.#stream.write(bytes, () => {
      this.#onTheWay -= bytes.length;
      if (!this.isFull) this.#wake();
    });
  }

  get isFull(): boolean {
    return this.#onTheWay + this.#gatheredBytes > limits.repliesQueuedBytesMax && !this.#ended;
  }

  /** Resolves when there is room, or when nothing goes out any more. */
  room(): Promise<void> {
    this.flush();
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The channel is gone: write callbacks will not come. */
  end(): void {
    this.#ended = true;
    this.#gathered = [];
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
