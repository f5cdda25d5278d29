import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Database } from '../database/units.ts';
import type { LiveOpens } from '../files/opens.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import type { SelfCheck } from '../ledger/self-check.ts';
import { createReports, type Reports } from '../reports/reports.ts';
import { createReviews, type RunningReviews } from '../reports/reviews.ts';
import { createRests } from '../retention/rests.ts';
import type { Retention } from '../retention/retention.ts';

export type ComposedReportsParts = {
  readonly config: Pick<Config, 'limits' | 'weeks'>;
  readonly database: Database;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly names: Pick<LedgerNames, 'open'>;
  readonly opens: Pick<LiveOpens, 'all'>;
  readonly clock: Pick<Retention['clock'], 'read'>;
  readonly check: Pick<SelfCheck, 'whole'>;
  readonly onFault: (error: unknown) => void;
};

/** What is told of the ledger: reports as they are asked for, and the review of each week. */
export function composeReports(parts: ComposedReportsParts): {
  readonly reports: Reports;
  readonly reviews: RunningReviews;
} {
  const { config, database, guarded, ledger, names, opens, clock, check, onFault } = parts;
  const rest = createRests(opens, () => performance.now());
  const read = { database, names, rest, limits: config.limits };
  return {
    reports: createReports(read),
    reviews: createReviews({
      ...read,
      guarded,
      ledger,
      randomBytes,
      weeks: config.weeks,
      verify: () => check.whole(),
      isTimeTrusted: async () => (await clock.read()).problem === null,
      onFault,
    }),
  };
}
