import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';

const lengthBytes = 4;

/** Cuts the channel's bytes into messages without holding more than what was pushed and one message. */
export class Framing {
  readonly #chunks: Buffer[] = [];
  /** Every message that does not lie in one chunk is put together here; it is used up before the next is asked for. */
  #scratch: Buffer | undefined;
  #buffered = 0;
  #offset = 0;

  get bufferedBytes(): number {
    return this.#buffered;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /**
   * The next whole message without its length word, valid until the next call; undefined while it is incomplete.
   *
   * @throws Fault `message-malformed` when the length word is impossible: nothing after it can be trusted
   */
  next(): Buffer | undefined {
    if (this.#buffered < lengthBytes) return undefined;
    const length = this.#peekLength();
    if (length === 0 || length > limits.sftpMessageBytesMax) {
      throw new Fault(
        'message-malformed',
        `a message may have 1 to ${limits.sftpMessageBytesMax} bytes, not ${length}`,
      );
    }
    if (this.#buffered < lengthBytes + length) return undefined;
    this.#take(lengthBytes);
    return this.#take(length);
  }

  #peekLength(): number {
    const first = this.#chunks[0]!;
    if (first.length - this.#offset >= lengthBytes) return first.readUInt32BE(this.#offset);
    let length = 0;
    let seen = 0;
    let skip = this.#offset;
    for (const chunk of this.#chunks) {
      for (let at = skip; at < chunk.length && seen < lengthBytes; at += 1, seen += 1)
        length = length * 256 + chunk[at]!;
      skip = 0;
    }
    return length;
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0]!;
    this.#buffered -= length;
    if (first.length - this.#offset >= length) {
      const view = first.subarray(this.#offset, this.#offset + length);
      this.#advance(length);
      return view;
    }
    const scratch = (this.#scratch ??= Buffer.allocUnsafe(limits.sftpMessageBytesMax));
    for (let filled = 0; filled < length;) {
      const chunk = this.#chunks[0]!;
      const part = Math.min(length - filled, chunk.length - this.#offset);
      chunk.copy(scratch, filled, this.#offset, this.#offset + part);
      filled += part;
      this.#advance(part);
    }
    return scratch.subarray(0, length);
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset < this.#chunks[0]!.length) return;
    this.#chunks.shift();
    this.#offset = 0;
  }
}
