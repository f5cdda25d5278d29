import { BlockCipher, blockBytes } from './block-cipher.ts';

/** The stored bytes of a blob that is whole and was never a file: as a partial has them, without a trailer. */
export function sealedBytes(blobId: string, dataKey: Uint8Array, plain: Buffer): Buffer {
  const cipher = new BlockCipher(blobId, dataKey);
  const parts: Buffer[] = [cipher.header];
  for (let index = 0; index * blockBytes < plain.length; index += 1) {
    const block = plain.subarray(index * blockBytes, (index + 1) * blockBytes);
    const { nonce, ciphertext, tag } = cipher.seal(index, block);
    parts.push(nonce, ciphertext, tag);
  }
  return Buffer.concat(parts);
}
