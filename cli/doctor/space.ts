import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../server/config.ts';
import { formatSize } from '../units.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const failBelowBytes = 100e6;
const warnBelowBytes = 2e9;
const warnBelowPart = 0.05;

/** Room for files, and inodes for their names. */
export async function* examineSpace(config: Config): AsyncIterable<Finding> {
  let path = resolve(config.dataDirectory);
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  try {
    const { bsize, blocks, bavail, files, ffree } = await statfs(path);
    yield judgeSpace(bavail * bsize, blocks * bsize);
    // Some file systems (btrfs) have no fixed number.
    if (files > 0 && ffree / files < warnBelowPart) {
      yield finding(
        'warn',
        'disk',
        `${ffree} of ${files} inodes are free`,
        'free some, or move the data directory to a file system with more',
      );
    }
  } catch (error) {
    yield finding(
      'warn',
      'disk',
      `the free space cannot be read: ${reasonOf(error)}`,
      "run doctor as the server's user",
    );
  }
}

export function judgeSpace(freeBytes: number, totalBytes: number): Finding {
  const detail = `${formatSize(freeBytes)} of ${formatSize(totalBytes)} free`;
  const todo = 'free some, purge old files, or move the data directory to a larger disk';
  if (freeBytes < failBelowBytes) return finding('fail', 'disk', detail, todo);
  if (freeBytes < warnBelowBytes || freeBytes / totalBytes < warnBelowPart)
    return finding('warn', 'disk', detail, todo);
  return finding('ok', 'disk', detail);
}
