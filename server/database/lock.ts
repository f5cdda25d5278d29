import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Fault } from '../domain/faults.ts';
import { isBusy } from './errors.ts';

export type DirectoryLock = { release(): void };

/**
 * One process per data directory. The lock is a lock that the kernel holds on a small SQLite file, so it ends with the
 * process however that ends; Node has no flock of its own. `lock-owner.json` only serves the message.
 *
 * @throws Fault `data-directory-in-use`, naming the owner
 */
export function lockDataDirectory(dataDirectory: string): DirectoryLock {
  const lock = new BetterSqlite3(join(dataDirectory, 'lock'), { timeout: 0 });
  chmodSync(join(dataDirectory, 'lock'), 0o600);
  const ownerFile = join(dataDirectory, 'lock-owner.json');
  try {
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new Fault(
      'data-directory-in-use',
      `the data directory ${dataDirectory} is in use by ${describeOwner(ownerFile)}; stop that process, or set WAYBILL_DATA_DIR to another directory`,
    );
  }
  const owner = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  try {
    writeFileSync(ownerFile, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    // It only serves the message: a server starts on a full disk, too.
  }
  return { release: () => lock.close() };
}

function describeOwner(ownerFile: string): string {
  try {
    const owner = JSON.parse(readFileSync(ownerFile, 'utf8')) as Record<string, unknown>;
    return `process ${String(owner['pid'])} on ${String(owner['host'])}, started ${String(owner['startedAt'])}`;
  } catch {
    return 'another process';
  }
}
