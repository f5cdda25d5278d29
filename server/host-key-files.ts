import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generateEcdsaHostKey,
  generateHostKey,
  hostKeyFingerprint,
  publicKeyLine,
} from './connection/host-keys.ts';
import type { ServerAlgorithmProfile } from './domain/algorithms.ts';
import { Fault } from './domain/faults.ts';
import { syncNames } from './sync-names.ts';

/** The kinds of host key that are made, each with the file of the key in use. */
export const hostKeyFiles = { ed25519: 'host_ed25519', ecdsa: 'host_ecdsa' } as const;
export type HostKeyKind = keyof typeof hostKeyFiles;
export const hostKeyKinds = Object.keys(hostKeyFiles) as readonly HostKeyKind[];

/** `next`: clients are told of it, and it signs nothing but that it will follow. */
export type HostKeyRole = 'in-use' | 'next';

export type HostKeyFile = {
  readonly kind: HostKeyKind;
  readonly role: HostKeyRole;
  readonly path: string;
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Type and base64. */
  readonly publicKey: string;
};

/** The kinds that a server of that profile uses and tells clients of; without a key of the first it cannot start. */
export function hostKeyKindsOf(algorithms: ServerAlgorithmProfile): readonly HostKeyKind[] {
  return algorithms === 'fips' ? ['ecdsa'] : ['ed25519', 'ecdsa'];
}

export function neededHostKeyFile(algorithms: ServerAlgorithmProfile): string {
  return hostKeyFiles[hostKeyKindsOf(algorithms)[0]!];
}

function pathOf(keysDirectory: string, kind: HostKeyKind, role: HostKeyRole): string {
  return join(keysDirectory, `${hostKeyFiles[kind]}${role === 'next' ? '.next' : ''}`);
}

/** Every path that may hold a private host key that clients know or will know. */
export function hostKeyPaths(keysDirectory: string): readonly string[] {
  return hostKeyKinds.flatMap((kind) => [
    pathOf(keysDirectory, kind, 'in-use'),
    pathOf(keysDirectory, kind, 'next'),
  ]);
}

/** The keys that are there. @throws Fault `key-material-unusable` for a file that is none */
export function listHostKeys(keysDirectory: string): readonly HostKeyFile[] {
  return hostKeyKinds.flatMap((kind) =>
    (['in-use', 'next'] as const).flatMap((role) => {
      const path = pathOf(keysDirectory, kind, role);
      if (!existsSync(path)) return [];
      const text = readHostKeyFile(path);
      const fingerprint = hostKeyFingerprint(text);
      return [{ kind, role, path, fingerprint, publicKey: publicKeyLine(text) }];
    }),
  );
}

/** @throws Fault `key-material-unusable` */
export function readHostKeyFile(path: string): string {
  const text = readFileSync(path, 'utf8');
  try {
    hostKeyFingerprint(text);
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `${path} is not an SSH host key: restore it from your backup; clients that know the old one refuse a new one`,
      { cause },
    );
  }
  return text;
}

/**
 * Makes a key that clients are to learn: the next of its kind, or the first, which nobody has to learn before.
 *
 * @throws Fault `conflict` while one is waiting already
 */
export function addHostKey(keysDirectory: string, kind: HostKeyKind): HostKeyFile {
  const role = existsSync(pathOf(keysDirectory, kind, 'in-use')) ? 'next' : 'in-use';
  const path = pathOf(keysDirectory, kind, role);
  if (existsSync(path))
    throw new Fault('conflict', `${path} waits to be used: \`waybill host-key use\` does that`);
  const text = kind === 'ed25519' ? generateHostKey() : generateEcdsaHostKey();
  // Under another name at first, so that a kill leaves no half of a key.
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(unfinished, path);
  syncNames(path, path);
  return {
    kind,
    role,
    path,
    fingerprint: hostKeyFingerprint(text),
    publicKey: publicKeyLine(text),
  };
}

/**
 * The next key takes the place of the one in use, which stays beside it under a name of its own: whoever comes with the old
 * one stored can be told that it was ours.
 *
 * @throws Fault `not-found` where no next one waits
 */
export function useNextHostKey(
  keysDirectory: string,
  kind: HostKeyKind,
  now: Date,
): { readonly used: string; readonly retired: string } {
  const path = pathOf(keysDirectory, kind, 'in-use');
  const next = pathOf(keysDirectory, kind, 'next');
  if (!existsSync(next))
    throw new Fault(
      'not-found',
      `${next} is not there: \`waybill host-key add\` makes it, and clients need some weeks to learn it`,
    );
  readHostKeyFile(next);
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const retired = `${path}.retired-${stamp}`;
  // A copy first: a kill before the renaming leaves the old key in use. A server that found none would make one that no
  // client knows.
  writeFileSync(retired, readHostKeyFile(path), { mode: 0o600, flush: true });
  renameSync(next, path);
  syncNames(path, path);
  return { used: path, retired };
}
