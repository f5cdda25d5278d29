import type { Writable } from 'node:stream';
import { limits } from '../domain/limits.ts';
import type { MemoryUse } from '../memory/budget.ts';

/** Replies gathered until the turn has no more requests, so that many small ones share a packet. */
const flushBytes = 64 * 1024;
const smallPieceBytes = 1024;

/** What goes out on a channel: gathered, and never more on its way than the client takes. */
export class Output {
  readonly #stream: Writable;
  readonly #memory: MemoryUse;
  readonly #waiting: (() => void)[] = [];
  #over!: () => void;
  /** Resolves once it has ended and nothing of it is held any more. */
  readonly over = new Promise<void>((resolve) => (this.#over = resolve));
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #onTheWay = 0;
  #ended = false;
  #gone = false;

  constructor(stream: Writable, memory: MemoryUse) {
    this.#stream = stream;
    this.#memory = memory;
    stream.once('close', () => this.#drop());
  }

  /** Replies that the client lets wait. */
  get isWaiting(): boolean {
    return this.#onTheWay > 0;
  }

  /** One message, in pieces that nobody changes any more. */
  push(reply: readonly Buffer[]): void {
    if (this.#ended) return;
    for (const piece of reply) {
      this.#memory.charge(piece.length);
      this.#gathered.push(piece);
      this.#gatheredBytes += piece.length;
    }
    if (this.#gatheredBytes >= flushBytes) this.flush();
  }

  flush(): void {
    if (this.#gathered.length === 0 || this.#ended) return;
    const bytes = this.#gatheredBytes;
    const pieces = together(this.#gathered, bytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#onTheWay += bytes;
    const last = pieces.pop()!;
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece);
    this.#stream.write(last, () => this.#taken(bytes));
    this.#stream.uncork();
  }

  #taken(bytes: number): void {
    if (this.#gone) return;
    this.#onTheWay -= bytes;
    this.#memory.release(bytes);
    if (!this.isFull) this.#wake();
    if (this.#ended && !this.isWaiting) this.#over();
  }

  /** Over its share of memory, a channel has one reply at a time on its way. */
  get isFull(): boolean {
    const bytesMax = this.#memory.isOver ? 0 : limits.repliesQueuedBytesMax;
    return this.#onTheWay + this.#gatheredBytes > bytesMax && !this.#ended;
  }

  /** Resolves when there is room, or when nothing goes out any more. */
  room(): Promise<void> {
    this.flush();
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nothing more goes out. What is on its way is still held until the client takes it, or the channel is gone. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#memory.release(this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#wake();
    if (!this.isWaiting) this.#over();
  }

  /** The channel is gone: write callbacks may not come any more. */
  #drop(): void {
    this.#gone = true;
    this.#memory.release(this.#onTheWay);
    this.#onTheWay = 0;
    this.end();
    this.#over();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Small replies are views of larger memory each: together they take their own bytes. */
function together(pieces: Buffer[], bytes: number): Buffer[] {
  return pieces.length > 1 && bytes < pieces.length * smallPieceBytes
    ? [Buffer.concat(pieces, bytes)]
    : pieces;
}
