import { createBackupLeases } from '../../server/backup-lease.ts';
import type { BackupLease } from '../../server/backup-lease.ts';
import type { Config } from '../../server/config.ts';
import { askForLease } from '../../server/control.ts';
import { lockDataDirectory } from '../../server/database/lock.ts';
import { openDatabase } from '../../server/database/open.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { CliFailure, exitCodes } from '../parts.ts';

const aliveMs = 10_000;

/** What makes it safe to copy, from whoever holds the data directory. */
export type Lease = BackupLease & {
  /** To be called while the work goes on. @throws CliFailure when the server has let go of it */
  tick(): void;
  readonly isServerRunning: boolean;
};

/** From the server that runs, or by holding the data directory ourselves, so that none can start. */
export async function beginLease(
  { dataDirectory }: Config,
  backup: string,
  to: string,
  nowMs: () => number,
): Promise<Lease> {
  const remote = await askForLease(dataDirectory, backup, to);
  if (remote === undefined) return holdDirectory(dataDirectory, backup, to, nowMs);
  let saidMs = nowMs();
  return {
    end: (report) => remote.end(report),
    breakOff: () => remote.breakOff(),
    tick: () => {
      if (remote.lost.aborted)
        throw new CliFailure(exitCodes.failed, 'the server stopped while the backup was taken', [
          'take it again once the server runs, or while it does not; what was copied stays and is used',
        ]);
      if (nowMs() - saidMs < aliveMs) return;
      saidMs = nowMs();
      remote.alive();
    },
    isServerRunning: true,
  };
}

async function holdDirectory(
  dataDirectory: string,
  backup: string,
  to: string,
  nowMs: () => number,
): Promise<Lease> {
  const lock = lockDataDirectory(dataDirectory);
  // Not migrated: a backup is what one takes before that.
  const database = openDatabase({ dataDirectory, clock: nowMs, migrations: 'leave' });
  const close = async () => {
    await database.close();
    lock.release();
  };
  try {
    const hold = () => () => undefined;
    // A ledger of an earlier version may not take our rows.
    const isCurrent = database.migrations.pending.length === 0;
    const lease = isCurrent
      ? await createBackupLeases({ database, ledger, hold }).begin(backup, to)
      : undefined;
    return {
      end: async (report) => {
        await lease?.end(report);
        await close();
      },
      breakOff: async () => {
        await lease?.breakOff();
        await close();
      },
      tick: () => undefined,
      isServerRunning: false,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
