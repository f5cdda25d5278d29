/** Puts the next bytes of an outbox into a packet at `at`: exactly as many as it was asked to send. */
export type FillPacket = (packet: Buffer, at: number) => void;

/** Where the packets of an outbox go. */
export interface PacketSink {
  /** Bytes that may go into the next packet now; 0 while window, socket or key exchange forbid. */
  room(): number;
  /** Calls `fill` at once. */
  send(bytes: number, fill: FillPacket): void;
}

type Done = (error?: Error | null) => void;

/**
 * The writable side of a channel. What is written goes into full packets, copied once; what is too little for one waits
 * for the end of the turn of the event loop, so that many small replies share a packet. Chunks belong to the outbox from
 * `write` on. `done` is called when all but the rest of a packet is sent; while there is no room it waits, and that is
 * the back-pressure.
 */
export class Outbox {
  readonly #packetBytes: number;
  readonly #sink: PacketSink;
  #pending: Buffer[] = [];
  /** The first pending chunk that is not sent, and how much of it is. */
  #head = 0;
  #headBytesSent = 0;
  #pendingBytes = 0;
  #done: Done | undefined;
  #emptied: Done | undefined;
  #flushScheduled = false;
  #closed = false;
  readonly #fill: FillPacket = (packet, at) => this.#fillFrom(packet, at);
  #packetEnd = 0;

  constructor(packetBytes: number, sink: PacketSink) {
    this.#packetBytes = packetBytes;
    this.#sink = sink;
  }

  write(chunks: readonly Buffer[], done: Done): void {
    if (this.#closed) {
      done();
      return;
    }
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
    }
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
    this.#drop();
    this.#settle(error);
  }

  #pump(flush: boolean): void {
    const enough = flush ? 1 : this.#packetBytes;
    while (this.#pendingBytes >= enough) {
      const bytes = Math.min(this.#sink.room(), this.#pendingBytes);
      if (bytes === 0) return;
      this.#packetEnd = bytes;
      this.#sink.send(bytes, this.#fill);
      // What is sent may end the connection, and with it this.
      if (this.#closed) return;
    }
    if (this.#pendingBytes === 0) {
      this.#drop();
      if (this.#emptied !== undefined) {
        this.#settle();
        return;
      }
    } else {
      this.#scheduleFlush();
    }
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }

  #fillFrom(packet: Buffer, at: number): void {
    const end = at + this.#packetEnd;
    for (let position = at; position < end;) {
      const chunk = this.#pending[this.#head]!;
      const from = this.#headBytesSent;
      const to = Math.min(chunk.length, from + end - position);
      chunk.copy(packet, position, from, to);
      position += to - from;
      this.#headBytesSent = to;
      if (to === chunk.length) {
        this.#head += 1;
        this.#headBytesSent = 0;
      }
    }
    this.#pendingBytes -= this.#packetEnd;
    // Dropping the sent ones now and then costs each chunk a constant; shift() costs the whole list each time.
    if (this.#head * 2 < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#head);
    this.#head = 0;
  }

  #drop(): void {
    this.#pending = [];
    this.#head = 0;
    this.#headBytesSent = 0;
    this.#pendingBytes = 0;
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
