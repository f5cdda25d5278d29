import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import { unmetered, type MemoryUse } from '../memory/budget.ts';
import { compact } from '../memory/compact.ts';

const lengthBytes = 4;

/** Chunks below this size are put together as they come, so that a message of one-byte packets costs its bytes. */
const smallChunkBytes = 1024;
const gatheredBytes = 4 * smallChunkBytes;

/** Buffers to put messages together in, while no channel does. */
const spareScratches: Buffer[] = [];
const spareScratchesMax = 8;

/** Bytes of the channel in the order they came; `bytes` may have room behind `end` for more small ones. */
type Piece = { bytes: Buffer; end: number };

/**
 * Cuts the channel's bytes into messages without holding more than what was pushed and one message. The work for a chunk
 * does not depend on how many are waiting: a client that sends one byte a packet gets no more than its share.
 */
export class Framing {
  readonly #memory: MemoryUse;
  #pieces: Piece[] = [];
  /** Index of the first piece that still has bytes, and where they begin in it. */
  #head = 0;
  #offset = 0;
  #buffered = 0;
  /** Length of the message that is coming in, once its length word is there. */
  #awaited: number | undefined;
  /** Every message that does not lie in one piece is put together here; it is used up before the next is asked for. */
  #scratch: Buffer | undefined;

  constructor(memory: MemoryUse = unmetered) {
    this.#memory = memory;
  }

  /** A message has begun and is not all there. */
  get isAwaiting(): boolean {
    return this.#buffered > 0 || this.#awaited !== undefined;
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#buffered += chunk.length;
    this.#memory.charge(chunk.length);
    let last = this.#pieces.at(-1);
    if (chunk.length >= smallChunkBytes) {
      // No more small ones come to it.
      if (last !== undefined) last.bytes = compact(last.bytes.subarray(0, last.end));
      this.#pieces.push({ bytes: compact(chunk), end: chunk.length });
      return;
    }
    const fits =
      last !== undefined &&
      last.bytes.length === gatheredBytes &&
      gatheredBytes - last.end >= chunk.length;
    if (last === undefined || !fits) {
      last = { bytes: Buffer.allocUnsafeSlow(gatheredBytes), end: 0 };
      this.#pieces.push(last);
    }
    last.end += chunk.copy(last.bytes, last.end);
  }

  /**
   * The next whole message without its length word, valid until the next call; undefined while it is incomplete.
   *
   * @throws Fault `message-malformed` when the length word is impossible: nothing after it can be trusted
   */
  next(): Buffer | undefined {
    if (this.#awaited === undefined) {
      if (this.#buffered < lengthBytes) return undefined;
      const length = this.#take(lengthBytes).readUInt32BE(0);
      if (length === 0 || length > limits.sftpMessageBytesMax) {
        throw new Fault(
          'message-malformed',
          `a message may have 1 to ${limits.sftpMessageBytesMax} bytes, not ${length}`,
        );
      }
      this.#awaited = length;
    }
    if (this.#buffered < this.#awaited) return undefined;
    const message = this.#take(this.#awaited);
    this.#awaited = undefined;
    return message;
  }

  /** No message is in use: the buffer for putting them together serves another channel. */
  rest(): void {
    if (this.#scratch === undefined) return;
    if (spareScratches.length < spareScratchesMax) spareScratches.push(this.#scratch);
    this.#scratch = undefined;
  }

  /** The channel is over: nothing of it is asked for any more. */
  end(): void {
    this.rest();
    this.#memory.release(this.#buffered);
    this.#buffered = 0;
    this.#pieces = [];
    this.#head = 0;
    this.#offset = 0;
  }

  #take(length: number): Buffer {
    this.#buffered -= length;
    this.#memory.release(length);
    const first = this.#pieces[this.#head]!;
    if (first.end - this.#offset >= length) {
      const view = first.bytes.subarray(this.#offset, this.#offset + length);
      this.#advance(length);
      return view;
    }
    const scratch = (this.#scratch ??=
      spareScratches.pop() ?? Buffer.allocUnsafeSlow(limits.sftpMessageBytesMax));
    for (let filled = 0; filled < length;) {
      const piece = this.#pieces[this.#head]!;
      const part = Math.min(length - filled, piece.end - this.#offset);
      piece.bytes.copy(scratch, filled, this.#offset, this.#offset + part);
      filled += part;
      this.#advance(part);
    }
    return scratch.subarray(0, length);
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset < this.#pieces[this.#head]!.end) return;
    this.#offset = 0;
    this.#head += 1;
    // Dropping the used ones now and then costs each piece a constant; shift() costs the whole list each time.
    if (this.#head * 2 >= this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }
}
