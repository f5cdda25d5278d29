import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finishedBytes } from '../../server/blobs/inline-content.ts';
import type { Config } from '../../server/config.ts';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { snapshotDatabase } from '../../server/database/snapshot.ts';
import { checkMasterKey, createVault } from '../../server/files/vault.ts';
import { readEvidenceKeys } from '../../server/evidence-keys-file.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { version } from '../../server/version.ts';
import { Fault } from '../../server/domain/faults.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import type { Progress } from '../progress.ts';
import { storedBlobs } from '../stored-content.ts';
import { BlobCopy } from './copy.ts';
import { explained } from './failures.ts';
import { onePiece, readChunks, syncDirectory } from './files.ts';
import { makeBackupKey } from './keys.ts';
import type { SealingKey } from './keys.ts';
import { packKeys } from './key-files.ts';
import { beginLease } from './lease.ts';
import type { Lease } from './lease.ts';
import { writeManifest } from './manifest.ts';
import type { Manifest, Part } from './manifest.ts';
import { KnownBlobs, blobLine, blobLines, openBackup, sealPart } from './parts.ts';
import type { OpenBackup } from './parts.ts';
import { newBackupName } from './repository.ts';
import type { Repository } from './repository.ts';
import { checkRoom, removeOldScratch, withScratch } from './scratch.ts';

export type TakeOptions = {
  readonly config: Config;
  readonly masterKey: Buffer;
  readonly sealing: SealingKey;
  readonly repository: Repository;
  /** Where the copy of the database is made. */
  readonly scratch: string;
  /** Read back all blobs, and not only those that this backup adds. */
  readonly verifyAll: boolean;
  readonly nowMs: () => number;
  readonly progress: Progress;
};

export type Taken = {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** What was not there from an earlier backup. */
  readonly added: { readonly count: number; readonly bytes: number };
  /** What is wrong with the installation itself, a line each. */
  readonly problems: readonly string[];
};

/**
 * Takes a backup, of a server that runs or does not: a snapshot of the database, the stored bytes of what it says is
 * published, and the keys. Unfinished uploads are not in it. The manifest comes last, once everything was read back.
 */
export async function takeBackup(options: TakeOptions): Promise<Taken> {
  const { config, repository, scratch, nowMs } = options;
  const unlock = await begin(options).catch((error: unknown) => {
    throw inWords(error, repository);
  });
  try {
    await repository.removeUnfinished();
    const name = newBackupName(nowMs(), (await repository.list()).at(-1));
    const lease = await beginLease(config, name, repository.directory, nowMs);
    try {
      const taken = await withScratch(scratch, (directory) =>
        take(options, lease, name, directory),
      );
      const { files } = taken.manifest;
      await lease.end({ files: files.count, bytes: files.bytes, manifest: taken.manifestSha256 });
      return taken;
    } catch (error) {
      await lease.breakOff();
      throw inWords(error, repository);
    }
  } finally {
    await unlock();
  }
}

/** Makes the place ready, and nobody else writes there until the returned function is called. */
async function begin({ config, repository, scratch }: TakeOptions): Promise<() => Promise<void>> {
  for (const directory of new Set([scratch, config.dataDirectory]))
    await removeOldScratch(directory);
  await checkRoom(config, scratch);
  await repository.prepare();
  return repository.lock();
}

async function take(
  options: TakeOptions,
  lease: Lease,
  name: string,
  directory: string,
): Promise<Taken> {
  const { config, sealing, repository, nowMs, progress } = options;
  const takenAt = new Date(nowMs()).toISOString();
  await copyDatabase(config.dataDirectory, directory, progress);
  lease.tick();
  const { key, wrapped } = makeBackupKey(sealing, name);
  const backup: OpenBackup = { repository, name, key };
  await mkdir(repository.directoryOf(name), { mode: 0o700 });
  const database = openDatabase({
    dataDirectory: directory,
    clock: nowMs,
    migrations: 'leave',
  });
  let contents: Contents;
  try {
    contents = await copyContents(options, lease, backup, database);
  } finally {
    await database.close();
  }
  const onBytes = () => lease.tick();
  const databaseChunks = readChunks(join(directory, databaseFileName));
  const parts = [
    contents.part,
    await sealPart(backup, 'database.sealed', databaseChunks, onBytes),
    await sealPart(
      backup,
      'keys.sealed',
      onePiece(packKeys(config, sealing.kind, options.masterKey)),
    ),
  ];
  await syncDirectory(repository.directoryOf(name));
  await syncDirectory(repository.backupsDirectory);
  // A lease that is lost by now was lost when it mattered, perhaps.
  lease.tick();
  const { files, blobs, damaged, ledger, added, problems } = contents;
  const manifest: Manifest = {
    format: 1,
    backup: name,
    takenAt,
    version,
    key: wrapped,
    parts,
    files,
    blobs,
    damaged,
    ledger,
    verified: options.verifyAll ? 'all' : 'new',
  };
  const manifestSha256 = await writeManifest(repository, manifest, key);
  return { manifest, manifestSha256, added, problems };
}

async function copyDatabase(
  dataDirectory: string,
  directory: string,
  progress: Progress,
): Promise<void> {
  let doneBefore = 0;
  await snapshotDatabase(dataDirectory, directory, ({ bytesDone, bytesTotal }) => {
    if (doneBefore === 0) progress.begin('database', bytesTotal);
    progress.add(bytesDone - doneBefore);
    doneBefore = bytesDone;
  });
  progress.end();
}

type Contents = Pick<Manifest, 'files' | 'blobs' | 'damaged' | 'ledger'> &
  Pick<Taken, 'added' | 'problems'> & { readonly part: Part };

/** The blobs of a snapshot, and what else is to be known of it. */
async function copyContents(
  options: TakeOptions,
  lease: Lease,
  backup: OpenBackup,
  database: OpenDatabase,
): Promise<Contents> {
  const { config, masterKey, repository, progress } = options;
  await checkDatabase(database);
  await checkKey(database, options);
  lease.tick();
  const { ok, rows, lastHash, firstBadRow, problem } = await verifyLedger(database, {
    knownEvidenceKeys: () => readEvidenceKeys(config.keysDirectory),
  });
  const problems = ok ? [] : [`the ledger is bad at row ${firstBadRow ?? '?'}: ${problem ?? ''}`];
  lease.tick();
  const copy = new BlobCopy({
    source: join(config.dataDirectory, 'blobs'),
    repository,
    database,
    store: await openLocalDisk(repository.blobsDirectory),
    vault: createVault(masterKey),
    verifyAll: options.verifyAll,
    onBytes: (bytes) => {
      lease.tick();
      progress.add(bytes);
    },
  });
  progress.begin('files', await storedBytes(database));
  const known = new KnownBlobs(await earlierList(options));
  const lines = async function* (): AsyncIterable<Uint8Array> {
    for await (const page of storedBlobs(database)) {
      lease.tick();
      const published = page.filter(({ state }) => state === 'published');
      for (const line of await copy.page(published, known)) yield blobLine(line);
    }
  };
  const part = await sealPart(backup, 'blobs.sealed', lines());
  await copy.sync();
  progress.end();
  return {
    part,
    files: copy.files,
    blobs: copy.blobs,
    added: copy.added,
    damaged: copy.damaged,
    problems: [...problems, ...copy.problems],
    ledger: { rows, lastHash },
  };
}

async function checkDatabase(database: OpenDatabase): Promise<void> {
  const found = database.integrityCheck();
  if (found === 'ok') return;
  throw new CliFailure(
    exitCodes.failed,
    `the database is damaged, and a backup of it would be, too: ${found.split('\n')[0] ?? ''}`,
    ['keep the backups that you have, and run `waybill doctor`'],
  );
}

/** With another master key everything would look damaged. */
async function checkKey(database: OpenDatabase, { config, masterKey }: TakeOptions): Promise<void> {
  try {
    await database.read((reader) => checkMasterKey(reader, masterKey));
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new CliFailure(
      exitCodes.failed,
      `the master key in ${config.keysDirectory} is not that of the data in ${config.dataDirectory}`,
      ['set WAYBILL_KEYS_DIR to the keys directory that the server uses; nothing was copied'],
    );
  }
}

/** Bytes to copy and to read back, if all of them were new. */
async function storedBytes(database: OpenDatabase): Promise<number> {
  let bytes = 0;
  for await (const page of storedBlobs(database))
    for (const { state, inFile, size } of page)
      if (state === 'published') bytes += size + (inFile ? finishedBytes(size) : 0);
  return bytes;
}

/** The list of the newest backup that opens with the same key: what it has was read back then. */
async function earlierList({ repository, sealing, verifyAll }: TakeOptions) {
  const newest = (await repository.list()).at(-1);
  if (newest === undefined || verifyAll) return undefined;
  try {
    return blobLines((await openBackup(repository, newest, sealing)).backup);
  } catch {
    // Sealed with another key, or damaged: everything is read back then.
    return undefined;
  }
}

function inWords(error: unknown, { directory }: Repository): unknown {
  return explained(error, {
    what: 'the backup cannot be taken',
    todo: 'run it as the user that runs the server, and see that this user may read and write there',
    room: {
      directory,
      todo: 'make room (`waybill backup prune` removes old backups), and take it again: what was copied is used',
    },
  });
}
