import { damagedKey } from './key-faults.ts';

/** Reads the data types of RFC 4251 section 5, and nothing past the end. */
export class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws Fault `field-invalid` */
  byte(): number {
    return this.#take(1)[0]!;
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** @throws Fault `field-invalid` */
  uint32(): number {
    return this.#take(4).readUInt32BE(0);
  }

  /** @throws Fault `field-invalid` */
  uint64(): bigint {
    return this.#take(8).readBigUInt64BE(0);
  }

  /** @throws Fault `field-invalid` */
  string(): Buffer {
    return this.#take(this.uint32());
  }

  /** The magnitude of a canonical mpint above zero: no needless leading byte, sign bit clear. */
  positiveInteger(): Buffer {
    const bytes = this.string();
    const first = bytes[0];
    if (first === undefined || first >= 0x80) throw damagedKey('a number is not positive');
    if (first !== 0) return bytes;
    if ((bytes[1] ?? 0) < 0x80) throw damagedKey('a number is not in its shortest form');
    return bytes.subarray(1);
  }

  end(): void {
    if (!this.atEnd) throw damagedKey('bytes follow its end');
  }

  #take(size: number): Buffer {
    const end = this.#offset + size;
    if (end > this.#bytes.length) throw damagedKey('it is cut short');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
