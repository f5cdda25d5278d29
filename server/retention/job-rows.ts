import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Glob } from '../domain/glob.ts';
import type { RetentionRule, RetentionTarget } from '../domain/retention.ts';
import type { CheckedJob } from './rule.ts';

export type JobRow = Row<'retention_jobs'> & {
  /** Null for all agencies. */
  readonly agency: string | null;
};

const byId = prepare((query, given: { id: string }) =>
  query
    .selectFrom('retention_jobs')
    .leftJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
    .selectAll('retention_jobs')
    .select('agencies.code as agency')
    .where('retention_jobs.id', '=', given.id),
);

/** A job, also one that was removed: its runs are there still. */
export function findJob(reader: Reader | Unit, id: string): Promise<JobRow | undefined> {
  return byId.first(reader, { id });
}

/** The fields that are set, as they are stored. */
export function columnsOf(job: CheckedJob) {
  return {
    name: job.name,
    glob: job.path,
    older_than_days: job.olderThanDays,
    clock: job.clock,
    targets: JSON.stringify(job.targets),
    keep_versions: job.keepVersions,
    schedule: job.schedule,
    timezone: job.timezone,
    enabled: job.enabled ? 1 : 0,
    needs_approval: job.needsApproval ? 1 : 0,
  };
}

export function fieldsOf(row: JobRow): CheckedJob {
  return {
    name: row.name,
    agency: row.agency,
    // It was checked when it was stored.
    path: row.glob as Glob,
    olderThanDays: row.older_than_days,
    clock: row.clock,
    targets: JSON.parse(row.targets) as RetentionTarget[],
    keepVersions: row.keep_versions,
    schedule: row.schedule,
    timezone: row.timezone,
    enabled: row.enabled === 1,
    needsApproval: row.needs_approval === 1,
  };
}

/**
 * What a job takes away now.
 *
 * @param daysMin under which nothing goes, also by a job that was made when it was less
 */
export function ruleOfRow(row: JobRow, daysMin: number): RetentionRule {
  const { agency, path: glob, olderThanDays, clock, targets, keepVersions } = fieldsOf(row);
  const days = Math.max(olderThanDays, daysMin);
  return { agency, glob, olderThanDays: days, clock, targets, keepVersions };
}
