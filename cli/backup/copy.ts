import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { finishedBytes } from '../../server/blobs/inline-content.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import type { Vault } from '../../server/files/vault.ts';
import { nameOf, problemOfContent } from '../stored-content.ts';
import type { StoredBlob } from '../stored-content.ts';
import { mapLimited, measure, readChunks, syncDirectory, writeWhole } from './files.ts';
import type { BlobLine, KnownBlobs } from './parts.ts';
import type { Repository } from './repository.ts';

/** Files copied at a time: each waits for the disk at its end. */
const lanes = 4;

type CopyParts = {
  /** The server's blobs. */
  readonly source: string;
  readonly repository: Repository;
  /** The snapshot. */
  readonly database: OpenDatabase;
  /** The repository's blobs. */
  readonly store: BlobStore;
  readonly vault: Vault;
  readonly verifyAll: boolean;
  /** Told of every byte that was copied, and of every one that was read back. */
  readonly onBytes: (bytes: number) => void;
};

/** Brings the blobs of a snapshot into the repository, and counts them. */
export class BlobCopy {
  readonly #parts: CopyParts;
  readonly #shards = new Set<string>();
  readonly files = { count: 0, bytes: 0 };
  readonly blobs = { count: 0, bytes: 0 };
  readonly added = { count: 0, bytes: 0 };
  readonly damaged: string[] = [];
  readonly problems: string[] = [];

  constructor(parts: CopyParts) {
    this.#parts = parts;
  }

  /** Copies what is in files and not there yet; lines for all of those, in the same order. */
  async page(published: readonly StoredBlob[], known: KnownBlobs): Promise<readonly BlobLine[]> {
    const wanted: { blob: StoredBlob; before: BlobLine | undefined }[] = [];
    for (const blob of published) {
      this.files.count += 1;
      this.files.bytes += blob.size;
      if (blob.inFile) wanted.push({ blob, before: await known.find(blob.id) });
    }
    const lines = await mapLimited(wanted, lanes, ({ blob, before }) => this.#bring(blob, before));
    const there = lines.filter((line) => line !== null);
    this.blobs.count += there.length;
    this.blobs.bytes += there.reduce((sum, { bytes }) => sum + bytes, 0);
    return there;
  }

  /** The names of what was copied survive a power cut once this resolves. */
  async sync(): Promise<void> {
    for (const shard of this.#shards) await syncDirectory(shard);
    await syncDirectory(this.#parts.repository.blobsDirectory);
  }

  /** Null for what is damaged in the installation itself. */
  async #bring(blob: StoredBlob, before: BlobLine | undefined): Promise<BlobLine | null> {
    const { repository, verifyAll, onBytes } = this.#parts;
    const path = repository.pathOfBlob(blob.id);
    const bytes = finishedBytes(blob.size);
    if ((await sizeOf(path)) === bytes) {
      if (before?.bytes === bytes && !verifyAll) {
        onBytes(bytes + blob.size);
        return before;
      }
      const { sha256 } = await measure(path, onBytes);
      if ((await this.#problemOf(blob)) === undefined) return { id: blob.id, bytes, sha256 };
    }
    return this.#copy(blob, path);
  }

  async #copy(blob: StoredBlob, path: string): Promise<BlobLine | null> {
    const { source, repository, database, onBytes } = this.#parts;
    const shard = repository.shardOf(blob.id);
    await mkdir(shard, { recursive: true, mode: 0o700 });
    this.#shards.add(shard);
    let problem: string | undefined;
    try {
      const chunks = fromSource(join(source, blob.id.slice(0, 2), blob.id));
      const { bytes, sha256 } = await writeWhole(path, chunks, onBytes);
      problem = await this.#problemOf(blob);
      if (problem === undefined) {
        this.added.count += 1;
        this.added.bytes += bytes;
        return { id: blob.id, bytes, sha256 };
      }
    } catch (error) {
      if (!(error instanceof SourceUnreadable)) throw error;
      problem = error.message;
    }
    await rm(path, { force: true });
    this.damaged.push(blob.id);
    this.problems.push(`content ${blob.id}${await nameOf(database, blob.id)}: ${problem}`);
    return null;
  }

  #problemOf(blob: StoredBlob): Promise<string | undefined> {
    const { database, store, vault, onBytes } = this.#parts;
    return problemOfContent(database, store, vault, blob, onBytes);
  }
}

class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
}

async function* fromSource(path: string): AsyncIterable<Uint8Array> {
  const chunks = readChunks(path)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((cause: unknown) => {
        const { code, message } = cause as NodeJS.ErrnoException;
        const why = code === 'ENOENT' ? 'it is missing' : message;
        throw new SourceUnreadable(why, { cause });
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
