/** Buffers that no channel has replies in just now: each idle one would keep 33 KiB. */
const spareTails: Buffer[] = [];
const spareTailsMax = 64;

/** Where the packets of an outbox go. */
export interface PacketSink {
  /** Bytes that may go into the next packet now; 0 while window, socket or key exchange forbid. */
  room(): number;
  send(data: Buffer): void;
}

type Done = (error?: Error | null) => void;

/**
 * The writable side of a channel. Small writes of one turn of the event loop share a packet; `done` is called when the
 * chunks are sent or copied, so a writer may use its buffer again then. While there is no room `done` waits, and that
 * is the back-pressure.
 */
export class Outbox {
  readonly #packetBytes: number;
  readonly #sink: PacketSink;
  readonly #pending: Buffer[] = [];
  #tail: Buffer | undefined;
  #tailBytes = 0;
  #done: Done | undefined;
  #emptied: Done | undefined;
  #flushScheduled = false;
  #closed = false;

  constructor(packetBytes: number, sink: PacketSink) {
    this.#packetBytes = packetBytes;
    this.#sink = sink;
  }

  write(chunks: readonly Buffer[], done: Done): void {
    if (this.#closed) {
      done();
      return;
    }
    this.#pending.push(...chunks);
    this.#done = done;
    this.#pump(false);
  }

  /** Calls `emptied` once everything is sent. */
  end(emptied: Done): void {
    this.#emptied = emptied;
    if (this.#closed) this.#settle();
    else this.pump();
  }

  /** There may be room again. */
  pump(): void {
    if (!this.#closed) this.#pump(true);
  }

  /** The far side takes no more: what is left and what still comes is dropped, as written or as failed. */
  close(error?: Error): void {
    this.#closed = true;
    this.#pending.length = 0;
    this.#tailBytes = 0;
    this.#giveTail();
    this.#settle(error);
  }

  #pump(flush: boolean): void {
    while (this.#step(flush)) {
      /* each step sends one packet or copies one chunk */
    }
    if (this.#pending.length > 0) return;
    if (this.#tailBytes === 0 && this.#emptied !== undefined) {
      this.#settle();
      return;
    }
    if (this.#tailBytes > 0 && !flush) this.#scheduleFlush();
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  #step(flush: boolean): boolean {
    const chunk = this.#pending[0];
    const tailFull = this.#tailBytes === this.#packetBytes;
    if (tailFull || (flush && chunk === undefined && this.#tailBytes > 0)) return this.#sendTail();
    if (chunk === undefined) return false;
    if (this.#tailBytes === 0 && chunk.length >= this.#packetBytes) {
      const bytes = this.#sink.room();
      if (bytes === 0) return false;
      this.#sink.send(chunk.subarray(0, bytes));
      this.#advance(chunk, bytes);
      return true;
    }
    const bytes = Math.min(chunk.length, this.#packetBytes - this.#tailBytes);
    this.#tail ??= takeTail(this.#packetBytes);
    this.#tail.set(chunk.subarray(0, bytes), this.#tailBytes);
    this.#tailBytes += bytes;
    this.#advance(chunk, bytes);
    return true;
  }

  #sendTail(): boolean {
    const bytes = Math.min(this.#sink.room(), this.#tailBytes);
    if (bytes === 0 || this.#tail === undefined) return false;
    this.#sink.send(this.#tail.subarray(0, bytes));
    this.#tail.copyWithin(0, bytes, this.#tailBytes);
    this.#tailBytes -= bytes;
    if (this.#tailBytes === 0) this.#giveTail();
    return true;
  }

  /** The sink has copied what it sent, so nothing looks at the buffer any more. */
  #giveTail(): void {
    if (this.#tail !== undefined && spareTails.length < spareTailsMax) spareTails.push(this.#tail);
    this.#tail = undefined;
  }

  #advance(chunk: Buffer, bytes: number): void {
    if (bytes === chunk.length) this.#pending.shift();
    else this.#pending[0] = chunk.subarray(bytes);
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(() => {
      this.#flushScheduled = false;
      this.pump();
    });
  }

  #settle(error?: Error): void {
    const waiting = [this.#done, this.#emptied];
    this.#done = undefined;
    this.#emptied = undefined;
    for (const done of waiting) done?.(error);
  }
}

function takeTail(bytes: number): Buffer {
  const tail = spareTails.pop();
  return tail !== undefined && tail.length >= bytes ? tail : Buffer.allocUnsafeSlow(bytes);
}
