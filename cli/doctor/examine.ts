import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../server/config.ts';
import type { Config } from '../../server/config.ts';
import { lockDataDirectory } from '../../server/database/lock.ts';
import type { DirectoryLock } from '../../server/database/lock.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { snapshotDatabase } from '../../server/database/snapshot.ts';
import { LedgerHeadFile } from '../../server/ledger-head-file.ts';
import { Fault } from '../../server/domain/faults.ts';
import { readKeyMaterial } from '../../server/setup.ts';
import { checkRoom, withScratch } from '../backup/scratch.ts';
import { examineScratch } from './backups.ts';
import { examineHostClock } from './clock.ts';
import { examineContent } from './content.ts';
import { examineFiles } from './files.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { examineHostCertificates } from './host-certificates.ts';
import { examineDescriptors } from './limits.ts';
import { examineServer } from './server.ts';
import { examineSpace } from './space.ts';

export type Examination = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
  readonly deep: boolean;
};

/** Every check, from the outside in: what a later one needs, an earlier one has looked at. */
export async function* examine({ env, nowMs, deep }: Examination): AsyncIterable<Finding> {
  let config: Config;
  try {
    config = readConfig({ ...env });
  } catch (error) {
    const problems = (error as Error).message.split('\n');
    for (const problem of problems)
      yield finding(
        'fail',
        'configuration',
        problem,
        'correct it where the server gets it from, too',
      );
    return;
  }
  yield finding(
    'ok',
    'configuration',
    `data in ${config.dataDirectory}, keys in ${config.keysDirectory}, profile ${config.profile}`,
  );
  yield* examineFiles(config, nowMs());
  if (yield* examineKeys(config)) yield* examineHostCertificates(config, nowMs());
  yield* examineSpace(config);
  yield* examineDescriptors(config);
  yield* examineHostClock();
  yield* examineScratch(config);

  const hasDatabase = existsSync(join(config.dataDirectory, databaseFileName));
  if (!hasDatabase) {
    yield finding(
      'warn',
      'database',
      `there is none in ${config.dataDirectory}`,
      '`waybill serve` or `waybill init` makes it; or set WAYBILL_DATA_DIR',
    );
    yield* examineServer(config, false);
    return;
  }
  let lock: DirectoryLock;
  try {
    lock = lockDataDirectory(config.dataDirectory);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'data-directory-in-use') {
      yield finding(
        'fail',
        'database',
        `the data directory cannot be locked: ${reasonOf(error)}`,
        "run doctor as the server's user",
      );
      return;
    }
    yield* examineServer(config, true);
    yield* examineCopy(config, nowMs);
    return;
  }
  try {
    yield* examineServer(config, false);
    const databaseDirectory = config.dataDirectory;
    const head = await headOf(config);
    yield* examineContent(config, { nowMs, deep, databaseDirectory, isCopy: false, head });
  } finally {
    lock.release();
  }
}

/** While a server works on the database: a copy of it, as it is at one moment. */
async function* examineCopy(config: Config, nowMs: () => number): AsyncIterable<Finding> {
  const findings: Finding[] = [];
  try {
    await checkRoom(config, config.dataDirectory);
    await withScratch(config.dataDirectory, async (databaseDirectory) => {
      const head = await headOf(config);
      await snapshotDatabase(config.dataDirectory, databaseDirectory);
      const look = { nowMs, deep: false, databaseDirectory, isCopy: true, head };
      for await (const found of examineContent(config, look)) findings.push(found);
    });
  } catch (error) {
    findings.push(
      finding('skip', 'database', reasonOf(error), 'stop the server to check what is inside'),
    );
  }
  yield* findings;
}

/** One that cannot be read is no checkpoint. */
function headOf({ keysDirectory }: Config): Promise<string | null> {
  return new LedgerHeadFile(keysDirectory).read().catch(() => '');
}

/** @returns whether they can be read */
function* examineKeys(config: Config): Generator<Finding, boolean> {
  try {
    readKeyMaterial(config);
    yield finding('ok', 'key-material', 'the master key and the host key can be read');
    return true;
  } catch (error) {
    const fresh = !existsSync(join(config.dataDirectory, databaseFileName));
    yield finding(
      fresh ? 'warn' : 'fail',
      'key-material',
      reasonOf(error),
      fresh ? '`waybill init` makes it' : 'restore it from your backup of the keys directory',
    );
    return false;
  }
}
