/** A `string` of RFC 4251 section 5: its length as 32 bits, then its bytes; text goes as UTF-8. */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  const result = Buffer.allocUnsafe(4 + bytes.length);
  result.writeUInt32BE(bytes.length, 0);
  result.set(bytes, 4);
  return result;
}
