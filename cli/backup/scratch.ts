import { existsSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../server/config.ts';
import { lockFile } from '../../server/database/lock.ts';
import type { DirectoryLock } from '../../server/database/lock.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { formatSize } from '../units.ts';
import { thereAt } from './files.ts';

const prefix = 'backup-scratch-';
/** In such a directory; whoever works there holds it. */
const lockName = 'in-use';
const triesMax = 10;
/** Whoever looks whether it is in use may put a file into it just then. */
const whole = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;
/** Left free beside the copy, as the server works on the same disk. */
const reserveBytes = 256 * 1024 * 1024;

/** A directory (0700) for a database in the clear, for the time of `work`. */
export async function withScratch<T>(
  parent: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const { directory, lock } = await makeScratch(parent);
  const keep = removeAtExit(directory);
  try {
    return await work(directory);
  } finally {
    await rm(directory, whole);
    lock.release();
    keep();
  }
}

/** One that is new and locked. Between the one and the other it looks left behind, and may go: then it is another. */
async function makeScratch(
  parent: string,
): Promise<{ readonly directory: string; readonly lock: DirectoryLock }> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const directory = await mkdtemp(join(parent, prefix));
    const lock = lockIn(directory);
    if (lock !== undefined && existsSync(join(directory, lockName))) return { directory, lock };
    lock?.release();
  }
  throw new Error(`${parent}: what is made there goes at once`);
}

/** Undefined where somebody has it, or the directory is gone. */
function lockIn(directory: string): DirectoryLock | undefined {
  try {
    return lockFile(join(directory, lockName));
  } catch (error) {
    if (existsSync(directory)) throw error;
    return undefined;
  }
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** However the process ends but by SIGKILL, the directory goes first. Returns what takes that back. */
function removeAtExit(directory: string): () => void {
  const remove = () => rmSync(directory, whole);
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

export type OldScratch = {
  readonly removed: readonly string[];
  /** Of another user. */
  readonly left: readonly string[];
  /** Of commands that go on. */
  readonly inUse: readonly string[];
};

/**
 * Removes what commands that were killed left. Of one that goes on it stays, and so does what belongs to another user: a
 * directory for all, such as /tmp, may hold any name.
 *
 * @returns what there was, by name
 */
export async function removeOldScratch(parent: string): Promise<OldScratch> {
  const found: Record<keyof OldScratch, string[]> = { removed: [], left: [], inUse: [] };
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const there = await thereAt(path);
    if (there === undefined) continue;
    if (!there.isDirectory() || there.uid !== process.getuid?.()) {
      found.left.push(name);
      continue;
    }
    // Not by the number of its process: in another container that is another one's, or nobody's.
    const lock = lockIn(path);
    if (lock === undefined) {
      if (existsSync(path)) found.inUse.push(name);
      continue;
    }
    await rm(path, whole);
    lock.release();
    found.removed.push(name);
  }
  return found;
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
