import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../server/config.ts';
import { hostKeyFiles } from '../../server/host-key-files.ts';
import { ledgerHeadFile } from '../../server/ledger-head-file.ts';
import { masterKeyFile } from '../../server/setup.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import type { SealingKey } from './keys.ts';

/** No key material: of a checkout's own `keys/`, and what is true of one ledger at one time. */
const notKeys = ['README.md', '.gitignore', ledgerHeadFile];

/** Contents of the keys directory by name. */
export type KeyFiles = ReadonlyMap<string, Buffer>;

/**
 * The files of the keys directory, to be sealed; a link stands for the file that it leads to. The master key is among them
 * only in a backup that another key seals: what opens a box does not lie in it.
 *
 * @param masterKey the one in use
 * @throws CliFailure where a backup of them would not start a server again
 */
export function packKeys(
  { keysDirectory }: Config,
  sealedWith: SealingKey['kind'],
  masterKey: Buffer,
): Buffer {
  const files: KeyFiles = new Map(
    readdirSync(keysDirectory)
      .filter((name) => !notKeys.includes(name) && !name.endsWith('.new'))
      .filter((name) => sealedWith !== 'master-key' || name !== masterKeyFile)
      .filter((name) => isFile(join(keysDirectory, name)))
      .map((name) => [name, readFileSync(join(keysDirectory, name))] as const),
  );
  const missing = missingKey(files, sealedWith);
  if (missing !== undefined) throw refused(keysDirectory, `${missing} is not in it`);
  const packed = files.get(masterKeyFile);
  if (packed !== undefined && !masterKeyIn(packed).equals(masterKey))
    throw refused(keysDirectory, `its ${masterKeyFile} was exchanged while the backup was taken`);
  const content = [...files].map(([name, bytes]) => [name, bytes.toString('base64')] as const);
  return Buffer.from(JSON.stringify(Object.fromEntries(content)));
}

/** The name of a key without which no server starts from these. */
export function missingKey(files: KeyFiles, sealedWith: SealingKey['kind']): string | undefined {
  const names = Object.values(hostKeyFiles);
  if (!names.some((name) => files.has(name))) return names[0];
  return sealedWith === 'master-key' || files.has(masterKeyFile) ? undefined : masterKeyFile;
}

/** The 32 bytes in the file of a master key. */
export function masterKeyIn(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').trim(), 'base64');
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    throw refused(path, `it cannot be read (${(error as Error).message})`);
  }
}

function refused(path: string, why: string): CliFailure {
  return new CliFailure(exitCodes.failed, `${path} cannot be backed up: ${why}`, [
    'see to it, and take the backup again',
  ]);
}

export function unpackKeys(packed: string): KeyFiles {
  const files = Object.entries(JSON.parse(packed) as Record<string, string>);
  return new Map(files.map(([name, content]) => [name, Buffer.from(content, 'base64')]));
}
