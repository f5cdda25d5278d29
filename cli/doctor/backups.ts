import { removeOldScratch } from '../backup/scratch.ts';
import type { Config } from '../../server/config.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const day = 24 * 3_600_000;
const ageMsMax = 7 * day;

/** Whether there is a backup, by the ledger, and how old it is. */
export async function examineBackups(database: OpenDatabase, nowMs: number): Promise<Finding> {
  const todo = '`waybill backup --to <directory>` on another disk, every day';
  try {
    const last = await database.read(({ query }) =>
      query
        .selectFrom('ledger')
        .select('at')
        .where('event', '=', 'backup.ended.1')
        .where('outcome', '=', 'success')
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst(),
    );
    if (last === undefined) return finding('warn', 'backup', 'the ledger knows of no backup', todo);
    const days = Math.floor((nowMs - last.at) / day);
    const when = new Date(last.at).toISOString();
    if (nowMs - last.at > ageMsMax)
      return finding('warn', 'backup', `the last one is ${days} days old (${when})`, todo);
    return finding('ok', 'backup', `the last one was whole at ${when}`);
  } catch (error) {
    return finding('skip', 'backup', reasonOf(error), todo);
  }
}

/** Copies of the database in the clear, which commands that were killed left: what is ours of them and unused goes. */
export async function* examineScratch(config: Config): AsyncIterable<Finding> {
  const what = 'a command that was killed had left a copy of the database in';
  try {
    const { removed, left, inUse } = await removeOldScratch(config.dataDirectory);
    if (removed.length > 0)
      yield finding('warn', 'scratch', `${what} ${removed.join(', ')}, which is removed now`);
    if (left.length > 0)
      yield finding(
        'warn',
        'scratch',
        `there is a copy of the database in ${left.join(', ')}, which belongs to another user`,
        'if no command works there any more, remove it as that user',
      );
    if (inUse.length > 0)
      yield finding(
        'skip',
        'scratch',
        `a command that goes on has its copy of the database in ${inUse.join(', ')}`,
        'it removes that when it ends',
      );
  } catch {
    // The checks of the directories tell what is wrong with this one.
  }
}
