import type { Reader } from '../database/units.ts';
import type { Actor, Origin } from '../domain/events.ts';
import type {
  ItemState,
  RetentionClock,
  RetentionRule,
  RetentionTarget,
  RunCause,
  RunState,
  RunWait,
} from '../domain/retention.ts';

/** A list in parts: `next` is where the next part begins after, null where there is none. */
export type Part<T> = { readonly items: T[]; readonly next: string | null };

/** What an administrator says of a job; the path is a pattern as `glob.ts` takes it. */
export type JobFields = {
  readonly name: string;
  /** Code; null for all agencies. It stays. */
  readonly agency: string | null;
  readonly path: string;
  readonly olderThanDays: number;
  readonly clock: RetentionClock;
  readonly targets: readonly RetentionTarget[];
  readonly keepVersions: number;
  /** Cron, five fields. */
  readonly schedule: string;
  /** IANA. */
  readonly timezone: string;
  readonly enabled: boolean;
  readonly needsApproval: boolean;
};

export type RetentionJob = JobFields & {
  readonly id: string;
  /** Who set its rule last: the id of an admin key. */
  readonly changedBy: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The next five; none where it is not enabled. */
  readonly nextRunsMs: readonly number[];
  readonly lastRun: RetentionRun | null;
};

export type FilesAndBytes = { readonly files: number; readonly bytes: number };

export type RetentionRun = {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly cause: RunCause;
  readonly dryRun: boolean;
  readonly state: RunState;
  readonly waitsFor: RunWait | null;
  readonly rule: RetentionRule;
  readonly cutoffMs: number;
  readonly dueAtMs: number | null;
  readonly requestedBy: Actor;
  readonly approvedBy: Actor | null;
  readonly cancelledBy: Actor | null;
  readonly createdAtMs: number;
  readonly plannedAtMs: number | null;
  readonly approvedAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly planSha256: string | null;
  readonly scopeFiles: number;
  readonly planned: FilesAndBytes;
  readonly purged: FilesAndBytes;
  readonly held: number;
  readonly skipped: number;
  readonly failed: number;
  /** 0 to 1. */
  readonly progress: number;
  readonly error: string | null;
};

export type RetentionItem = {
  readonly ordinal: number;
  readonly target: RetentionTarget;
  readonly targetId: string;
  readonly agency: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly clockAtMs: number;
  readonly state: ItemState;
  readonly reason: string | null;
};

export type ClockView = {
  readonly nowMs: number;
  /** The last time that was noted; null before the first. */
  readonly seenAtMs: number | null;
  readonly problem: 'went-back' | 'jumped' | null;
  readonly problemBeforeMs: number | null;
  readonly problemAfterMs: number | null;
};

export type RetentionReport = {
  readonly atMs: number;
  /** That it looks ahead. */
  readonly days: number;
  readonly expiring: readonly {
    readonly agency: string;
    /** One for each day that has any, the first day first; `2030-01-31`, UTC. */
    readonly byDay: readonly ({ readonly day: string } & FilesAndBytes)[];
  }[];
  readonly overdue: readonly ({ readonly agency: string } & FilesAndBytes)[];
  readonly oldest: readonly {
    readonly agency: string;
    readonly path: string;
    readonly receivedAtMs: number;
  }[];
};

export type Jobs = {
  /** By name. */
  list(listing: {
    readonly limit: number;
    readonly after?: string | null;
    readonly agency?: string;
  }): Promise<Part<RetentionJob>>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<RetentionJob>;
  /** The same in a unit, for an ETag. @throws Fault `not-found` */
  find(reader: Reader, id: string): Promise<RetentionJob>;
  /** @throws Fault `field-invalid`, `name-used` */
  create(origin: Origin, fields: JobFields): Promise<RetentionJob>;
  /** @throws Fault `not-found`, `field-invalid`, `name-used` */
  change(
    origin: Origin,
    id: string,
    fields: Partial<Omit<JobFields, 'agency'>>,
  ): Promise<RetentionJob>;
  /** @throws Fault `not-found`, `conflict` while a run of it goes on */
  remove(origin: Origin, id: string): Promise<void>;
  /** @throws Fault `field-invalid` */
  nextRuns(schedule: string, timezone: string, count: number, fromMs: number): readonly number[];
};

export type Runs = {
  /** The newest first. */
  list(listing: {
    readonly limit: number;
    readonly after?: string | null;
    readonly jobId?: string;
    readonly state?: RunState;
    /** Of jobs of this agency alone. */
    readonly agency?: string;
  }): Promise<Part<RetentionRun>>;
  /** @throws Fault `not-found` */
  get(jobId: string, runId: string): Promise<RetentionRun>;
  /** The same in a unit, for an ETag. @throws Fault `not-found` */
  find(reader: Reader, jobId: string, runId: string): Promise<RetentionRun>;
  /** @throws Fault `not-found`, `conflict` */
  start(origin: Origin, jobId: string, how: { readonly dryRun: boolean }): Promise<RetentionRun>;
  /** In the order of the plan; `next` is an ordinal. */
  items(
    runId: string,
    listing: { readonly limit: number; readonly after?: number | null; readonly state?: ItemState },
  ): Promise<{ readonly items: RetentionItem[]; readonly next: number | null }>;
  /** @throws Fault `not-found`, `conflict`, `approval-not-allowed` */
  approve(origin: Origin, jobId: string, runId: string): Promise<RetentionRun>;
  /** @throws Fault `not-found`, `conflict` */
  cancel(origin: Origin, jobId: string, runId: string): Promise<RetentionRun>;
};

export type Reports = {
  read(wanted: { readonly days: number; readonly agency?: string }): Promise<RetentionReport>;
};

export type Clock = {
  read(): Promise<ClockView>;
  /** @throws Fault `conflict` where there is nothing to confirm, `field-invalid` */
  confirm(origin: Origin, reason: string): Promise<ClockView>;
};
