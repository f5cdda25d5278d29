import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Seen from the build (`dist/test/fuzz`): inputs that failed once, kept with the sources. */
const root = resolve(import.meta.dirname, '../../../test/fuzz/corpus');

export type Kept = { readonly name: string; readonly text: string };

export function keptInputs(suite: string): readonly Kept[] {
  const folder = join(root, suite);
  try {
    return readdirSync(folder)
      .toSorted()
      .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** @returns the path, from the root of the repository */
export function keepInput(suite: string, name: string, text: string): string {
  mkdirSync(join(root, suite), { recursive: true });
  writeFileSync(join(root, suite, name), text.endsWith('\n') ? text : `${text}\n`);
  return `test/fuzz/corpus/${suite}/${name}`;
}
