import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { writeText } from './files.ts';
import { openBackupKey } from './keys.ts';
import type { SealingKey, WrappedKey } from './keys.ts';
import { manifestName } from './repository.ts';
import type { Repository } from './repository.ts';

export const partNames = ['database.sealed', 'keys.sealed', 'blobs.sealed'] as const;
export type PartName = (typeof partNames)[number];

/** A sealed part as it lies there. */
export type Part = { readonly name: PartName; readonly bytes: number; readonly sha256: string };

type Total = { readonly count: number; readonly bytes: number };

/** What a backup is. The file says it with a MAC by the backup's key, so that it cannot be changed either. */
export type Manifest = {
  readonly format: 1;
  readonly backup: string;
  /** When the snapshot was taken, ISO 8601. */
  readonly takenAt: string;
  /** Of Waybill. */
  readonly version: string;
  readonly key: WrappedKey;
  readonly parts: readonly Part[];
  /** Published files, as their senders sent them. */
  readonly files: Total;
  /** Those of them that are not in the database, as they are stored. */
  readonly blobs: Total;
  /** Ids of blobs that were missing or corrupt in the installation already. */
  readonly damaged: readonly string[];
  readonly ledger: { readonly rows: number; readonly lastHash: string };
  /** Whether this run read back every blob, or those that it wrote. */
  readonly verified: 'all' | 'new';
};

type Stored = { readonly manifest: Manifest; readonly mac: string };

/** Writes the manifest, which is what makes a backup of what lies there. Returns its SHA-256, hex. */
export async function writeManifest(
  repository: Repository,
  manifest: Manifest,
  key: Buffer,
): Promise<string> {
  const stored: Stored = { manifest, mac: macOf(manifest, key).toString('hex') };
  const text = textOf(stored);
  await writeText(join(repository.directoryOf(manifest.backup), manifestName), text);
  return createHash('sha256').update(text).digest('hex');
}

function textOf(stored: Stored): string {
  return `${JSON.stringify(stored, null, 2)}\n`;
}

/** What a manifest says, without asking whether it is true. */
export async function readManifest(repository: Repository, backup: string): Promise<Stored> {
  try {
    const path = join(repository.directoryOf(backup), manifestName);
    const text = await readFile(path, 'utf8');
    const { manifest, mac } = JSON.parse(text) as Partial<Stored>;
    if (manifest === undefined || mac === undefined)
      throw damaged(backup, 'it is not as it was written');
    const stored: Stored = { manifest, mac };
    if (manifest.format !== 1)
      throw new CliFailure(
        exitCodes.failed,
        `the backup ${backup} has format ${String(manifest.format)}; restore it with the version of Waybill that knows it`,
      );
    if (text !== textOf(stored)) throw damaged(backup, 'it is not as it was written');
    return stored;
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw damaged(backup, (error as Error).message);
  }
}

/** The manifest once it is known to be what was written, and the backup's key. */
export async function openManifest(
  repository: Repository,
  backup: string,
  sealing: SealingKey,
): Promise<{ readonly manifest: Manifest; readonly key: Buffer }> {
  const { manifest, mac } = await readManifest(repository, backup);
  const key = openBackupKey(sealing, backup, manifest.key);
  const expected = Buffer.from(macOf(manifest, key).toString('hex'));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw damaged(backup, 'its MAC is wrong');
  if (manifest.backup !== backup) throw damaged(backup, `it is that of ${manifest.backup}`);
  return { manifest, key };
}

function macOf(manifest: Manifest, key: Buffer): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'waybill backup manifest 1', 32));
  return createHmac('sha256', own).update(canonicalJson(manifest)).digest();
}

function damaged(backup: string, how: string): CliFailure {
  return new CliFailure(exitCodes.failed, `the manifest of backup ${backup} is damaged: ${how}`, [
    'take another backup (`waybill backup list` shows them)',
  ]);
}
