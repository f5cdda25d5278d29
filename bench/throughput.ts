import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { contest } from './contest.ts';
import type { Row, Settings } from './trial.ts';

/** One large file up and down with the stock client. Every round puts over the file of the round before. */
export async function throughput(settings: Settings): Promise<readonly Row[]> {
  const { directory, mib } = settings;
  const local = join(directory, 'large');
  await fill(local, mib);
  const score = (seconds: number) => mib / seconds;
  return contest(settings, [
    {
      trial: `put ${mib} MiB`,
      unit: 'MiB/s',
      score,
      commands: ({ remote }) => [`put ${local} ${remote}/large`],
    },
    {
      trial: `get ${mib} MiB`,
      unit: 'MiB/s',
      score,
      commands: ({ remote }) => [`get ${remote}/large ${local}.back`],
    },
  ]);
}

/** Bytes that do not compress, the same in every run. */
export async function fill(file: string, mib: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(1024 * 1024);
  const out = createWriteStream(file);
  for (let index = 0; index < mib; index += 1) {
    if (!out.write(cipher.update(zeros))) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}
