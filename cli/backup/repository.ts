import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lockFile } from '../../server/database/lock.ts';
import type { DirectoryLock } from '../../server/database/lock.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { syncDirectory, thereAt } from './files.ts';

/**
 * Where backups are. Blobs never change once published, so all backups of a directory share them:
 *
 *     <directory>/blobs/<hh>/<id>        stored bytes, as the server has them (docs/BLOCK-FORMAT.md)
 *     <directory>/backups/<name>/        one backup: its sealed parts, and last of all its manifest
 *     <directory>/lock                   held by the kernel for whoever writes
 *     <directory>/busy                   while somebody writes: who, for those whom the lock does not reach
 */
export class Repository {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get blobsDirectory(): string {
    return join(this.directory, 'blobs');
  }

  get backupsDirectory(): string {
    return join(this.directory, 'backups');
  }

  directoryOf(backup: string): string {
    return join(this.backupsDirectory, backup);
  }

  shardOf(blobId: string): string {
    return join(this.blobsDirectory, blobId.slice(0, 2));
  }

  pathOfBlob(blobId: string): string {
    return join(this.shardOf(blobId), blobId);
  }

  /** Makes the directories that are missing; a directory that holds something else is refused. */
  async prepare(): Promise<void> {
    const names = existsSync(this.directory) ? await readdir(this.directory) : [];
    const foreign = names.filter(
      (name) => !['blobs', 'backups', 'lock', 'busy', 'lost+found'].includes(name),
    );
    if (foreign.length > 0)
      throw new CliFailure(
        exitCodes.failed,
        `${this.directory} holds something else than backups (${foreign.slice(0, 3).join(', ')})`,
        ['give a directory of its own with --to'],
      );
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    for (const path of [this.blobsDirectory, this.backupsDirectory]) await makeDirectory(path);
    await syncDirectory(this.directory);
  }

  /** @throws CliFailure where a link leads out of the repository: what is elsewhere is not ours to write or remove */
  async checkDirectories(): Promise<void> {
    for (const path of [this.blobsDirectory, this.backupsDirectory]) await checkDirectory(path);
  }

  /** The directory of a blob, made if it is missing. */
  async makeShard(blobId: string): Promise<string> {
    const shard = this.shardOf(blobId);
    await makeDirectory(shard);
    return shard;
  }

  /** Names of the backups that are whole, the oldest first. */
  async list(): Promise<readonly string[]> {
    let names: readonly string[];
    try {
      const entries = await readdir(this.backupsDirectory, { withFileTypes: true });
      names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    } catch {
      throw new CliFailure(exitCodes.failed, `there are no backups in ${this.directory}`, [
        'give the directory that `waybill backup --to` wrote to',
      ]);
    }
    return names
      .filter((name) => namePattern.test(name))
      .filter((name) => existsSync(join(this.directoryOf(name), manifestName)))
      .sort();
  }

  /** What runs that were cut off left behind. */
  async removeUnfinished(): Promise<void> {
    const whole = new Set(await this.list());
    for (const name of await readdir(this.backupsDirectory))
      if (namePattern.test(name) && !whole.has(name))
        await rm(this.directoryOf(name), { recursive: true, force: true });
  }

  /** Nobody else writes here until the returned function is called. @throws CliFailure while somebody does */
  async lock(): Promise<() => Promise<void>> {
    const held = this.#takeLock();
    const path = join(this.directory, 'busy');
    if (held === undefined) throw this.#busy(await ownerIn(path), ['wait for its end']);
    try {
      await this.#claim(path);
    } catch (error) {
      held.release();
      throw error;
    }
    return async () => {
      await rm(path, { force: true });
      held.release();
    };
  }

  #takeLock(): DirectoryLock | undefined {
    try {
      return lockFile(join(this.directory, 'lock'));
    } catch (error) {
      throw new CliFailure(
        exitCodes.failed,
        `${this.directory} cannot be locked: ${(error as Error).message}`,
        ['see that it is there, and that you may write there'],
      );
    }
  }

  /** Beside the lock, as a file system of a network may keep locks from other hosts. */
  async #claim(path: string): Promise<void> {
    const owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    try {
      await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const other = await ownerIn(path);
      if (other?.host !== owner.host)
        throw this.#busy(other, [`wait for its end; if it is gone, remove ${path}`]);
      // Of this host, and without the lock: it is gone, whatever process has its number now.
      await writeFile(path, JSON.stringify(owner));
    }
  }

  #busy(other: Owner | null, todo: readonly string[]): CliFailure {
    const who =
      other === null ? '' : ` (process ${other.pid} on ${other.host} since ${other.since})`;
    return new CliFailure(
      exitCodes.failed,
      `another command writes to ${this.directory}${who}`,
      todo,
    );
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await checkDirectory(path);
  }
}

async function checkDirectory(path: string): Promise<void> {
  const there = await thereAt(path);
  if (there === undefined || there.isDirectory()) return;
  throw new CliFailure(exitCodes.failed, `${path} is not a directory of the backups`, [
    'see what it is, and move it away; links within a directory of backups are not followed',
  ]);
}

export const manifestName = 'manifest.json';
const namePattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

/** Sorts behind the last one, even within the same second or when the clock was set back. */
export function newBackupName(nowMs: number, last: string | undefined): string {
  const lastMs = last === undefined ? 0 : timeIn(last) + 1000;
  const time = new Date(Math.max(nowMs, lastMs)).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

function timeIn(name: string): number {
  return Date.parse(name.replace(/^(....)(..)(..)T(..)(..)(..)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));
}

type Owner = { readonly pid: number; readonly host: string; readonly since: string };

async function ownerIn(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}
