/**
 * The same bytes in memory of no more than twice their length: a small view would keep a whole socket buffer, and a
 * client can send 4 KiB to be kept with 60 KiB of IGNORE in one segment, again and again.
 */
export function compact(data: Buffer): Buffer {
  if (data.buffer.byteLength <= 2 * data.length) return data;
  const copy = Buffer.allocUnsafeSlow(data.length);
  data.copy(copy);
  return copy;
}
