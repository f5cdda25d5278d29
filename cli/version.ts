import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in `package.json`, two folders above the build of this file (`dist/cli`). */
export function packageVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
