/** How bytes stand in JSON: nothing else on the seam has a key of this name. */
const bytesKey = '$bytes';

/**
 * A value of the seam as JSON can carry it. JSON and not V8's own serialisation between the processes: what a worker
 * sends must not reach a native decoder (breaches.md, GoAnywhere CVE-2023-0669).
 */
export function pack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value;
    return { [bytesKey]: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(pack);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
}

export function unpack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unpack);
  const bytes = (value as Record<string, unknown>)[bytesKey];
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
}
