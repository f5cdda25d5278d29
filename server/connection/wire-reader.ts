/** Reads the data types of RFC 4251 section 5; every reading past the end is undefined, and stays so. */
export class WireReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  boolean(): boolean | undefined {
    if (this.#offset >= this.#bytes.length) return this.#fail();
    return this.#bytes[this.#offset++] !== 0;
  }

  uint32(): number | undefined {
    if (this.#offset + 4 > this.#bytes.length) return this.#fail();
    this.#offset += 4;
    return this.#bytes.readUInt32BE(this.#offset - 4);
  }

  /** A view, not a copy. */
  string(): Buffer | undefined {
    if (this.#offset + 4 > this.#bytes.length) return this.#fail();
    const start = this.#offset + 4;
    const end = start + this.#bytes.readUInt32BE(this.#offset);
    if (end > this.#bytes.length) return this.#fail();
    this.#offset = end;
    return this.#bytes.subarray(start, end);
  }

  /** Text with whatever is not UTF-8 replaced. */
  text(): string | undefined {
    return this.string()?.toString('utf8');
  }

  #fail(): undefined {
    this.#offset = this.#bytes.length + 1;
    return undefined;
  }
}
