import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import {
  BlockCipher,
  blockBytes,
  blockPosition,
  blocksPerBatch,
  headerBytes,
  sealBytes,
  sealedBlockBytes,
  tagBytes,
} from './block-cipher.ts';
import { checkHeader, chunkCount, digestBytes } from './published-tags.ts';
import { MemoryFile } from './memory-file.ts';
import { giveSlab, takeSlab } from './slabs.ts';
import type { BlobFile, BlobStore } from './store.ts';

/**
 * For an upload that a crash cut off: how many bytes of plaintext from the start are in blocks that verify and were
 * written whole. They are durable when this resolves. Hand the number to `ContentWriter.reopen` as the size.
 * 0 also when there is no such blob: the crash may have come before it was made.
 *
 * @throws Fault `storage-full` or `storage-failed` when the disk cannot be read or synced
 */
export async function verifiedPrefix(
  store: BlobStore,
  blob: Pick<BlobGrant, 'blobId' | 'dataKey' | 'content'>,
): Promise<number> {
  const cipher = new BlockCipher(blob.blobId, blob.dataKey);
  if (blob.content !== null) return verifiedPrefixOf(new MemoryFile(blob.content), cipher);
  const file = await openIfThere(store, blob.blobId);
  if (file === null) return 0;
  try {
    // Before the look: a kill leaves pages that only a later power loss would take away.
    await file.sync();
    return await verifiedPrefixOf(file, cipher);
  } finally {
    await file.close();
  }
}

async function openIfThere(store: BlobStore, blobId: string): Promise<BlobFile | null> {
  try {
    return await store.open(blobId, { write: true });
  } catch (error) {
    if (error instanceof Fault && error.code === 'content-corrupt') return null;
    throw error;
  }
}

/** The same for a file that is open. */
export async function verifiedPrefixOf(file: BlobFile, cipher: BlockCipher): Promise<number> {
  const fileBytes = await file.size();
  if (fileBytes < headerBytes || !(await hasHeader(file, cipher))) return 0;
  const slab = takeSlab(Math.min(fileBytes, blocksPerBatch * sealedBlockBytes));
  for (let first = 0; ; first += blocksPerBatch) {
    const found = await file.read(blockPosition(first), slab);
    for (let offset = 0; offset < blocksPerBatch; offset += 1) {
      const rest = slab.subarray(offset * sealedBlockBytes, found);
      const index = first + offset;
      if (verifies(cipher, index, rest, blockBytes)) continue;
      giveSlab(slab);
      return index * blockBytes + lastLength(cipher, index, rest, fileBytes);
    }
  }
}

/** Bytes of a short last block: one that ends the file, or one that ends where a finished file's trailer starts. */
function lastLength(cipher: BlockCipher, index: number, rest: Buffer, fileBytes: number): number {
  const toEnd = fileBytes - blockPosition(index) - sealBytes;
  const trailer = (index + 1) * tagBytes + chunkCount(index + 1) * digestBytes;
  for (const length of [toEnd, toEnd - trailer]) {
    if (length < blockBytes && verifies(cipher, index, rest, length)) return length;
  }
  return 0;
}

function verifies(cipher: BlockCipher, index: number, rest: Buffer, length: number): boolean {
  if (length < 1 || rest.length < length + sealBytes) return false;
  try {
    cipher.unseal(index, rest.subarray(0, length + sealBytes));
    return true;
  } catch {
    return false;
  }
}

async function hasHeader(file: BlobFile, cipher: BlockCipher): Promise<boolean> {
  try {
    await checkHeader(file, cipher);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'content-corrupt') return false;
    throw error;
  }
}
