import type { Unit } from '../database/units.ts';
import { type JobRow, findJob } from './job-rows.ts';
import { type RetentionParts, serverOrigin } from './parts.ts';
import { activeRunOf, findRun } from './run-rows.ts';
import { cancelRun, createRun, whyOutdated } from './runs.ts';
import { nextRuns } from './schedule.ts';

/** Later than that, the server was down or busy with something else. */
export const lateMsMax = 10 * 60_000;

type DueParts = Pick<RetentionParts, 'database' | 'ledger' | 'randomBytes'>;

/** When jobs are due, reckoned once for each time that they were: a schedule with a time zone takes a while. */
export class DueTimes {
  readonly #known = new Map<string, { readonly of: string; readonly dueMs: number | undefined }>();

  /** The first time of its schedule after its last. */
  of({ id, schedule, timezone, due_after: afterMs }: JobRow): number | undefined {
    const of = `${afterMs} ${timezone} ${schedule}`;
    const known = this.#known.get(id);
    if (known?.of === of) return known.dueMs;
    const [dueMs] = nextRuns(schedule, timezone, 1, afterMs);
    this.#known.set(id, { of, dueMs });
    return dueMs;
  }
}

/**
 * Begins a run of each job that is due. One rule for what comes on time, late, and after a time in which the server was
 * down: one run, however many times have passed. Where one of the job is not over, this time is left out.
 */
export async function startDueRuns(parts: DueParts, times: DueTimes): Promise<void> {
  const { jobs, nowMs } = await parts.database.read(async ({ query, nowMs }) => ({
    nowMs,
    jobs: await query
      .selectFrom('retention_jobs')
      .leftJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
      .selectAll('retention_jobs')
      .select('agencies.code as agency')
      .where('retention_jobs.removed_at', 'is', null)
      .where('retention_jobs.enabled', '=', 1)
      .execute(),
  }));
  for (const job of jobs) {
    const dueMs = times.of(job);
    if (dueMs !== undefined && dueMs <= nowMs)
      await parts.database.write((unit) => startDue(parts, unit, job, dueMs));
  }
}

async function startDue(parts: DueParts, unit: Unit, seen: JobRow, dueAtMs: number): Promise<void> {
  const job = await findJob(unit, seen.id);
  // An administrator has changed it meanwhile: the next look has it as it is now.
  if (job === undefined || job.updated_at !== seen.updated_at || job.due_after !== seen.due_after)
    return;
  await unit.query
    .updateTable('retention_jobs')
    .set({ due_after: unit.nowMs })
    .where('id', '=', job.id)
    .execute();
  const active = await activeRunOf(unit, job.id);
  if (active !== undefined && !(await endOutdated(parts, unit, job, active.id))) return;
  const cause = unit.nowMs - dueAtMs > lateMsMax ? 'missed' : 'schedule';
  const requestedBy = serverOrigin.actor;
  await createRun(parts, unit, job, { cause, dryRun: false, dueAtMs, requestedBy });
}

/** A plan that nobody can approve any more makes room for the next one. @returns whether it was one */
async function endOutdated(
  parts: DueParts,
  unit: Unit,
  job: JobRow,
  runId: string,
): Promise<boolean> {
  const run = await findRun(unit, runId);
  const error = run === undefined ? null : whyOutdated(run, job, unit.nowMs);
  if (run === undefined || error === null) return false;
  await cancelRun(parts, unit, serverOrigin, { run, error });
  return true;
}
