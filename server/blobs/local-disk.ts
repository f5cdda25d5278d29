import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../domain/faults.ts';
import { DiskReserve } from './disk-reserve.ts';
import { call, codeOf, faulting, storageFault } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { LocalFile } from './local-file.ts';
import type { BlobFile, BlobStore } from './store.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = fs.constants;
const blobIdPattern = /^[0-9a-f]{32}$/;
const shardPattern = /^[0-9a-f]{2}$/;

/**
 * Blobs as files `<directory>/<first two digits>/<id>`, 0600 in directories of 0700. The directory is made if needed.
 *
 * @throws Fault `storage-full` or `storage-failed`
 */
export async function openLocalDisk(
  directory: string,
  fileSystem: FileSystem = fs,
): Promise<BlobStore> {
  const root = resolve(directory);
  await faulting(async () => {
    const firstMade = await call<string | undefined>((done) =>
      fileSystem.mkdir(root, { mode: 0o700, recursive: true }, done),
    );
    if (firstMade === undefined) return;
    for (let made = root; made.length >= firstMade.length; made = dirname(made)) {
      await syncDirectory(fileSystem, dirname(made));
    }
  });
  return new LocalDisk(root, fileSystem);
}

class LocalDisk implements BlobStore {
  readonly #root: string;
  readonly #fs: FileSystem;
  /** Shard directories whose own name is known to be durable, whoever made them. */
  readonly #durableShards = new Set<string>();
  readonly #reserve = new DiskReserve(() => this.space());

  constructor(root: string, fileSystem: FileSystem) {
    this.#root = root;
    this.#fs = fileSystem;
  }

  async create(blobId: string): Promise<BlobFile> {
    const shard = this.#shardOf(blobId);
    const path = join(this.#root, shard, blobId);
    const descriptor = await faulting(async () => {
      try {
        return await this.#open(path, O_RDWR | O_CREAT | O_EXCL);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
      await this.#makeShard(shard);
      return await this.#open(path, O_RDWR | O_CREAT | O_EXCL);
    });
    return new LocalFile(this.#fs, descriptor, () => this.#syncNames(shard));
  }

  async open(blobId: string, options: { readonly write: boolean }): Promise<BlobFile> {
    const shard = this.#shardOf(blobId);
    const path = join(this.#root, shard, blobId);
    try {
      const descriptor = await this.#open(path, options.write ? O_RDWR : O_RDONLY);
      // Whoever created the file may have died before its first sync, so the name counts as new here too.
      const syncNames = options.write ? () => this.#syncNames(shard) : null;
      return new LocalFile(this.#fs, descriptor, syncNames);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw storageFault(error);
      throw new Fault('content-corrupt', 'the stored content is missing', { cause: error });
    }
  }

  async remove(blobId: string): Promise<void> {
    const shard = join(this.#root, this.#shardOf(blobId));
    await faulting(async () => {
      await unlessMissing(call<void>((done) => this.#fs.unlink(join(shard, blobId), done)));
      // Also when the file was gone: whoever removed it may have died before this line.
      await unlessMissing(syncDirectory(this.#fs, shard));
    });
  }

  async *list(): AsyncIterable<string> {
    for (const shard of await this.#namesIn(this.#root)) {
      if (!shardPattern.test(shard)) continue;
      for (const name of await this.#namesIn(join(this.#root, shard))) {
        if (blobIdPattern.test(name) && name.startsWith(shard)) yield name;
      }
    }
  }

  admit(bytes: number): void {
    this.#reserve.admit(bytes);
  }

  async space(): Promise<{ readonly bytesTotal: number; readonly bytesFree: number }> {
    const { bsize, blocks, bavail } = await faulting(() =>
      call<{ bsize: number; blocks: number; bavail: number }>((done) =>
        this.#fs.statfs(this.#root, done),
      ),
    );
    return { bytesTotal: bsize * blocks, bytesFree: bsize * bavail };
  }

  #shardOf(blobId: string): string {
    if (!blobIdPattern.test(blobId)) throw new Fault('internal');
    return blobId.slice(0, 2);
  }

  #open(path: string, flags: number): Promise<number> {
    return call((done) => this.#fs.open(path, flags | O_NOFOLLOW, 0o600, done));
  }

  #namesIn(directory: string): Promise<string[]> {
    return faulting(() => call((done) => this.#fs.readdir(directory, done)));
  }

  async #makeShard(shard: string): Promise<void> {
    try {
      await call<string | undefined>((done) =>
        this.#fs.mkdir(join(this.#root, shard), { mode: 0o700, recursive: false }, done),
      );
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }

  async #syncNames(shard: string): Promise<void> {
    await syncDirectory(this.#fs, join(this.#root, shard));
    if (this.#durableShards.has(shard)) return;
    await syncDirectory(this.#fs, this.#root);
    this.#durableShards.add(shard);
  }
}

async function syncDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  const descriptor = await call<number>((done) =>
    fileSystem.open(path, O_RDONLY | O_DIRECTORY, 0, done),
  );
  try {
    await call<void>((done) => fileSystem.fsync(descriptor, done));
  } finally {
    await call<void>((done) => fileSystem.close(descriptor, done));
  }
}

async function unlessMissing(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
