import type { Generated, GeneratedAlways } from 'kysely';
import type {
  ItemState,
  RetentionClock,
  RetentionTarget,
  RunCause,
  RunState,
  RunWait,
} from '../domain/retention.ts';

export interface RetentionJobTable {
  id: string;
  /** Unique among those that are there. */
  name: string;
  /** Null for all agencies. */
  agency_id: string | null;
  glob: string;
  older_than_days: number;
  clock: RetentionClock;
  /** JSON `RetentionTarget[]` */
  targets: string;
  keep_versions: number;
  schedule: string;
  timezone: string;
  enabled: number;
  needs_approval: number;
  /** The next run is due at the first time of the schedule after this. */
  due_after: number;
  /** Id of the admin key that set its rule last. */
  changed_by: string;
  created_at: number;
  updated_at: number;
  removed_at: number | null;
}

export interface RetentionRunTable {
  id: string;
  job_id: string;
  cause: RunCause;
  dry_run: number;
  state: RunState;
  waits_for: RunWait | null;
  /** JSON `RetentionRule`: the job's as the run found it. */
  rule: string;
  cutoff_at: number;
  /** When the schedule wanted it; null for one that an administrator asked for. */
  due_at: number | null;
  /** JSON `Actor`, as the next two. */
  requested_by: string;
  approved_by: string | null;
  cancelled_by: string | null;
  created_at: number;
  planned_at: number | null;
  approved_at: number | null;
  started_at: number | null;
  ended_at: number | null;
  /** JSON; null before and after planning. */
  plan_cursor: string | null;
  /** The first item that is not settled yet. */
  next_ordinal: Generated<number>;
  plan_sha256: string | null;
  /** Files in the job's agencies when it was planned. */
  scope_files: Generated<number>;
  planned_files: Generated<number>;
  planned_bytes: Generated<number>;
  purged_files: Generated<number>;
  purged_bytes: Generated<number>;
  held_files: Generated<number>;
  skipped_files: Generated<number>;
  failed_files: Generated<number>;
  error: string | null;
  /** When a part of it was done last; null before the first. */
  progress_at: number | null;
  /** When a run that is no dry one was done or failed; the database reckons it, and the next. */
  outcome_at: GeneratedAlways<number | null>;
  /** 1 for one that is no dry one and not over, null for others. */
  active: GeneratedAlways<number | null>;
}

export interface RetentionItemTable {
  run_id: string;
  /** From 0 on, in the order in which they go. */
  ordinal: number;
  target: RetentionTarget;
  /** Of a version, or of an upload. */
  target_id: string;
  /** Code. */
  agency: string;
  path: string;
  size: number;
  sha256: string | null;
  /** When its age began. */
  clock_at: number;
  state: ItemState;
  reason: string | null;
  /** `state`, but null for the two that most are in; the database reckons it. */
  unusual_state: GeneratedAlways<string | null>;
}

/** A row is never changed or deleted. */
export interface CertificateTable {
  id: string;
  run_id: string;
  job_id: string;
  /** Code. */
  agency: string;
  path: string;
  target: RetentionTarget;
  target_id: string;
  size: number;
  sha256: string | null;
  received_at: number;
  purged_at: number;
  /** Canonical JSON (RFC 8785) of the whole certificate: what is signed. */
  body: string;
  /** An armored SSH signature (PROTOCOL.sshsig) over `body`. */
  signature: string;
}

export interface HoldTable {
  id: string;
  /** Null for all agencies. */
  agency_id: string | null;
  glob: string | null;
  entry_id: string | null;
  received_from: number | null;
  received_until: number | null;
  reason: string;
  authority: string;
  /** JSON `Actor`, as `lifted_by`. */
  placed_by: string;
  created_at: number;
  updated_at: number;
  until: number | null;
  lifted_at: number | null;
  lifted_by: string | null;
  lift_reason: string | null;
}

export interface RetentionClockTable {
  id: number;
  seen_at: number;
  problem: 'went-back' | 'jumped' | null;
  problem_before: number | null;
  problem_after: number | null;
  /** The time that was trusted when it was last noted. */
  trusted_at: number | null;
  /** How far the clock was ahead then of what had passed since it was last certain. */
  ahead_ms: Generated<number>;
}
