import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { isBusy } from './errors.ts';

export type DirectoryLock = { release(): void };

/**
 * A lock that the kernel holds on a small SQLite file (0600), so it ends with the process however that ends, and holds
 * whatever number the process has for others; Node has no flock of its own. Nobody here opens the file in another way: its
 * close would let go of the lock.
 *
 * @returns undefined where somebody has it
 */
export function lockFile(path: string): DirectoryLock | undefined {
  const lock = new BetterSqlite3(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => lock.close() };
}

/**
 * One process per data directory. `lock-owner.json` only serves the message.
 *
 * @throws Fault `data-directory-in-use`, naming the owner
 */
export function lockDataDirectory(dataDirectory: string): DirectoryLock {
  const lock = lockFile(join(dataDirectory, 'lock'));
  const ownerFile = join(dataDirectory, 'lock-owner.json');
  if (lock === undefined)
    throw new Fault(
      'data-directory-in-use',
      `the data directory ${dataDirectory} is in use by ${describeOwner(ownerFile)}; stop that process, or set WAYBILL_DATA_DIR to another directory`,
    );
  const owner = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  try {
    writeFileSync(ownerFile, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    // It only serves the message: a server starts on a full disk, too.
  }
  return lock;
}

function describeOwner(ownerFile: string): string {
  try {
    const owner = JSON.parse(readFileSync(ownerFile, 'utf8')) as Record<string, unknown>;
    return `process ${String(owner['pid'])} on ${String(owner['host'])}, started ${String(owner['startedAt'])}`;
  } catch {
    return 'another process';
  }
}
