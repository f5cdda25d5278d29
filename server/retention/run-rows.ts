import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import type { RetentionRule } from '../domain/retention.ts';
import type { RetentionItem, RetentionRun } from './views.ts';

export type RunRow = Row<'retention_runs'> & { readonly job_name: string };
export type ItemRow = Row<'retention_items'>;

export function selectRuns({ query }: Reader | Unit) {
  return query
    .selectFrom('retention_runs')
    .innerJoin('retention_jobs', 'retention_jobs.id', 'retention_runs.job_id')
    .selectAll('retention_runs')
    .select('retention_jobs.name as job_name');
}

const byId = prepare((query, given: { id: string }) =>
  query
    .selectFrom('retention_runs')
    .innerJoin('retention_jobs', 'retention_jobs.id', 'retention_runs.job_id')
    .selectAll('retention_runs')
    .select('retention_jobs.name as job_name')
    .where('retention_runs.id', '=', given.id),
);

export function findRun(reader: Reader | Unit, id: string): Promise<RunRow | undefined> {
  return byId.first(reader, { id });
}

const newestOfJob = prepare((query, given: { jobId: string }) =>
  query
    .selectFrom('retention_runs')
    .innerJoin('retention_jobs', 'retention_jobs.id', 'retention_runs.job_id')
    .selectAll('retention_runs')
    .select('retention_jobs.name as job_name')
    .where('retention_runs.job_id', '=', given.jobId)
    .orderBy('retention_runs.id', 'desc')
    .limit(1),
);

export async function lastRunOf(
  reader: Reader | Unit,
  jobId: string,
): Promise<RetentionRun | null> {
  const row = await newestOfJob.first(reader, { jobId });
  return row === undefined ? null : runOf(row);
}

const activeOfJob = prepare((query, given: { jobId: string }) =>
  query
    .selectFrom('retention_runs')
    .select(['id', 'state'])
    .where('job_id', '=', given.jobId)
    .where('active', '=', 1),
);

/** The one run of a job that is not over; dry ones are not counted. */
export function activeRunOf(reader: Reader | Unit, jobId: string) {
  return activeOfJob.first(reader, { jobId });
}

export function runOf(row: RunRow): RetentionRun {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    cause: row.cause,
    dryRun: row.dry_run === 1,
    state: row.state,
    waitsFor: row.waits_for,
    rule: JSON.parse(row.rule) as RetentionRule,
    cutoffMs: row.cutoff_at,
    dueAtMs: row.due_at,
    requestedBy: JSON.parse(row.requested_by) as Actor,
    approvedBy: actorIn(row.approved_by),
    cancelledBy: actorIn(row.cancelled_by),
    createdAtMs: row.created_at,
    plannedAtMs: row.planned_at,
    approvedAtMs: row.approved_at,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
    planSha256: row.plan_sha256,
    scopeFiles: row.scope_files,
    planned: { files: row.planned_files, bytes: row.planned_bytes },
    purged: { files: row.purged_files, bytes: row.purged_bytes },
    held: row.held_files,
    skipped: row.skipped_files,
    failed: row.failed_files,
    progress: progressOf(row),
    error: row.error,
  };
}

export function itemOf(row: ItemRow): RetentionItem {
  const { ordinal, target, target_id, agency, path, size, sha256, clock_at, state, reason } = row;
  const [targetId, clockAtMs] = [target_id, clock_at];
  return { ordinal, target, targetId, agency, path, size, sha256, clockAtMs, state, reason };
}

function actorIn(json: string | null): Actor | null {
  return json === null ? null : (JSON.parse(json) as Actor);
}

function progressOf({ state, next_ordinal: settled, planned_files: planned }: RunRow): number {
  if (state === 'done' || state === 'failed') return 1;
  return planned === 0 || state === 'planning' ? 0 : settled / planned;
}
