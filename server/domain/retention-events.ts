import type { RunCause, RunState, RunWait } from './retention.ts';

type Change = { readonly before: unknown; readonly after: unknown };
type Where = { readonly agency: string; readonly path: string };
/** Ids of a run and its job; the code of the job's agency, null for all; and how much the row is about. */
type RetentionRun = {
  readonly run: string;
  readonly job: string;
  readonly agency: string | null;
  readonly files: number;
  readonly bytes: number;
};

/** Ids of what destroyed it, and of its certificate. */
type Purge = Where & { readonly run: string; readonly job: string; readonly certificate: string };

/** What the ledger tells of retention: jobs and their runs, what they destroyed, holds, and the clock that they go by. */
export type RetentionEvent =
  /** A retention job's run took a content away; the certificate says by what rule and on whose word. */
  | ({
      readonly event: 'file.purged.1' | 'version.purged.1';
      readonly version: string;
      readonly size: number;
      readonly sha256: string;
    } & Purge)
  | ({
      readonly event: 'upload.purged.1';
      readonly username: string;
      readonly size: number;
    } & Purge)
  /** A retention job; its agency is null where it is for all of them. */
  | ({
      readonly event:
        'retention-job.created.1' | 'retention-job.changed.1' | 'retention-job.removed.1';
      readonly job: string;
      readonly agency: string | null;
    } & Change)
  /** What a run would take, and whether that waits for an administrator. */
  | ({
      readonly event: 'retention-run.planned.1';
      readonly dryRun: boolean;
      /** What came before this is old enough. */
      readonly cutoff: string;
      readonly planSha256: string;
      readonly waitsFor: RunWait | null;
    } & RetentionRun)
  | ({ readonly event: 'retention-run.approved.1'; readonly planSha256: string } & RetentionRun)
  /** From here on it purges. */
  | ({ readonly event: 'retention-run.started.1'; readonly cause: RunCause } & RetentionRun)
  /** What it has purged, and what else became of its plan; the row of one that failed is marked so. */
  | ({
      readonly event: 'retention-run.ended.1';
      readonly state: 'done' | 'failed';
      readonly held: number;
      readonly skipped: number;
      readonly failed: number;
      readonly error: string | null;
    } & RetentionRun)
  /** What it had purged by then stays so. */
  | ({ readonly event: 'retention-run.cancelled.1'; readonly was: RunState } & RetentionRun)
  /** Nothing is purged until an administrator has confirmed the time. */
  | {
      readonly event: 'clock.problem.1';
      readonly problem: 'went-back' | 'jumped';
      readonly before: string;
      readonly after: string;
    }
  | {
      readonly event: 'clock.confirmed.1';
      readonly problem: 'went-back' | 'jumped';
      readonly before: string;
      readonly after: string;
      readonly explanation: string;
    }
  /** A legal hold; its agency is null where it is on all of them. */
  | ({
      readonly event: 'hold.placed.1';
      readonly hold: string;
      readonly agency: string | null;
    } & Change)
  /** By an administrator; or it went with its file to what took the file's place. */
  | ({
      readonly event: 'hold.changed.1';
      readonly hold: string;
      readonly agency: string | null;
    } & Change)
  /** What it kept may go from here on. One that ended by itself has no row. */
  | {
      readonly event: 'hold.lifted.1';
      readonly hold: string;
      readonly agency: string | null;
      readonly lifted: string;
    }
  /** The key that signs certificates from here on. */
  | {
      readonly event: 'evidence-key.adopted.1';
      /** As in `.pub` files. */
      readonly publicKey: string;
      readonly fingerprint: string;
    };
