import { join } from 'node:path';
import { createLedgerArchive, type LedgerArchive } from '../archive/archive.ts';
import { ArchiveFiles } from '../archive/archive-files.ts';
import type { Config } from '../config.ts';
import type { OpenDatabase } from '../database/open.ts';
import type { Database } from '../database/units.ts';
import { createLedgerExports, type LedgerExports } from '../ledger/export.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import { Erasure } from '../retention/erasure.ts';
import type { Retention } from '../retention/retention.ts';
import { evidenceKeyLines, type EvidenceKey } from '../signing/evidence-key.ts';
import { version } from '../version.ts';

/** In the data directory. */
export const archiveDirectoryName = 'archive';

type Parts = {
  readonly config: Config;
  readonly masterKey: Uint8Array;
  readonly database: OpenDatabase;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly names: Pick<LedgerNames, 'open'>;
  readonly evidenceKey: Pick<EvidenceKey, 'sign'>;
  readonly checkpointNow: () => Promise<unknown>;
  /** Whether the checkpoint that was to be made last was made, or none was due. */
  readonly isSigning: () => boolean;
  readonly clock: Retention['clock'];
  readonly onFault: (error: unknown) => void;
};

/** What brings the ledger out: to who verifies it elsewhere, and to the archive when it is old. */
export function composeArchive({ config, masterKey, clock, ...parts }: Parts): {
  readonly exports: LedgerExports;
  readonly archive: LedgerArchive;
} {
  const { database, checkpointNow, onFault } = parts;
  const evidenceKeys = () => evidenceKeyLines({ database });
  const exports = createLedgerExports({ ...parts, evidenceKeys });
  const erasure = new Erasure({ eraseLog: () => database.truncateLog(), onFault });
  const archive = createLedgerArchive({
    database,
    guarded: parts.guarded,
    ledger: parts.ledger,
    files: new ArchiveFiles(join(config.dataDirectory, archiveDirectoryName), masterKey),
    key: parts.evidenceKey,
    exports: createLedgerExports({ database, names: null, checkpointNow, evidenceKeys }),
    years: config.ledgerYears,
    clock: Date.now,
    problem: async () => {
      const { problem } = await clock.read();
      if (problem !== null)
        return 'the clock of the server is in doubt: `waybill retention clock` tells why';
      await checkpointNow();
      if (parts.isSigning()) return null;
      return 'no checkpoint of the ledger can be made: `waybill audit verify` and the log tell why';
    },
    erase: () => erasure.erase(),
    version,
    onFault,
  });
  const stop = async () => {
    await archive.stop();
    await erasure.stop();
  };
  return { exports, archive: { ...archive, stop } };
}
