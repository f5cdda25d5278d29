import fs from 'node:fs';
import { join } from 'node:path';
import { finishedBytes } from '../../server/blobs/inline-content.ts';
import { LocalFile } from '../../server/blobs/local-file.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import type { Vault } from '../../server/files/vault.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { nameOf, problemOfContent } from '../stored-content.ts';
import type { ContentProblem, StoredBlob } from '../stored-content.ts';
import {
  asLoss,
  BytesLost,
  mapLimited,
  measure,
  readChunks,
  syncDirectory,
  thereAt,
  writeWhole,
} from './files.ts';
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

  /**
   * Copies what is in files and not there yet; lines for all of those, in the same order. What is in the database is read
   * there: it comes with the snapshot, good or bad.
   */
  async page(published: readonly StoredBlob[], known: KnownBlobs): Promise<readonly BlobLine[]> {
    const wanted: { blob: StoredBlob; before: BlobLine | undefined }[] = [];
    const inline: StoredBlob[] = [];
    for (const blob of published) {
      this.files.count += 1;
      this.files.bytes += blob.size;
      if (blob.inFile) wanted.push({ blob, before: await known.find(blob.id) });
      else inline.push(blob);
    }
    await mapLimited(inline, lanes, async (blob) => {
      const problem = await this.#problemOf(blob, this.#parts.store);
      if (problem !== undefined) await this.#noteDamaged(blob, problem.text);
    });
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
    const { repository, store, verifyAll, onBytes } = this.#parts;
    const path = repository.pathOfBlob(blob.id);
    const bytes = finishedBytes(blob.size);
    const there = await thereAt(path);
    if (there !== undefined && !there.isFile()) throw notOurs(path);
    if (there?.size === bytes) {
      // Whoever copied it may have been killed before its name was durable.
      this.#shards.add(repository.shardOf(blob.id));
      if (before?.bytes === bytes && !verifyAll) {
        onBytes(bytes + blob.size);
        return before;
      }
      const { sha256 } = await measure(path, onBytes).catch((error: unknown) => {
        throw unread(path, error as Error, moveCopyAway);
      });
      const problem = await this.#problemOf(blob, store, path);
      if (problem === undefined) return { id: blob.id, bytes, sha256 };
      if (problem.kind === 'key-unusable') return this.#noteDamaged(blob, problem.text);
    }
    return this.#copy(blob, path);
  }

  /** What is there already is replaced by what was read back and is right, and by nothing else. */
  async #copy(blob: StoredBlob, path: string): Promise<BlobLine | null> {
    const { source, repository, onBytes } = this.#parts;
    this.#shards.add(await repository.makeShard(blob.id));
    try {
      const from = join(source, blob.id.slice(0, 2), blob.id);
      const chunks = readChunks(from, (failure) => {
        const cause = asLoss(failure);
        return cause instanceof BytesLost ? cause : unread(from, cause as Error);
      });
      const { bytes, sha256 } = await writeWhole(path, chunks, onBytes, async (unfinished) => {
        const problem = await this.#problemOf(blob, storeOf(unfinished));
        if (problem !== undefined) throw new BytesLost(problem.text);
      });
      this.added.count += 1;
      this.added.bytes += bytes;
      return { id: blob.id, bytes, sha256 };
    } catch (error) {
      // What the installation itself has is not what came in.
      if (!(error instanceof BytesLost)) throw error;
      return this.#noteDamaged(blob, error.message);
    }
  }

  async #noteDamaged(blob: StoredBlob, problem: string): Promise<null> {
    this.damaged.push(blob.id);
    const name = await nameOf(this.#parts.database, blob.id);
    this.problems.push(`content ${blob.id}${name}: ${problem}`);
    return null;
  }

  /** @throws CliFailure where it cannot be read now, which says nothing of what it is */
  async #problemOf(
    blob: StoredBlob,
    store: Pick<BlobStore, 'open'>,
    copy?: string,
  ): Promise<ContentProblem | undefined> {
    const { database, vault, onBytes } = this.#parts;
    const problem = await problemOfContent(database, store, vault, blob, onBytes);
    if (problem?.kind === 'unread')
      throw copy === undefined
        ? unread(`content ${blob.id}`, new Error(problem.text))
        : unread(copy, new Error(problem.text), moveCopyAway);
    return problem;
  }
}

/** A store of one file, whatever it is called. */
function storeOf(path: string): Pick<BlobStore, 'open'> {
  const { O_NOFOLLOW, O_RDONLY } = fs.constants;
  return { open: async () => new LocalFile(fs, fs.openSync(path, O_RDONLY | O_NOFOLLOW), null) };
}

/** @param todo what else is to be done, of a file in the repository */
function unread(path: string, { message }: Error, todo: readonly string[] = []): CliFailure {
  return new CliFailure(exitCodes.failed, `${path} cannot be read: ${message}`, [
    'take the backup again once it can be; nothing that was there is changed',
    ...todo,
  ]);
}

/** Only of a copy: what it is a copy of stays where it is. */
const moveCopyAway = [
  'where its disk is faulty, move the file away, and the next backup copies it again',
];

function notOurs(path: string): CliFailure {
  return new CliFailure(exitCodes.failed, `${path} is not a file that a backup wrote`, [
    'see what it is, and move it away',
  ]);
}
