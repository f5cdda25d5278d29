import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const chunkBytes = 1024 * 1024;

export type Written = { readonly bytes: number; readonly sha256: string };

/**
 * The bytes of a file, as they are read. It is never one that a link names.
 *
 * @param inWords makes of a failure to read what is thrown for it: what fails where the bytes go is another thing
 */
export async function* readChunks(
  path: string,
  inWords: (failure: unknown) => unknown = (failure) => failure,
): AsyncIterable<Buffer> {
  const failed = (failure: unknown): never => {
    throw inWords(failure);
  };
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(failed);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes).catch(failed);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * Writes a new file (0600) whole or not at all, and to the disk; its name is durable only after `syncDirectory`. What is
 * there already under the name is replaced.
 *
 * @param check looks at the file before it gets its name; where it throws, what was there stays
 */
export async function writeWhole(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => undefined,
  check: (unfinished: string) => Promise<void> = async () => undefined,
): Promise<Written> {
  const unfinished = `${path}.unfinished`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    // A leftover of a run that was killed; nobody else writes here.
    await rm(unfinished, { force: true });
    const file = await open(unfinished, 'wx', 0o600);
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.writeFile(chunk);
        bytes += chunk.length;
        onBytes(chunk.length);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await check(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Whether a failure to read says that the bytes are not there. What else fails (no descriptors are left, no permission)
 * says nothing of them.
 */
function isLoss(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && ['ENOENT', 'EIO', 'ELOOP', 'ENOTDIR', 'EISDIR'].includes(code);
}

/** The bytes that a file should have are not there; the message says why. */
export class BytesLost extends Error {
  override readonly name = 'BytesLost';
}

/** A failure to read, as `BytesLost` where it is one. What else failed stays what it is. */
export function asLoss(failure: unknown): unknown {
  if (!isLoss(failure)) return failure;
  const { code, message } = failure as NodeJS.ErrnoException;
  return new BytesLost(code === 'ENOENT' ? 'it is missing' : message, { cause: failure });
}

/** What is under a name, without following a link; undefined where nothing is. */
export async function thereAt(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is in a file now. */
export async function measure(
  path: string,
  onBytes: (bytes: number) => void = () => undefined,
  inWords?: (failure: unknown) => unknown,
): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readChunks(path, inWords)) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(chunk.length);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The names in a directory survive a power cut once this resolves. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Writes a small file whole and makes it and its name durable. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeWhole(path, onePiece(Buffer.from(text)));
  await syncDirectory(dirname(path));
}

export async function* onePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

/**
 * `work` on every item, so many at a time; results in the order of the items. Once one has failed no other begins, and
 * those under way are waited for before the first failure is thrown: nobody works on what the caller then cleans up.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length && failures.length === 0; index = next++) {
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
