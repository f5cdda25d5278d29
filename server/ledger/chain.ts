import { createHash } from 'node:crypto';

/** What the first row has as its `prev`. */
export const chainStart = Buffer.alloc(32);

/** `SHA-256(0x00 || prev || u64 seq || body)`: the leaf prefix keeps rows apart from the Merkle nodes of RFC 6962. */
export function rowHash(prev: Uint8Array, seq: number, body: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeBigUInt64BE(BigInt(seq), 1);
  return createHash('sha256')
    .update(head.subarray(0, 1))
    .update(prev)
    .update(head.subarray(1))
    .update(body)
    .digest();
}
