import { Fault } from '../domain/faults.ts';

/** Reads the fields of one message. @throws Fault `message-malformed` past its end */
export class WireReader {
  #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** An unsigned 64-bit integer. @throws Fault `range-invalid` beyond 2^53 - 1 */
  u64(): number {
    const value = this.#bytes.readBigUInt64BE(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Fault('range-invalid', 'the offset or length is beyond 8 PiB');
    return Number(value);
  }

  /** A `string`: a view on the message, valid until the next one is read. */
  string(): Buffer {
    const length = this.u32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    return this.string().toString('utf8');
  }

  /** Nothing can be read any more. */
  close(): void {
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.remaining)
      throw new Fault('message-malformed', 'the message is shorter than its fields say');
    this.#at = start + length;
    return start;
  }
}

/** Builds a message; `finish` puts the length word in front. */
export class WireWriter {
  #bytes: Buffer;
  #length = 4;

  constructor(type: number, sizeHint = 256) {
    this.#bytes = Buffer.allocUnsafe(sizeHint + 5);
    this.u8(type);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  u64(value: number): this {
    const at = this.#reserve(8);
    // Not as a BigInt: each is made anew, and a listing has one for each entry.
    this.#bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
    this.#bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
    return this;
  }

  string(value: string | Uint8Array): this {
    if (typeof value !== 'string') return this.u32(value.byteLength).raw(value);
    const length = Buffer.byteLength(value);
    this.u32(length);
    const at = this.#reserve(length);
    this.#bytes.write(value, at);
    return this;
  }

  raw(value: Uint8Array): this {
    const at = this.#reserve(value.byteLength);
    this.#bytes.set(value, at);
    return this;
  }

  /** Overwrites the 32-bit integer at `at`: for a count that is known last. */
  patchU32(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at);
  }

  finish(): Buffer {
    this.#bytes.writeUInt32BE(this.#length - 4, 0);
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + bytes));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = at + bytes;
    return at;
  }
}
