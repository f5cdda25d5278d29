import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import { type JobRow, findJob, ruleOfRow } from './job-rows.ts';
import { type RetentionParts, serverOrigin } from './parts.ts';
import { activeRunOf, findRun } from './run-rows.ts';
import { cancelRun, createRun, planMsMax, whyOutdated } from './runs.ts';
import { knownRuns } from './schedule.ts';

/** Later than that, the server was down or busy with something else. */
export const lateMsMax = 10 * 60_000;

type DueParts = Pick<RetentionParts, 'database' | 'ledger' | 'limits' | 'randomBytes'>;

/** A time, in milliseconds since the epoch; `unknown` where the job's time zone is not known to this Node. */
export type Due = number | 'never' | 'unknown';

/** When jobs are due, reckoned once for each time that they were: a schedule with a time zone takes a while. */
export class DueTimes {
  readonly #known = new Map<string, { readonly of: string; readonly due: Due }>();

  /** The first time of its schedule after its last. */
  of({ id, schedule, timezone, due_after: afterMs }: JobRow): Due {
    const of = `${afterMs} ${timezone} ${schedule}`;
    const known = this.#known.get(id);
    if (known?.of === of) return known.due;
    const runs = knownRuns(schedule, timezone, 1, afterMs);
    const due = runs === null ? 'unknown' : (runs[0] ?? 'never');
    this.#known.set(id, { of, due });
    return due;
  }
}

/**
 * Begins a run of each job that is due. One rule for what comes on time, late, and after a time in which the server was
 * down: one run, however many times have passed. Where one of the job is not over, this time is left out. Before them it
 * takes back plans that nobody can approve any more.
 *
 * @throws what the first of those failed of that could not be begun
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
  const failed: unknown[] = await endOldPlans(parts, nowMs);
  for (const job of jobs) {
    const due = times.of(job);
    if (typeof due !== 'number' || due > nowMs) continue;
    // One that cannot be begun holds up no other.
    const begun = parts.database.write((unit) => startDue(parts, unit, job, due));
    await begun.catch((error: unknown) => failed.push(error));
  }
  if (failed.length > 0) throw failed[0];
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

const oldPlans = prepare((query, given: { beforeMs: number }) =>
  query
    .selectFrom('retention_runs')
    .select(['id', 'job_id'])
    .where('state', '=', 'planned')
    .where('dry_run', '=', 0)
    .where('planned_at', '<', given.beforeMs),
);

/** Also of jobs that are not due for long, or that are disabled: such a plan would keep every other from being made. */
async function endOldPlans(parts: DueParts, nowMs: number): Promise<unknown[]> {
  const failed: unknown[] = [];
  const plans = await parts.database.read((reader) =>
    oldPlans.all(reader, { beforeMs: nowMs - planMsMax }),
  );
  for (const { id, job_id: jobId } of plans) {
    const ended = parts.database.write(async (unit) => {
      const job = await findJob(unit, jobId);
      if (job !== undefined) await endOutdated(parts, unit, job, id);
    });
    await ended.catch((error: unknown) => failed.push(error));
  }
  return failed;
}

/** A plan that nobody can approve any more makes room for the next one. @returns whether it was one */
async function endOutdated(
  parts: DueParts,
  unit: Unit,
  job: JobRow,
  runId: string,
): Promise<boolean> {
  const run = await findRun(unit, runId);
  const rule = ruleOfRow(job, parts.limits.retentionDaysMin);
  const error = run === undefined ? null : whyOutdated(run, rule, unit.nowMs);
  if (run === undefined || error === null) return false;
  await cancelRun(parts, unit, serverOrigin, { run, error });
  return true;
}
