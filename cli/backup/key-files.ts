import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../server/config.ts';
import { masterKeyFile } from '../../server/setup.ts';
import type { SealingKey } from './keys.ts';

/** Of a checkout's own `keys/`, these are not key material. */
const notKeys = ['README.md', '.gitignore'];

/** Contents of the keys directory by name. */
export type KeyFiles = ReadonlyMap<string, Buffer>;

/**
 * The files of the keys directory, to be sealed. The master key is among them only in a backup that another key seals:
 * what opens a box does not lie in it.
 */
export function packKeys({ keysDirectory }: Config, sealedWith: SealingKey['kind']): Buffer {
  const files = readdirSync(keysDirectory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !notKeys.includes(entry.name))
    .filter(({ name }) => !name.endsWith('.new'))
    .filter(({ name }) => sealedWith !== 'master-key' || name !== masterKeyFile)
    .map(({ name }) => [name, readFileSync(join(keysDirectory, name)).toString('base64')] as const);
  return Buffer.from(JSON.stringify(Object.fromEntries(files)));
}

export function unpackKeys(packed: string): KeyFiles {
  const files = Object.entries(JSON.parse(packed) as Record<string, string>);
  return new Map(files.map(([name, content]) => [name, Buffer.from(content, 'base64')]));
}
