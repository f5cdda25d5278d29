import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  const names = await repository.list();
  const kept = names.slice(-keep);
  const removed = names.slice(0, -keep);
  const unlock = await repository.lock();
  try {
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

async function removeBlobs(repository: Repository, needed: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const shard of await readdir(repository.blobsDirectory)) {
    const directory = join(repository.blobsDirectory, shard);
    for (const name of await readdir(directory)) {
      if (needed.has(name)) continue;
      await rm(join(directory, name), { force: true });
      removed += 1;
    }
  }
  return removed;
}
