import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contest } from './contest.ts';
import type { Row, Settings } from './trial.ts';

const files = 500;
const bytes = 4096;

/** Many small files, each durable when its CLOSE is answered: the client asks sshd for an fsync with `put -f`. */
export async function smallFiles(settings: Settings): Promise<readonly Row[]> {
  const local = join(settings.directory, 'small');
  mkdirSync(join(local, 'back'), { recursive: true });
  const names = Array.from({ length: files }, (_, index) => `file-${index}`);
  for (const name of names) writeFileSync(join(local, name), randomBytes(bytes));
  const score = (seconds: number) => files / seconds;
  return contest(settings, [
    {
      trial: `put -f ${files} x 4 KiB`,
      unit: 'files/s',
      score,
      commands: ({ remote }) =>
        names.map((name) => `put -f ${join(local, name)} ${remote}/${name}`),
    },
    {
      trial: `get ${files} x 4 KiB`,
      unit: 'files/s',
      score,
      commands: ({ remote }) =>
        names.map((name) => `get ${remote}/${name} ${join(local, 'back', name)}`),
    },
  ]);
}
