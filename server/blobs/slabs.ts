import { blocksPerBatch, sealedBlockBytes } from './block-cipher.ts';

const slabBytes = blocksPerBatch * sealedBlockBytes;
const slabsKeptMax = 8;
const slabs: Buffer[] = [];

/**
 * A buffer of `bytes` to read sealed blocks into. Large ones come from a pool, as fresh pages cost a fault each; the
 * pool only ever holds ciphertext.
 */
export function takeSlab(bytes: number): Buffer {
  if (bytes <= slabBytes / 4 || bytes > slabBytes) return Buffer.allocUnsafeSlow(bytes);
  return (slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes)).subarray(0, bytes);
}

/** Only when nothing reads into the slab or looks at it any more. */
export function giveSlab(slab: Buffer): void {
  if (slab.buffer.byteLength !== slabBytes || slabs.length >= slabsKeptMax) return;
  slabs.push(Buffer.from(slab.buffer));
}
