import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncNames } from './sync-names.ts';

/**
 * The public keys that ever signed here, beside the one that signs: whoever can write to the database, and not here, can
 * have it tell of no other one. A text: a key in a line, as in `.pub` files, the oldest first.
 */
export const evidenceKeysFile = 'evidence_keys';

/** @returns as in `.pub` files, without comments; null where there is no such file */
export function readEvidenceKeys(keysDirectory: string): readonly string[] | null {
  const path = join(keysDirectory, evidenceKeysFile);
  if (!existsSync(path)) return null;
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Has the file have these keys: durable, and before the ledger tells of them, so that it is never behind.
 *
 * @returns whether it had to be changed
 */
export function addEvidenceKeys(keysDirectory: string, keys: readonly string[]): boolean {
  const path = join(keysDirectory, evidenceKeysFile);
  const known = readEvidenceKeys(keysDirectory);
  const more = [...new Set(keys)].filter((key) => known?.includes(key) !== true);
  if (known !== null && more.length === 0) return false;
  // As it is, for what an administrator wrote beside them.
  const before = known === null ? '' : readFileSync(path, 'utf8').replace(/\n*$/, '\n');
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  const text = before.trimStart() + more.map((key) => `${key}\n`).join('');
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(unfinished, path);
  syncNames(path, path);
  return true;
}
