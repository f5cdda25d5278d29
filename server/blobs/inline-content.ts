import type { BlobGrant } from '../domain/grants.ts';
import { limits } from '../domain/limits.ts';
import type { MemoryUse } from '../memory/budget.ts';
import { blockCount, blocksEnd, tagBytes } from './block-cipher.ts';
import { MemoryFile } from './memory-file.ts';
import { chunkCount, digestBytes } from './published-tags.ts';
import type { BlobFile, BlobStore } from './store.ts';

/** Bytes of the finished file of `size` bytes of plaintext. */
export function finishedBytes(size: number): number {
  const blocks = blockCount(size);
  return blocksEnd(size) + blocks * tagBytes + chunkCount(blocks) * digestBytes;
}

/** The most that the database holds of one blob. */
export const inlineStoredBytesMax = finishedBytes(limits.inlineBytesMax);

/** Whether bytes that a worker sends can be the finished file of `size` bytes of plaintext. */
export function mayBeFinished(content: Uint8Array, size: number): boolean {
  return content.length <= inlineStoredBytesMax && content.length === finishedBytes(size);
}

/** Whether they can be a partial of `size` bytes; one of nothing has none. */
export function mayBePartial(content: Uint8Array, size: number): boolean {
  return (
    content.length <= inlineStoredBytesMax && content.length === (size === 0 ? 0 : blocksEnd(size))
  );
}

/** The partial that starts some stored bytes: a finished file's trailer is none of it. */
export function partialOf(content: Uint8Array, size: number): Uint8Array {
  return content.subarray(0, size === 0 ? 0 : blocksEnd(size));
}

/**
 * The stored bytes of a blob, to read: those that came with the grant, or else its file.
 *
 * @throws Fault `content-corrupt` when there is no such blob, or `storage-failed`
 */
export async function openStored(
  store: Pick<BlobStore, 'open'>,
  { blobId, content }: Pick<BlobGrant, 'blobId' | 'content'>,
  memory: MemoryUse,
): Promise<BlobFile> {
  return content === null ? store.open(blobId, { write: false }) : new MemoryFile(content, memory);
}
