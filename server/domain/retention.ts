import type { Glob } from './glob.ts';

/** What a job destroys: what a name holds, what it held before, and uploads that nobody ended. */
export const retentionTargets = ['file', 'previous-version', 'partial-upload'] as const;
export type RetentionTarget = (typeof retentionTargets)[number];

/**
 * From when an age counts: from when it was received (a partial upload: last written), or from when somebody of another
 * agency than its sender's had first read the whole of it. What was never collected never grows old by that clock, and
 * partial uploads have only the first.
 */
export const retentionClocks = ['received', 'collected'] as const;
export type RetentionClock = (typeof retentionClocks)[number];

/** What goes, by a job; each run keeps it as it found it. */
export type RetentionRule = {
  /** Code; null for all agencies. */
  readonly agency: string | null;
  readonly glob: Glob;
  /** Days of 24 hours. */
  readonly olderThanDays: number;
  readonly clock: RetentionClock;
  readonly targets: readonly RetentionTarget[];
  /** Of each file the newest so many stay whatever their age, what the name holds now among them. */
  readonly keepVersions: number;
};

export type RunCause = 'schedule' | 'missed' | 'administrator';

/**
 * `planning` -> `planned` -> (`approved`) -> `running` -> `done` | `failed` | `cancelled`. A plan that waits for nobody
 * goes on by itself; a dry run stays `planned`, and can be approved like any plan.
 */
export type RunState =
  'planning' | 'planned' | 'approved' | 'running' | 'done' | 'failed' | 'cancelled';

/** Why a plan waits: the job wants it, or it would take more of the files than the configured share. */
export type RunWait = 'approval' | 'share';

export type ItemState =
  | 'planned'
  | 'purged'
  /** A hold is on it. */
  | 'held'
  /** It is among the newest that stay, by now. */
  | 'kept'
  /** Its name is being received. */
  | 'busy'
  /** Somebody else removed, replaced or ended it. */
  | 'gone'
  | 'failed';
