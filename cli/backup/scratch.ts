import { rmSync, statSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../server/config.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { formatSize } from '../units.ts';

const prefix = 'backup-scratch-';
/** With the id of the process that made it. */
const scratchPattern = /^backup-scratch-(\d+)-/;
/** Left free beside the copy, as the server works on the same disk. */
const reserveBytes = 256 * 1024 * 1024;

/** A directory (0700) for a database in the clear, for the time of `work`. */
export async function withScratch<T>(
  parent: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  const keep = removeAtExit(directory);
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
    keep();
  }
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** However the process ends but by SIGKILL, the directory goes first. Returns what takes that back. */
function removeAtExit(directory: string): () => void {
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals) => {
    remove();
    // As it would have ended without us.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  const keep = () => {
    process.off('exit', remove);
    for (const signal of endingSignals) process.off(signal, end);
  };
  process.on('exit', remove);
  for (const signal of endingSignals) process.on(signal, end);
  return keep;
}

/**
 * Removes what commands that were killed left. Of one that goes on it stays, and so does what belongs to another user: a
 * directory for all, such as /tmp, may hold any name.
 *
 * @returns what there was, by name
 */
export async function removeOldScratch(
  parent: string,
): Promise<{ readonly removed: readonly string[]; readonly left: readonly string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  for (const name of await readdir(parent)) {
    const [, pid] = scratchPattern.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const path = join(parent, name);
    const there = await lstat(path);
    const isOurs = there.isDirectory() && there.uid === process.getuid?.();
    if (isOurs) await rm(path, { recursive: true, force: true });
    (isOurs ? removed : left).push(name);
  }
  return { removed, left };
}

/** Whether this host has such a process. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** @throws CliFailure where a copy of the database has no room */
export async function checkRoom(config: Config, parent: string): Promise<void> {
  const file = join(config.dataDirectory, databaseFileName);
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const needed = sizeOf(file) + sizeOf(`${file}-wal`) + reserveBytes;
  const { bsize, bavail } = await statfs(parent);
  if (bsize * bavail >= needed) return;
  throw new CliFailure(
    exitCodes.failed,
    `a copy of the database needs ${formatSize(needed)} in ${parent}, which has ${formatSize(bsize * bavail)}`,
    ['make room, or name another directory of this host with --scratch'],
  );
}
