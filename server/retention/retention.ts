import type { EvidenceKey } from '../signing/evidence-key.ts';
import { createCertificates, type Certificates } from './certificates.ts';
import { ClockGuard, type ClockParts } from './clock.ts';
import { RetentionEngine } from './engine.ts';
import { createHolds, type LegalHolds } from './holds.ts';
import { createJobs } from './jobs.ts';
import type { RetentionParts } from './parts.ts';
import { purgeItem } from './purge-item.ts';
import { createReport } from './report.ts';
import { Erasure } from './erasure.ts';
import { createRedactions, type RedactionParts, type Redactions } from './redactions.ts';
import { createRests } from './rests.ts';
import { createRuns } from './runs.ts';
import type { Clock, Jobs, Reports, Runs } from './views.ts';

/** What administrators do about files that are old: all that the API shows and changes. */
export type Retention = {
  readonly jobs: Jobs;
  readonly runs: Runs;
  readonly holds: LegalHolds;
  readonly certificates: Certificates;
  readonly report: Reports;
  readonly clock: Clock;
  readonly redactions: Redactions;
};

/** The same with what carries it out. */
export type RunningRetention = Retention & {
  /** Looks at the clock. Before anybody is served: a hold that ends by itself ends by a clock that was looked at. */
  begin(): Promise<void>;
  /** Once a minute, and once at the start. It resolves when the work has begun, which goes on beside. */
  tick(): Promise<void>;
  /** Resolves when there is nothing to do before the next minute. */
  idle(): Promise<void>;
  /** Ends the part that is under way; the next start goes on behind it. */
  stop(): Promise<void>;
};

export type RetentionServerParts = RetentionParts &
  Omit<ClockParts, keyof RetentionParts> & {
    readonly key: Pick<EvidenceKey, 'sign'>;
    readonly names: RedactionParts['names'];
    /** Of the server. */
    readonly version: string;
    /** Empties the log of the database; false where somebody still reads from it. */
    readonly eraseLog: () => Promise<boolean>;
    readonly onFault: (error: unknown) => void;
    /** Other than by the work that was done (rests.ts). */
    readonly rest?: (workMs: number, signal?: AbortSignal) => Promise<void>;
  };

export function createRetention(parts: RetentionServerParts): RunningRetention {
  const { files, key, version, steadyNow } = parts;
  const clock = new ClockGuard(parts);
  const erasure = new Erasure(parts);
  const rest = parts.rest ?? createRests(files.opens, steadyNow);
  const engine = new RetentionEngine({
    ...parts,
    clock,
    rest,
    purgeItem: (unit, task) => purgeItem({ files, key, version }, unit, task),
  });
  return {
    jobs: createJobs(parts),
    runs: createRuns({ ...parts, clock, wake: () => engine.wake() }),
    holds: createHolds(parts),
    certificates: createCertificates(parts),
    report: createReport({ ...parts, rest }),
    clock: {
      read: () => clock.read(),
      confirm: async (origin, reason) => {
        const view = await clock.confirm(origin, reason);
        engine.wake();
        return view;
      },
    },
    redactions: createRedactions({ ...parts, opens: files.opens, erasure }),
    // What it finds holds also where it cannot be noted now; the next look tries that again.
    begin: async () => void (await clock.look().catch(parts.onFault)),
    tick: () => engine.tick(),
    idle: () => engine.idle(),
    stop: async () => {
      await engine.stop();
      await erasure.stop();
    },
  };
}
