import type { Config } from '../../server/config.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { checkMasterKey } from '../../server/files/vault.ts';
import { readEvidenceKeys } from '../../server/evidence-keys-file.ts';
import { problemOfHead } from '../../server/ledger/head-check.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { readKeyMaterial } from '../../server/setup.ts';
import { examineBackups } from './backups.ts';
import { examineBlobs } from './blobs.ts';
import { openUnmigrated } from './database.ts';
import type { Opened } from './database.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { examineAccessKeys } from './keys.ts';

export type ContentLook = {
  readonly nowMs: () => number;
  /** Also read every file. */
  readonly deep: boolean;
  /** Where the database lies: in the data directory that we hold, or a copy of it while a server does. */
  readonly databaseDirectory: string;
  readonly isCopy: boolean;
  /** What is kept beside the keys of the newest checkpoint, as it was no later than the database is. */
  readonly head: string | null;
};

const keepAndRestore = 'keep the data directory as it is, and restore a backup beside it';

/** What is inside the database, and the files that it speaks of. */
export async function* examineContent(
  config: Config,
  { nowMs, deep, databaseDirectory, isCopy, head }: ContentLook,
): AsyncIterable<Finding> {
  let opened: Opened;
  try {
    opened = openUnmigrated(databaseDirectory, nowMs);
  } catch (error) {
    yield finding('fail', 'database', reasonOf(error), keepAndRestore);
    return;
  }
  const { database } = opened;
  try {
    yield* examineDatabase(opened);
    const masterKey = await readMasterKey(config, database);
    yield masterKey.finding;
    yield await examineLedger(database, config.keysDirectory, head);
    if (isCopy)
      yield finding(
        'skip',
        'content',
        'files come and go while the server runs',
        '`waybill backup` reads those that it copies; stop the server to check all of them here',
      );
    else yield* guarded('content', examineBlobs(config, database, masterKey.key, deep));
    yield* examineAccessKeys(database, nowMs());
    yield await examineBackups(database, nowMs());
    yield await examineClock(database, nowMs());
  } finally {
    await database.close();
  }
}

function* examineDatabase({ database, applied, pending }: Opened): Iterable<Finding> {
  const problems = integrityOf(database);
  if (problems === 'ok') yield finding('ok', 'database', 'SQLite finds it whole');
  else
    yield finding(
      'fail',
      'database',
      `SQLite finds it damaged: ${problems.split('\n').slice(0, 3).join('; ')}`,
      keepAndRestore,
    );
  if (pending.length === 0) yield finding('ok', 'migrations', `${applied} applied, none to come`);
  else
    yield finding(
      'warn',
      'migrations',
      `${applied} applied, to come: ${pending.join(', ')}`,
      'the next start applies them; make a backup first',
    );
}

function integrityOf(database: OpenDatabase): string {
  try {
    return database.integrityCheck();
  } catch (error) {
    return reasonOf(error);
  }
}

async function readMasterKey(
  config: Config,
  database: OpenDatabase,
): Promise<{ finding: Finding; key: Buffer | undefined }> {
  try {
    const key = readKeyMaterial(config).masterKey.reveal();
    await database.read((reader) => checkMasterKey(reader, key));
    return { finding: finding('ok', 'master-key', 'it opens the keys in the database'), key };
  } catch (error) {
    const todo =
      'restore the keys directory that belongs to this data, or set WAYBILL_KEYS_DIR to where it is';
    return { finding: finding('fail', 'master-key', reasonOf(error), todo), key: undefined };
  }
}

async function examineLedger(
  database: OpenDatabase,
  keysDirectory: string,
  head: string | null,
): Promise<Finding> {
  try {
    const { ok, rows, firstBadRow, problem, lastHash } = await verifyLedger(database, {
      knownEvidenceKeys: () => readEvidenceKeys(keysDirectory),
    });
    const other = ok ? await problemOfHead(database, head) : null;
    if (other !== null) return finding('fail', 'ledger', other, keepAndRestore);
    if (ok)
      return finding(
        'ok',
        'ledger',
        `${rows} rows, the chain is whole, last hash ${lastHash.slice(0, 16)}`,
      );
    return finding(
      'fail',
      'ledger',
      `row ${firstBadRow ?? '?'}: ${problem ?? 'bad'}`,
      'keep the data directory as it is, and compare with a backup or an export made before',
    );
  } catch (error) {
    return finding('fail', 'ledger', reasonOf(error), keepAndRestore);
  }
}

const clockSlackMs = 5 * 60_000;
/** Before this code was written: no clock that is right shows it. */
const earliestMs = Date.UTC(2026, 0);

/** Retention and expiry go by the clock, so it must not be behind what was written already. */
async function examineClock(database: OpenDatabase, nowMs: number): Promise<Finding> {
  const now = new Date(nowMs).toISOString();
  if (nowMs < earliestMs)
    return finding('fail', 'clock', `it shows ${now}`, 'set the clock, and keep it right with NTP');
  try {
    const last = await database.read(({ query }) =>
      query.selectFrom('ledger').select('at').orderBy('seq', 'desc').limit(1).executeTakeFirst(),
    );
    if (last === undefined) return finding('ok', 'clock', now);
    if (last.at <= nowMs + clockSlackMs)
      return finding('ok', 'clock', `${now}, after the last row of the ledger`);
    return finding(
      'fail',
      'clock',
      `it shows ${now}, before the last row of the ledger (${new Date(last.at).toISOString()})`,
      'set the clock, and keep it right with NTP',
    );
  } catch (error) {
    return finding('fail', 'clock', reasonOf(error), keepAndRestore);
  }
}

/** A check that meets what it did not expect fails, and the others go on. */
async function* guarded(name: string, findings: AsyncIterable<Finding>): AsyncIterable<Finding> {
  try {
    yield* findings;
  } catch (error) {
    yield finding('fail', name, reasonOf(error), keepAndRestore);
  }
}
