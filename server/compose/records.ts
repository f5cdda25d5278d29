import { randomBytes } from 'node:crypto';
import type { LedgerArchive } from '../archive/archive.ts';
import type { Config } from '../config.ts';
import type { OpenDatabase } from '../database/open.ts';
import type { TrustedTime } from '../database/trusted-time.ts';
import type { Database } from '../database/units.ts';
import type { FilesParts } from '../files/parts.ts';
import type { LedgerExports } from '../ledger/export.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import type { Reports } from '../reports/reports.ts';
import type { RunningReviews } from '../reports/reviews.ts';
import { createRetention, type RunningRetention } from '../retention/retention.ts';
import type { RotatingKey } from '../signing/rotating-key.ts';
import { version } from '../version.ts';
import { composeArchive } from './archive.ts';
import type { Operations } from './operations.ts';
import { composeReports } from './reports.ts';

type Parts = {
  readonly config: Config;
  readonly masterKey: Uint8Array;
  readonly database: OpenDatabase;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly names: LedgerNames;
  readonly files: FilesParts;
  readonly evidenceKey: RotatingKey;
  readonly checkpoints: Operations['checkpoints'];
  /** Of the newest row of the ledger at the start; null where there was none. */
  readonly ledgerAtMs: number | null;
  readonly trusted: TrustedTime;
  readonly onFault: (error: unknown) => void;
};

export type ComposedRecords = {
  readonly retention: RunningRetention;
  readonly ledgerExports: LedgerExports;
  readonly ledgerArchive: LedgerArchive;
  readonly reports: Reports;
  readonly reviews: RunningReviews;
};

/** What becomes of files and of the ledger as they get older, and what is told of them. */
export function composeRecords(parts: Parts): ComposedRecords {
  const { masterKey, ...given } = parts;
  const { config, database, files, checkpoints } = given;
  const retention = createRetention({
    ...given,
    randomBytes,
    limits: config.limits,
    key: given.evidenceKey,
    version,
    now: Date.now,
    steadyNow: () => performance.now(),
    eraseLog: () => database.truncateLog(),
  });
  const { clock } = retention;
  const { exports: ledgerExports, archive: ledgerArchive } = composeArchive({
    ...given,
    masterKey,
    checkpointNow: () => checkpoints.making.now(),
    isSigning: () => checkpoints.making.isSigning,
    clock,
  });
  const { reports, reviews } = composeReports({
    ...given,
    opens: files.opens,
    clock,
    check: checkpoints.check,
  });
  return { retention, ledgerExports, ledgerArchive, reports, reviews };
}
