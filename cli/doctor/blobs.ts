import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import type { Config } from '../../server/config.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { createVault } from '../../server/files/vault.ts';
import { nameOf, problemOfContent, storedBlobs } from '../stored-content.ts';
import { formatSize } from '../units.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** A broken disk should not print a million lines. */
const shownMax = 20;

/** That the bytes of every file are there, and with `deep` that they are the ones that came in. */
export async function* examineBlobs(
  config: Config,
  database: OpenDatabase,
  masterKey: Buffer | undefined,
  deep: boolean,
): AsyncIterable<Finding> {
  const directory = join(config.dataDirectory, 'blobs');
  const store = existsSync(directory) ? await openLocalDisk(directory) : undefined;
  const unclaimed = new Set<string>();
  if (store !== undefined) for await (const id of store.list()) unclaimed.add(id);

  const vault = masterKey === undefined ? undefined : createVault(masterKey);
  const problems: string[] = [];
  let files = 0;
  let bytes = 0;
  for await (const blob of eachOf(storedBlobs(database))) {
    const there = blob.inFile ? unclaimed.delete(blob.id) : true;
    if (blob.state !== 'published') continue;
    files += 1;
    bytes += blob.size;
    if (!there)
      problems.push(
        `content ${blob.id}${await nameOf(database, blob.id)} is missing (${formatSize(blob.size)})`,
      );
    else if (deep && store !== undefined && vault !== undefined) {
      const problem = await problemOfContent(database, store, vault, blob);
      if (problem !== undefined)
        problems.push(`content ${blob.id}${await nameOf(database, blob.id)}: ${problem.text}`);
    }
  }
  for (const problem of problems.slice(0, shownMax))
    yield finding('fail', 'content', problem, 'restore it from a backup');
  if (problems.length > shownMax)
    yield finding(
      'fail',
      'content',
      `and ${problems.length - shownMax} more`,
      'restore them from a backup',
    );
  if (deep && vault === undefined)
    yield finding(
      'skip',
      'content',
      'nothing can be read without the right master key',
      'see master-key',
    );
  else if (problems.length === 0) {
    const checked = deep
      ? 'all read, and each is what came in'
      : 'all there; --deep also reads them';
    yield finding('ok', 'content', `${files} files, ${formatSize(bytes)}: ${checked}`);
  }
  if (unclaimed.size > 0) {
    yield finding(
      'warn',
      'content',
      `${unclaimed.size} stored pieces belong to no file`,
      'left over from a crash, or the disk did not let go of them; the next start of the server sweeps them',
    );
  }
}

async function* eachOf<T>(pages: AsyncIterable<readonly T[]>): AsyncIterable<T> {
  for await (const page of pages) yield* page;
}
