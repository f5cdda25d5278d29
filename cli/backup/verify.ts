import { join } from 'node:path';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { checkMasterKey, createVault } from '../../server/files/vault.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { masterKeyFile } from '../../server/setup.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import type { Progress } from '../progress.ts';
import { nameOf, problemOfContent, storedBlobs } from '../stored-content.ts';
import type { StoredBlob } from '../stored-content.ts';
import { explained } from './failures.ts';
import { asLoss, BytesLost, mapLimited, measure, textOf, writeWhole } from './files.ts';
import { masterKeyIn, missingKey, unpackKeys } from './key-files.ts';
import type { KeyFiles } from './key-files.ts';
import type { SealingKey } from './keys.ts';
import type { Manifest } from './manifest.ts';
import { blobLines, damaged, openBackup, unsealPart } from './parts.ts';
import type { OpenBackup } from './parts.ts';
import type { Repository } from './repository.ts';
import { removeOldScratch, withScratch } from './scratch.ts';

/** Files read at a time. */
const lanes = 4;
const problemsShownMax = 20;

export type VerifyOptions = {
  readonly repository: Repository;
  readonly name: string;
  readonly sealing: SealingKey;
  /** Where the database is unsealed to, for the time of it. */
  readonly scratch: string;
  readonly nowMs: () => number;
  readonly progress: Progress;
};

/** Reads every byte of a backup. @throws CliFailure that names what is missing or damaged */
export async function verifyBackup(options: VerifyOptions): Promise<Manifest> {
  try {
    return await verify(options);
  } catch (error) {
    throw explained(error, {
      what: 'the backup cannot be verified',
      todo: 'see to that and verify again; it says nothing of the backup',
      room: { directory: options.scratch, todo: 'make room for a copy of its database there' },
    });
  }
}

async function verify(options: VerifyOptions): Promise<Manifest> {
  const { repository, name, sealing, scratch, nowMs, progress } = options;
  const { backup, manifest } = await openBackup(repository, name, sealing);
  const { masterKey } = await readKeys(backup, sealing);
  await removeOldScratch(scratch);
  await withScratch(scratch, async (directory) => {
    await unsealDatabase(backup, directory);
    const database = openDatabase({ dataDirectory: directory, clock: nowMs, migrations: 'leave' });
    try {
      await checkDatabase(database, manifest, masterKey);
      progress.begin('stored bytes', manifest.blobs.bytes);
      const problems = await eachBlob(backup, database, async (line) => {
        const found = await measure(repository.pathOfBlob(line.id), progress.add, asLoss);
        return found.sha256 === line.sha256 ? undefined : `its bytes are not those of the backup`;
      });
      refuse(name, problems);
      const store = await openLocalDisk(repository.blobsDirectory);
      refuse(name, await checkContents({ database, store, manifest, masterKey, progress }));
    } finally {
      await database.close();
      progress.end();
    }
  });
  return manifest;
}

/** What the keys directory held, and the master key that opens what is stored. */
export async function readKeys(
  backup: OpenBackup,
  sealing: SealingKey,
): Promise<{ readonly files: KeyFiles; readonly masterKey: Buffer }> {
  const files = unpackKeys(await textOf(unsealPart(backup, 'keys.sealed')));
  const missing = missingKey(files, sealing.kind);
  if (missing !== undefined) throw damaged(backup.name, `its keys are without ${missing}`);
  if (sealing.kind === 'master-key') {
    const text = Buffer.from(`${sealing.secret.toString('base64')}\n`);
    return { files: new Map([...files, [masterKeyFile, text]]), masterKey: sealing.secret };
  }
  return { files, masterKey: masterKeyIn(files.get(masterKeyFile)!) };
}

export async function unsealDatabase(backup: OpenBackup, directory: string): Promise<void> {
  await writeWhole(join(directory, databaseFileName), unsealPart(backup, 'database.sealed'));
}

/** The database is whole, its ledger is the one that was backed up, and the key is its own. */
export async function checkDatabase(
  database: OpenDatabase,
  { backup, ledger }: Manifest,
  masterKey: Buffer,
): Promise<void> {
  const found = database.integrityCheck();
  if (found !== 'ok') throw damaged(backup, `its database: ${found.split('\n')[0] ?? ''}`);
  await database.read((reader) => checkMasterKey(reader, masterKey));
  const { rows, lastHash } = await verifyLedger(database);
  if (rows !== ledger.rows || lastHash !== ledger.lastHash)
    throw damaged(
      backup,
      `its ledger has ${rows} good rows up to ${lastHash}, and had ${ledger.rows} up to ${ledger.lastHash}`,
    );
}

/** Content that is missing or not what was backed up. */
export type LostContent = {
  readonly id: string;
  /** Why, without the name of the file. */
  readonly problem: string;
  /** Where, whose and why, a line. */
  readonly text: string;
};

/**
 * `check` on every blob of the backup; what it says of its bytes, or throws as `BytesLost`, with whose content that is.
 *
 * @throws anything else that `check` throws: what cannot be opened now, or not be written, says nothing of the backup
 */
export async function eachBlob(
  backup: OpenBackup,
  database: OpenDatabase,
  check: (line: { id: string; bytes: number; sha256: string }) => Promise<string | undefined>,
): Promise<readonly LostContent[]> {
  const problems: LostContent[] = [];
  let page: { id: string; bytes: number; sha256: string }[] = [];
  const flush = async () => {
    await mapLimited(page, lanes, async (line) => {
      const problem = await check(line).catch((error: unknown) => {
        if (error instanceof BytesLost) return error.message;
        throw error;
      });
      if (problem === undefined) return;
      const path = backup.repository.pathOfBlob(line.id);
      problems.push({
        id: line.id,
        problem,
        text: `${path}${await nameOf(database, line.id)}: ${problem}`,
      });
    });
    page = [];
  };
  for await (const line of blobLines(backup)) {
    page.push(line);
    if (page.length === 500) await flush();
  }
  await flush();
  return problems;
}

type ContentParts = {
  readonly database: OpenDatabase;
  readonly store: BlobStore;
  readonly manifest: Manifest;
  readonly masterKey: Buffer;
  readonly progress: Progress;
};

/**
 * Reads every published file to its end, and compares it with the SHA-256 that was recorded when it came in. What was
 * damaged before, or is `lost`, is not looked at.
 */
export async function checkContents(
  parts: ContentParts,
  lost: readonly LostContent[] = [],
): Promise<readonly LostContent[]> {
  const { database, store, manifest, masterKey, progress } = parts;
  const vault = createVault(masterKey);
  const known = new Set([...manifest.damaged, ...lost.map(({ id }) => id)]);
  const problems: LostContent[] = [];
  let files = 0;
  progress.begin('files', manifest.files.bytes);
  for await (const page of storedBlobs(database)) {
    const published = page.filter(({ state }) => state === 'published');
    files += published.length;
    const whole = published.filter(({ id }) => !known.has(id));
    await mapLimited(whole, lanes, async (blob: StoredBlob) => {
      const problem = await problemOfContent(database, store, vault, blob, progress.add);
      if (problem === undefined) return;
      const text = `content ${blob.id}${await nameOf(database, blob.id)}: ${problem.text}`;
      if (problem.kind === 'unread') throw new CliFailure(exitCodes.failed, text);
      problems.push({ id: blob.id, problem: problem.text, text });
    });
  }
  if (files !== manifest.files.count)
    throw damaged(manifest.backup, `it has ${files} files, and had ${manifest.files.count}`);
  return problems;
}

export function refuse(backup: string, problems: readonly LostContent[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, problemsShownMax).map(({ text }) => text);
  const more = problems.length - shown.length;
  throw new CliFailure(
    exitCodes.failed,
    `the backup ${backup} is damaged: ${problems.length} ${problems.length === 1 ? 'file is' : 'files are'} missing or not what was backed up`,
    [
      ...shown,
      ...(more > 0 ? [`and ${more} more`] : []),
      'restore another one (`waybill backup list` shows them), or this one with --without-damaged',
    ],
  );
}
