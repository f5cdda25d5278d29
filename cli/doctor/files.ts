import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../server/config.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { evidenceKeysFile } from '../../server/evidence-keys-file.ts';
import { hostKeyPaths } from '../../server/host-key-files.ts';
import { evidenceKeyFile, masterKeyFile } from '../../server/setup.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const initialKeyName = 'initial-admin-key';
const day = 24 * 3_600_000;

/** Directories and files that hold secrets: there, ours, and nobody else's to read. */
export function* examineFiles(config: Config, nowMs: number): Iterable<Finding> {
  yield examineDirectory('data', config.dataDirectory, 'WAYBILL_DATA_DIR');
  yield examineDirectory('keys', config.keysDirectory, 'WAYBILL_KEYS_DIR');
  const secrets = [
    join(config.keysDirectory, masterKeyFile),
    ...hostKeyPaths(config.keysDirectory),
    join(config.keysDirectory, evidenceKeyFile),
    join(config.keysDirectory, evidenceKeysFile),
    join(config.dataDirectory, databaseFileName),
    join(config.dataDirectory, initialKeyName),
    join(config.dataDirectory, 'control.sock'),
  ];
  const problems = secrets.flatMap((path) => problemOfSecret(path));
  if (problems.length === 0)
    yield finding('ok', 'permissions', 'key files and database are readable by their owner only');
  else yield* problems;

  const initial = statOf(join(config.dataDirectory, initialKeyName));
  if (initial !== undefined && nowMs - initial.mtimeMs > day) {
    yield finding(
      'warn',
      'initial-key',
      `${join(config.dataDirectory, initialKeyName)} has expired`,
      'make a key with `waybill admin-key issue`, and delete the file',
    );
  }
}

function examineDirectory(name: string, path: string, variable: string): Finding {
  const stats = statOf(path);
  if (stats === undefined)
    return finding(
      'warn',
      `${name}-dir`,
      `${path} does not exist`,
      `\`waybill init\` makes it; or set ${variable}`,
    );
  if (!stats.isDirectory())
    return finding('fail', `${name}-dir`, `${path} is not a directory`, `set ${variable} to one`);
  const mode = modeOf(stats);
  if ((stats.mode & 0o022) !== 0) {
    return finding(
      'fail',
      `${name}-dir`,
      `others can change what is in ${path} (mode ${mode})`,
      `chmod 700 ${path}`,
    );
  }
  if (isForeign(stats)) {
    return finding(
      'warn',
      `${name}-dir`,
      `${path} belongs to user ${stats.uid}`,
      "run doctor as the server's user",
    );
  }
  if ((stats.mode & 0o055) !== 0)
    return finding(
      'warn',
      `${name}-dir`,
      `others can look into ${path} (mode ${mode})`,
      `chmod 700 ${path}`,
    );
  return finding('ok', `${name}-dir`, `${path} (mode ${mode})`);
}

function problemOfSecret(path: string): readonly Finding[] {
  const stats = statOf(path);
  if (stats === undefined || (stats.mode & 0o077) === 0) return [];
  return [
    finding(
      'fail',
      'permissions',
      `others can read or change ${path} (mode ${modeOf(stats)})`,
      `chmod 600 ${path}`,
    ),
  ];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isForeign(stats: Stats): boolean {
  const user = process.getuid?.();
  return user !== undefined && user !== stats.uid;
}

function modeOf(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, '0');
}
