import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { generateHostKey, hostKeySigner, publicKeyLine } from './connection/host-keys.ts';
import { addEvidenceKeys } from './evidence-keys-file.ts';
import { Fault } from './domain/faults.ts';
import { Secret } from './domain/secret.ts';
import { evidenceKeyFile } from './setup.ts';
import { syncNames } from './sync-names.ts';
import type { KeyFiles } from './signing/rotating-key.ts';

/** The key of a rotation that is under way, beside the one that signs. */
export const nextEvidenceKeyFile = `${evidenceKeyFile}.next`;
/** The key that a rotation has replaced, until it is overwritten. */
export const oldEvidenceKeyFile = `${evidenceKeyFile}.old`;

/** The evidence key's files, as a rotation changes them. @throws Fault `key-material-unusable` */
export function evidenceKeyFiles(keysDirectory: string): KeyFiles {
  const current = join(keysDirectory, evidenceKeyFile);
  const next = join(keysDirectory, nextEvidenceKeyFile);
  const old = join(keysDirectory, oldEvidenceKeyFile);
  return {
    settle: (signing) =>
      usable(keysDirectory, () => {
        settleOld(current, old);
        if (!existsSync(next)) return;
        // A start that died while it wrote may have left a part of one.
        if (publicLineIn(readFileSync(next, 'utf8')) === signing) replaceKey(current, next, old);
        else destroyFile(next);
      }),
    makeNext: () =>
      usable(keysDirectory, () => {
        const text = generateHostKey();
        rmSync(next, { force: true });
        writeFileSync(next, text, { mode: 0o600, flag: 'wx', flush: true });
        syncNames(next, next);
        const before = publicLineIn(readFileSync(current, 'utf8'));
        addEvidenceKeys(
          keysDirectory,
          [before, publicLineIn(text)].flatMap((line) => line ?? []),
        );
        return hostKeySigner(text);
      }),
    adoptNext: () => usable(keysDirectory, () => replaceKey(current, next, old)),
    dropNext: () => usable(keysDirectory, () => destroyFile(next)),
  };
}

/**
 * Ends a rotation that a stop broke off, as the ledger says: from its row on the new key signs, and before it the old one.
 *
 * @param lastPublicKey as in `.pub` files, of the key that the ledger says signs; undefined where it knows none
 * @returns the key that signs
 * @throws Fault `key-material-unusable`
 */
export function settleEvidenceKey(
  keysDirectory: string,
  found: Secret<string>,
  lastPublicKey: string | undefined,
): Secret<string> {
  if (lastPublicKey === undefined) return found;
  evidenceKeyFiles(keysDirectory).settle(lastPublicKey);
  return new Secret(readFileSync(join(keysDirectory, evidenceKeyFile), 'utf8'));
}

function publicLineIn(text: string): string | null {
  try {
    return publicKeyLine(text);
  } catch {
    return null;
  }
}

/** The name is never without a key. What it was is overwritten behind it, as far as the disk lets anybody do that. */
function replaceKey(current: string, next: string, old: string): void {
  // Under a name, so that a start finds it that comes before it is overwritten.
  linkSync(current, old);
  syncNames(old, old);
  renameSync(next, current);
  syncNames(current, current);
  destroyFile(old);
}

/** Destroys what a rotation has replaced; where it stopped before that, the key has but two names. */
function settleOld(current: string, old: string): void {
  if (!existsSync(old)) return;
  if (statSync(old).ino === statSync(current).ino) rmSync(old);
  else destroyFile(old);
}

function destroyFile(path: string): void {
  if (!existsSync(path)) return;
  const descriptor = openSync(path, 'r+');
  try {
    writeSync(descriptor, Buffer.alloc(fstatSync(descriptor).size), 0, undefined, 0);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  rmSync(path);
  syncNames(path, path);
}

function usable<T>(keysDirectory: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `the evidence key in ${keysDirectory} cannot be exchanged (${(cause as Error).message}): let the server write there`,
      { cause },
    );
  }
}
