import type { Database } from './database/units.ts';
import type { LedgerEvent, Origin } from './domain/events.ts';
import { Fault } from './domain/faults.ts';
import type { LiveOpens } from './files/opens.ts';
import type { Ledger } from './ledger/ledger.ts';

/** What a backup turned out to hold. */
export type BackupReport = {
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 of its manifest, hex. */
  readonly manifest: string;
};

/** While it lasts, no bytes go that a snapshot taken after its start speaks for. */
export type BackupLease = {
  /** The backup is whole, and recorded as such. */
  end(report: BackupReport): Promise<void>;
  /** It is not, and never will be. Idempotent, and nothing after `end`. */
  breakOff(): Promise<void>;
};

export type BackupLeases = {
  /** @throws Fault `conflict` while another one is being taken */
  begin(backup: string, directory: string): Promise<BackupLease>;
};

type LeaseParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Keeps the bytes of every blob until the returned function is called. */
  readonly hold: LiveOpens['hold'];
};

const hostOrigin: Origin = { actor: { kind: 'host' }, session: null, source: null };

/** One backup at a time, each with a row in the ledger at its start and one at its end. */
export function createBackupLeases({ database, ledger, hold }: LeaseParts): BackupLeases {
  let isTaken = false;

  const record = (outcome: 'success' | 'failed', event: LedgerEvent) =>
    database.write((unit) =>
      ledger.append(unit, { origin: hostOrigin, outcome, reason: null, event }),
    );

  return {
    begin: async (backup, directory) => {
      if (isTaken) throw new Fault('conflict', 'another backup is being taken: wait for its end');
      isTaken = true;
      const letGo = hold();
      let isOver = false;
      const release = () => {
        isTaken = false;
        letGo();
      };
      try {
        await record('success', { event: 'backup.began.1', backup, directory });
      } catch (error) {
        release();
        throw error;
      }
      return {
        end: async (report) => {
          if (isOver) throw new Fault('conflict', 'the server has given the backup up');
          isOver = true;
          try {
            await record('success', { event: 'backup.ended.1', backup, ...report });
          } finally {
            release();
          }
        },
        breakOff: async () => {
          if (isOver) return;
          isOver = true;
          const nothing = { files: null, bytes: null, manifest: null };
          try {
            await record('failed', { event: 'backup.ended.1', backup, ...nothing });
          } finally {
            release();
          }
        },
      };
    },
  };
}
