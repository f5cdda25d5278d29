import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explained } from './failures.ts';
import { syncDirectory } from './files.ts';
import type { SealingKey } from './keys.ts';
import { manifestName } from './repository.ts';
import type { Repository } from './repository.ts';
import { blobLines, openBackup } from './parts.ts';

export type Pruned = {
  /** Names of the backups that are gone. */
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  /** Files that no backup speaks for any more, and that are gone. */
  readonly blobs: number;
};

const shardPattern = /^[0-9a-f]{2}$/;
/** A blob, or what a copy that was cut off left of it. */
const blobPattern = /^[0-9a-f]{32}(\.unfinished)?$/;

/**
 * Removes all backups but the newest, and then the blobs that none of those holds. Every one that stays is opened first:
 * what cannot be read could speak for anything.
 *
 * @param keep how many stay, 1 at least
 */
export async function pruneBackups(
  repository: Repository,
  sealing: SealingKey,
  keep: number,
): Promise<Pruned> {
  try {
    return await prune(repository, sealing, keep);
  } catch (error) {
    const todo = 'see that you may read and write there, and prune again: it goes on from there';
    const { directory } = repository;
    throw explained(error, { what: 'cannot prune', todo, room: { directory, todo } });
  }
}

async function prune(repository: Repository, sealing: SealingKey, keep: number): Promise<Pruned> {
  await repository.checkDirectories();
  const unlock = await repository.lock();
  try {
    // Only now: another command could have ended a backup, or removed some, until here.
    const names = await repository.list();
    const kept = names.slice(-keep);
    const removed = names.slice(0, -keep);
    const needed = new Set<string>();
    for (const name of kept) {
      const { backup } = await openBackup(repository, name, sealing);
      for await (const { id } of blobLines(backup)) needed.add(id);
    }
    for (const name of removed) {
      // First what makes a backup of it.
      await rm(join(repository.directoryOf(name), manifestName), { force: true });
      await syncDirectory(repository.directoryOf(name));
      await rm(repository.directoryOf(name), { recursive: true, force: true });
    }
    await repository.removeUnfinished();
    await syncDirectory(repository.backupsDirectory);
    return { removed, kept, blobs: await removeBlobs(repository, needed) };
  } finally {
    await unlock();
  }
}

/** What is not ours stays: no link is followed, and only names that a backup gives are looked at. */
async function removeBlobs(repository: Repository, needed: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const shard of await readdir(repository.blobsDirectory, { withFileTypes: true })) {
    if (!shard.isDirectory() || !shardPattern.test(shard.name)) continue;
    const directory = join(repository.blobsDirectory, shard.name);
    for (const name of await readdir(directory)) {
      if (!blobPattern.test(name) || !name.startsWith(shard.name) || needed.has(name)) continue;
      await rm(join(directory, name), { force: true });
      removed += 1;
    }
  }
  return removed;
}
