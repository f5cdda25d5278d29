import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import type { LedgerEvent, Origin } from '../../server/domain/events.ts';
import { evidenceKeysFile } from '../../server/evidence-keys-file.ts';
import { giveUpAll } from '../../server/files/uploads.ts';
import { createLedger } from '../../server/ledger/ledger.ts';
import { createLedgerNames } from '../../server/ledger/names.ts';
import { ledgerHeadFile } from '../../server/ledger-head-file.ts';
import { unfinishedRestoreFile } from '../../server/setup.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import type { Progress } from '../progress.ts';
import { explained } from './failures.ts';
import {
  asLoss,
  measure,
  onePiece,
  readChunks,
  syncDirectory,
  writeText,
  writeWhole,
} from './files.ts';
import type { KeyFiles } from './key-files.ts';
import type { SealingKey } from './keys.ts';
import type { Manifest } from './manifest.ts';
import { openBackup } from './parts.ts';
import type { OpenBackup } from './parts.ts';
import type { Repository } from './repository.ts';
import {
  checkContents,
  checkDatabase,
  eachBlob,
  readKeys,
  refuse,
  unsealDatabase,
} from './verify.ts';
import type { LostContent } from './verify.ts';

export type RestoreOptions = {
  readonly repository: Repository;
  readonly name: string;
  readonly sealing: SealingKey;
  readonly dataDirectory: string;
  readonly keysDirectory: string;
  /** Goes on without the content that is missing or damaged, where it would be refused. */
  readonly withoutDamaged: boolean;
  readonly nowMs: () => number;
  readonly progress: Progress;
};

export type Restored = {
  readonly manifest: Manifest;
  readonly uploadsDiscarded: number;
  /** What it went on without. */
  readonly lost: readonly LostContent[];
};

/** What a mount point has of itself. */
const notData = ['lost+found'];
const hostOrigin: Origin = { actor: { kind: 'host' }, session: null, source: null };

/**
 * Makes a data directory and a keys directory from a backup. Everything is read and verified before the database gets its
 * name, which is what makes a data directory of it; what was made is removed again where something is wrong.
 *
 * @throws CliFailure
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { repository, name, sealing, dataDirectory, keysDirectory } = options;
  await checkTarget(dataDirectory);
  const { backup, manifest } = await openBackup(repository, name, sealing);
  const { files: keys, masterKey } = await readKeys(backup, sealing);
  checkKeys(keysDirectory, keys);

  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const marker = join(dataDirectory, unfinishedRestoreFile);
  await writeText(marker, `${name}\n`);
  try {
    await clear(dataDirectory);
    const restored = await restoreData(options, backup, manifest, masterKey);
    await writeKeys(keysDirectory, keys);
    // The ledger ends earlier now, and whoever may write here wants it so.
    await rm(join(keysDirectory, ledgerHeadFile), { force: true });
    await syncDirectory(keysDirectory);
    await rename(
      join(dataDirectory, stage, databaseFileName),
      join(dataDirectory, databaseFileName),
    );
    await rm(join(dataDirectory, stage), { recursive: true });
    await syncDirectory(dataDirectory);
    await rm(marker);
    await syncDirectory(dataDirectory);
    return restored;
  } catch (error) {
    await clear(dataDirectory);
    await rm(marker, { force: true });
    throw inWords(error, dataDirectory);
  }
}

/** Where the database lies until everything is verified. */
const stage = 'restoring';

async function restoreData(
  { repository, dataDirectory, withoutDamaged, nowMs, progress }: RestoreOptions,
  backup: OpenBackup,
  manifest: Manifest,
  masterKey: Buffer,
): Promise<Restored> {
  const staged = join(dataDirectory, stage);
  await mkdir(staged, { mode: 0o700 });
  await unsealDatabase(backup, staged);
  const database = openDatabase({ dataDirectory: staged, clock: nowMs });
  try {
    await checkDatabase(database, manifest, masterKey);
    progress.begin('copying', manifest.blobs.bytes);
    const blobs = join(dataDirectory, 'blobs');
    const store = await openLocalDisk(blobs);
    const shards = new Set<string>();
    const broken = await eachBlob(backup, database, async ({ id, bytes, sha256 }) => {
      const shard = join(blobs, id.slice(0, 2));
      await mkdir(shard, { recursive: true, mode: 0o700 });
      shards.add(shard);
      const chunks = readChunks(repository.pathOfBlob(id), asLoss);
      const written = await writeWhole(join(shard, id), chunks, progress.add);
      if (written.bytes === bytes && written.sha256 === sha256) return undefined;
      return `its SHA-256 is ${written.sha256}, and ${sha256} was backed up`;
    });
    if (!withoutDamaged) refuse(backup.name, broken);
    // What is not what came in is no content: without its file it is told as missing.
    for (const { id } of broken) await store.remove(id);
    for (const shard of [...shards, blobs]) await syncDirectory(shard);
    const bad = await checkContents({ database, store, manifest, masterKey, progress }, broken);
    await checkTargetDisk(bad, repository, blobs);
    if (!withoutDamaged) refuse(backup.name, bad);
    const lost = [...broken, ...bad];
    return { manifest, lost, uploadsDiscarded: await settle(database, manifest, lost, masterKey) };
  } finally {
    await database.close();
    progress.end();
  }
}

/** What came in whole and is bad now was bad in the backup. @throws CliFailure where it is not what was written */
async function checkTargetDisk(
  bad: readonly LostContent[],
  repository: Repository,
  blobs: string,
): Promise<void> {
  for (const { id } of bad) {
    const from = repository.pathOfBlob(id);
    // What lies in the database came with it.
    if (!existsSync(from)) continue;
    const path = join(blobs, id.slice(0, 2), id);
    if ((await measure(path)).sha256 === (await measure(from)).sha256) continue;
    throw new CliFailure(exitCodes.failed, `${path} is not what was written to it just now`, [
      'see to the disk that it is on, and restore again; nothing of this attempt was kept',
    ]);
  }
}

/**
 * Gives up the partial uploads whose bytes no backup holds, and says in the ledger where this server comes from. What was
 * being received the next start gives up, as after a crash.
 */
async function settle(
  database: OpenDatabase,
  manifest: Manifest,
  lost: readonly LostContent[],
  masterKey: Buffer,
): Promise<number> {
  const ledger = createLedger(createLedgerNames(masterKey));
  return database.write(async (unit) => {
    const uploads = await unit.query
      .selectFrom('uploads')
      .innerJoin('blobs', 'blobs.id', 'uploads.blob_id')
      .selectAll('uploads')
      .where('uploads.state', '=', 'partial')
      .where('blobs.content', 'is', null)
      .execute();
    await giveUpAll(unit, uploads, { ledger, origin: hostOrigin });
    const uploadsDiscarded = uploads.length;
    const { backup, takenAt } = manifest;
    const append = (event: LedgerEvent) =>
      ledger.append(unit, { origin: hostOrigin, outcome: 'success', reason: null, event });
    const contentsLost = lost.length;
    await append({ event: 'backup.restored.1', backup, takenAt, uploadsDiscarded, contentsLost });
    for (const { id, problem } of lost)
      await append({ event: 'backup.content-lost.1', backup, content: id, problem });
    return uploadsDiscarded;
  });
}

async function checkTarget(dataDirectory: string): Promise<void> {
  if (!existsSync(dataDirectory)) return;
  let names: readonly string[];
  try {
    names = (await readdir(dataDirectory)).filter((name) => !notData.includes(name));
  } catch (error) {
    throw new CliFailure(
      exitCodes.failed,
      `${dataDirectory} cannot be read: ${(error as Error).message}`,
    );
  }
  // What a restore that was killed left is ours to remove.
  if (names.length === 0 || names.includes(unfinishedRestoreFile)) return;
  throw new CliFailure(
    exitCodes.failed,
    `${dataDirectory} is not empty (${names.slice(0, 3).join(', ')}), and a restore replaces nothing`,
    ['give another directory with --data-dir, or move away what is there'],
  );
}

/** Keys that are there already must be those of the backup. */
function checkKeys(keysDirectory: string, keys: KeyFiles): void {
  for (const [name, content] of keys) {
    const path = join(keysDirectory, name);
    if (!existsSync(path)) continue;
    const there = readFileSync(path);
    // However the master key's line ends.
    if (there.toString('latin1').trim() === content.toString('latin1').trim()) continue;
    // Of public keys, which only become more.
    if (name === evidenceKeysFile && there.subarray(0, content.length).equals(content)) continue;
    throw new CliFailure(exitCodes.failed, `${path} is another key than the backup's`, [
      'give another directory with --keys-dir, or move away what is there',
    ]);
  }
}

async function writeKeys(keysDirectory: string, keys: KeyFiles): Promise<void> {
  await mkdir(keysDirectory, { recursive: true, mode: 0o700 });
  for (const [name, content] of keys) {
    const path = join(keysDirectory, name);
    if (!/^[^/\\]+$/.test(name) || existsSync(path)) continue;
    await writeWhole(path, onePiece(content));
  }
  await syncDirectory(keysDirectory);
}

/** Removes everything but the marker: called only where everything else is ours. */
async function clear(dataDirectory: string): Promise<void> {
  for (const name of await readdir(dataDirectory))
    if (name !== unfinishedRestoreFile && !notData.includes(name))
      await rm(join(dataDirectory, name), { recursive: true, force: true });
}

function inWords(error: unknown, directory: string): unknown {
  return explained(error, {
    what: 'the backup cannot be restored',
    todo: 'see to that and restore again; nothing of this attempt was kept',
    room: { directory, todo: 'make room and restore again; nothing of this attempt was kept' },
  });
}
