/** How bytes stand in JSON, as their length: nothing else on the seam has a key of this name. */
const bytesKey = '$bytes';

/**
 * A value of the seam as JSON can carry it, its bytes beside it in the order of their places. JSON and not V8's own
 * serialisation between the processes: what a worker sends must not reach a native decoder (breaches.md, GoAnywhere
 * CVE-2023-0669). What holds no bytes is not copied.
 */
export function pack(value: unknown, bytes: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    bytes.push(Buffer.from(value));
    return { [bytesKey]: value.length };
  }
  if (Array.isArray(value)) return packItems(value, bytes);
  let copy: Record<string, unknown> | undefined;
  const items = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(items)) {
    const item = items[key];
    if (typeof item !== 'object' || item === null) continue;
    const packed = pack(item, bytes);
    if (packed !== item) (copy ??= { ...items })[key] = packed;
  }
  return copy ?? value;
}

function packItems(items: readonly unknown[], bytes: Uint8Array[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (typeof item !== 'object' || item === null) continue;
    const packed = pack(item, bytes);
    if (packed !== item) (copy ??= items.slice())[index] = packed;
  }
  return copy ?? items;
}

/** Bytes that came beside JSON, taken in order. */
export class BytesBeside {
  #left: Buffer;

  constructor(bytes: Buffer) {
    this.#left = bytes;
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  /** A copy: what is kept of a message must not keep the rest of it. @throws RangeError where there are fewer */
  take(length: number): Buffer {
    if (!Number.isInteger(length) || length < 0 || length > this.#left.length)
      throw new RangeError('bytes that did not come');
    const taken = Buffer.from(this.#left.subarray(0, length));
    this.#left = this.#left.subarray(length);
    return taken;
  }
}

/** What was packed; `value` is fresh from JSON and is changed in place. @throws RangeError */
export function unpack(value: unknown, beside: BytesBeside): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const items = value as Record<string, unknown>;
  const length = items[bytesKey];
  if (typeof length === 'number') return beside.take(length);
  for (const key of Object.keys(items)) {
    const item = items[key];
    if (typeof item === 'object' && item !== null) items[key] = unpack(item, beside);
  }
  return value;
}
