/** Random bytes that an id takes. */
export const idRandomBytes = 10;

/**
 * The id of a row of which there are ever more: 12 hex digits of milliseconds since the epoch and 20 random ones, the
 * layout of RFC 9562 section 5.7 with all of the rest random. Rows that come together then lie together in every index,
 * however many there are; 80 random bits still tell apart and are not guessed.
 */
export function timeOrderedId(nowMs: number, random: Uint8Array): string {
  return `${nowMs.toString(16).padStart(12, '0')}${Buffer.from(random).toString('hex')}`;
}

/**
 * The same behind two random digits, which is what spreads blobs over the shard directories (docs/ARCHITECTURE.md):
 * 256 places in an index where rows are added, not one for each row.
 */
export function spreadId(nowMs: number, random: Uint8Array): string {
  const digits = timeOrderedId(nowMs, random);
  return `${digits.slice(-2)}${digits.slice(0, -2)}`;
}
