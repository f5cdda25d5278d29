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
    const value = this.#bytes[this.#offset];
    if (value === undefined) throw damagedKey('it is cut short');
    this.#offset += 1;
    return value;
  }

  /** @throws Fault `field-invalid` */
  string(): Buffer {
    const start = this.#offset + 4;
    if (start > this.#bytes.length) throw damagedKey('it is cut short');
    const end = start + this.#bytes.readUInt32BE(this.#offset);
    if (end > this.#bytes.length) throw damagedKey('it is cut short');
    this.#offset = end;
    return this.#bytes.subarray(start, end);
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
    if (this.#offset !== this.#bytes.length) throw damagedKey('bytes follow its end');
  }
}
