import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sealStream, unsealStream } from './sealed-stream.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** Of a sealed file: bytes and SHA-256, hex. */
export type SealedFile = { readonly bytes: number; readonly sha256: string };

const purpose = 'waybill ledger archive 1';

/** What `sealStream` made of an archive. @throws Error where a byte of it is another, or the key is */
export function openedArchive(masterKey: Uint8Array, name: string, sealed: Bytes) {
  return unsealStream(masterKey, { name, purpose }, sealed);
}

/** The sealed files of a directory. A name is in it once the whole file is durable. */
export class ArchiveFiles {
  readonly #directory: string;
  readonly #masterKey: Uint8Array;

  constructor(directory: string, masterKey: Uint8Array) {
    this.#directory = directory;
    this.#masterKey = masterKey;
  }

  /** Seals a file, and reads it again to see that it opens to the same. @throws what reading `plain` throws */
  async write(name: string, plain: Bytes): Promise<SealedFile> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const unfinished = `${this.#pathOf(name)}.part`;
    await rm(unfinished, { force: true });
    try {
      const [of, sealed] = [createHash('sha256'), createHash('sha256')];
      const chunks = sealStream(this.#masterKey, { name, purpose }, hashed(plain, of));
      const bytes = await writeAll(unfinished, hashed(chunks, sealed));
      const read = createHash('sha256');
      for await (const chunk of openedArchive(this.#masterKey, name, createReadStream(unfinished)))
        read.update(chunk);
      if (read.digest('hex') !== of.digest('hex'))
        throw new Error(`${name} does not hold what was written to it`);
      await rename(unfinished, this.#pathOf(name));
      await this.#sync();
      return { bytes, sha256: sealed.digest('hex') };
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  /** Whether it is still there, at least by its size. */
  async isThere(name: string, bytes: number): Promise<boolean> {
    const found = await stat(this.#pathOf(name)).catch(() => undefined);
    return found?.size === bytes;
  }

  /** Whether it is to the byte what was sealed. Reads all of it. */
  async isWhole(name: string, { bytes, sha256 }: SealedFile): Promise<boolean> {
    if (!(await this.isThere(name, bytes))) return false;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.#pathOf(name)) as Bytes) hash.update(chunk);
    return hash.digest('hex') === sha256;
  }

  #pathOf(name: string): string {
    return join(this.#directory, name);
  }

  async #sync(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

async function writeAll(path: string, chunks: Bytes): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

async function* hashed(chunks: Bytes, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
