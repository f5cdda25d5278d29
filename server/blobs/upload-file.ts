import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { unmetered, type MemoryUse } from '../memory/budget.ts';
import { blocksEnd, type BlockCipher } from './block-cipher.ts';
import { EarlyFile } from './early-file.ts';
import { finishedBytes } from './inline-content.ts';
import { checkHeader } from './published-tags.ts';
import type { BlobFile, BlobStore } from './store.ts';

export type FileOptions = {
  readonly memory?: MemoryUse;
  /** What has at most so many bytes makes no file: its stored bytes are `content`. Default: everything is a file. */
  readonly inlineBytesMax?: number;
};

/** The file of a new upload, empty. @throws Fault `storage-full` or `storage-failed` */
export async function newFile(
  store: BlobStore,
  blob: BlobGrant,
  options: FileOptions,
): Promise<BlobFile> {
  const makeFile = () => store.create(blob.blobId);
  return options.inlineBytesMax === undefined
    ? makeFile()
    : earlyFile(store, makeFile, blob, options);
}

/** The file of a partial: what the database has of it, or else what is on the disk. @throws Fault */
export async function formerFile(
  store: BlobStore,
  blob: BlobGrant,
  options: FileOptions,
): Promise<BlobFile> {
  if (blob.content === null) return store.open(blob.blobId, { write: true });
  const makeFile = async () => {
    // A worker that died may have left one: beside what the database has it is nothing.
    await store.remove(blob.blobId);
    return store.create(blob.blobId);
  };
  return earlyFile(store, makeFile, blob, options);
}

function earlyFile(
  store: BlobStore,
  makeFile: () => Promise<BlobFile>,
  { blobId, content }: BlobGrant,
  { inlineBytesMax = 0, memory = unmetered }: FileOptions,
): EarlyFile {
  const removeFile = () => store.remove(blobId);
  const bytesMax = finishedBytes(inlineBytesMax);
  return new EarlyFile({ makeFile, removeFile, memory, bytesMax, content });
}

/**
 * Throws away what is behind the first `size` bytes of plaintext.
 *
 * @returns bytes to go on from, or null when not even the header had to be there yet
 * @throws Fault `content-corrupt` when they are fewer or another's
 */
export async function prepareResume(
  file: BlobFile,
  cipher: BlockCipher,
  size: number,
): Promise<number | null> {
  if (size === 0) {
    await file.truncate(0);
    return null;
  }
  await checkHeader(file, cipher);
  const end = blocksEnd(size);
  const found = await file.size();
  if (found < end) throw new Fault('content-corrupt');
  if (found > end) await file.truncate(end);
  return size;
}
