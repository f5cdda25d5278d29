import { isSamePerson } from '../accounts/same-person.ts';
import { pageLimit } from '../accounts/parts.ts';
import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Actor, Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { RetentionRule, RunCause, RunState } from '../domain/retention.ts';
import type { ClockGuard } from './clock.ts';
import { type JobRow, ruleOfRow } from './job-rows.ts';
import { present } from './jobs.ts';
import { type RetentionParts, newId, record } from './parts.ts';
import { isAhead, listGoneText } from './run-ends.ts';
import { agencyOf } from './run-events.ts';
import { type RunRow, activeRunOf, findRun, itemOf, runOf, selectRuns } from './run-rows.ts';
import type { RetentionRun, Runs } from './views.ts';

export type RunParts = RetentionParts & {
  readonly clock: ClockGuard;
  /** There is something to plan or to purge. */
  readonly wake: () => void;
};

const dayMs = 24 * 60 * 60_000;
/** Who approves a plan has looked at it; what it was made of changes. */
export const planMsMax = 7 * dayMs;

export function createRuns(parts: RunParts): Runs {
  const { database, guarded } = parts;
  const change = async (origin: Origin, work: (unit: Unit) => Promise<RunRow>) => {
    const row = await guarded.write(work, { by: origin });
    parts.wake();
    return runOf(row);
  };
  const find = async (reader: Reader | Unit, jobId: string, runId: string) =>
    runOf(await runOfJob(reader, jobId, runId));
  return {
    list: (listing) => database.read((reader) => list(reader, listing)),
    get: (jobId, runId) => database.read((reader) => find(reader, jobId, runId)),
    find,
    items: (runId, listing) => database.read((reader) => listItems(reader, runId, listing)),
    start: async (origin, jobId, { dryRun }) => {
      await parts.clock.refuseProblem();
      return change(origin, async (unit) => {
        const job = await present(unit, jobId);
        const asked = { cause: 'administrator', dryRun, dueAtMs: null } as const;
        return createRun(parts, unit, job, { ...asked, requestedBy: origin.actor });
      });
    },
    approve: async (origin, jobId, runId) => {
      await parts.clock.refuseProblem();
      return change(origin, (unit) => approve(parts, unit, origin, { jobId, runId }));
    },
    cancel: (origin, jobId, runId) =>
      change(origin, (unit) => cancel(parts, unit, origin, { jobId, runId })),
  };
}

async function list(
  reader: Reader,
  { limit, after = null, jobId, state, agency }: Parameters<Runs['list']>[0],
) {
  const most = pageLimit(limit);
  let select = selectRuns(reader);
  if (jobId !== undefined) select = select.where('retention_runs.job_id', '=', jobId);
  if (state !== undefined) select = select.where('retention_runs.state', '=', state);
  if (agency !== undefined)
    select = select
      .innerJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
      .where('agencies.code', '=', agency);
  // Ids are in the order of time.
  if (after !== null) select = select.where('retention_runs.id', '<', after);
  const rows = await select
    .orderBy('retention_runs.id', 'desc')
    .limit(most + 1)
    .execute();
  const items: RetentionRun[] = rows.slice(0, most).map(runOf);
  return { items, next: rows.length > most ? items.at(-1)!.id : null };
}

async function listItems(
  reader: Reader,
  runId: string,
  { limit, after = null, state }: Parameters<Runs['items']>[1],
) {
  const most = pageLimit(limit);
  let select = reader.query.selectFrom('retention_items').selectAll().where('run_id', '=', runId);
  if (state === 'purged' || state === 'planned') {
    // Items are settled in their order: these are all before the next one, and those behind.
    const next = (await findRun(reader, runId))?.next_ordinal ?? 0;
    const side = state === 'purged' ? '<' : '>=';
    select = select.where('ordinal', side, next).where('state', '=', state);
  } else if (state !== undefined) select = select.where('unusual_state', '=', state);
  if (after !== null) select = select.where('ordinal', '>', after);
  const rows = await select
    .orderBy('ordinal')
    .limit(most + 1)
    .execute();
  const items = rows.slice(0, most).map(itemOf);
  return { items, next: rows.length > most ? items.at(-1)!.ordinal : null };
}

/** @throws Fault `not-found` */
async function runOfJob(reader: Reader | Unit, jobId: string, runId: string): Promise<RunRow> {
  const row = await findRun(reader, runId);
  if (row === undefined || row.job_id !== jobId)
    throw new Fault('not-found', 'no such run of that job');
  return row;
}

export type NewRun = {
  readonly cause: RunCause;
  readonly dryRun: boolean;
  readonly dueAtMs: number | null;
  readonly requestedBy: Actor;
};

/** Begins a run of a job as it is now. @throws Fault `conflict` where one of it is not over */
export async function createRun(
  parts: Pick<RetentionParts, 'randomBytes' | 'limits'>,
  unit: Unit,
  job: JobRow,
  { cause, dryRun, dueAtMs, requestedBy }: NewRun,
): Promise<RunRow> {
  if (dryRun) await refusePlanning(unit, job.id);
  else await refuseActive(unit, job.id);
  const id = newId(parts, unit);
  const rule = ruleOfRow(job, parts.limits.retentionDaysMin);
  await unit.query
    .insertInto('retention_runs')
    .values({
      id,
      job_id: job.id,
      cause,
      dry_run: dryRun ? 1 : 0,
      state: 'planning',
      waits_for: null,
      rule: JSON.stringify(rule),
      cutoff_at: unit.nowMs - rule.olderThanDays * dayMs,
      due_at: dueAtMs,
      requested_by: JSON.stringify(requestedBy),
      approved_by: null,
      cancelled_by: null,
      created_at: unit.nowMs,
      planned_at: null,
      approved_at: null,
      started_at: null,
      ended_at: null,
      plan_cursor: null,
      plan_sha256: null,
      error: null,
    })
    .execute();
  return (await findRun(unit, id))!;
}

async function refuseActive(unit: Unit, jobId: string): Promise<void> {
  const active = await activeRunOf(unit, jobId);
  if (active !== undefined)
    throw new Fault('conflict', `run ${active.id} of the job is ${active.state}: it goes first`);
}

/** One looks through all files; so many at once only wait for one another. */
async function refusePlanning(unit: Unit, jobId: string): Promise<void> {
  const planning = await dryPlanning.first(unit, { jobId });
  if (planning !== undefined)
    throw new Fault('conflict', `dry run ${planning.id} of the job is being planned: look at that`);
}

const dryPlanning = prepare((query, given: { jobId: string }) =>
  query
    .selectFrom('retention_runs')
    .select('id')
    .where('state', '=', 'planning')
    .where('dry_run', '=', 1)
    .where('job_id', '=', given.jobId)
    .limit(1),
);

type OfJob = { readonly jobId: string; readonly runId: string };

/**
 * Why nobody can approve a plan any more; null where somebody can.
 *
 * @param rule of the job, as it is now
 */
export function whyOutdated(run: RunRow, rule: RetentionRule, nowMs: number): string | null {
  if (run.state !== 'planned') return null;
  if (nowMs - run.planned_at! > planMsMax) return 'the plan is older than 7 days';
  if (run.rule !== JSON.stringify(rule)) return 'the job was changed since the plan';
  return isAhead(run, nowMs) ? 'the plan was made by a clock that was ahead' : null;
}

const itemAt = prepare((query, given: { runId: string; ordinal: number }) =>
  query
    .selectFrom('retention_items')
    .select('ordinal')
    .where('run_id', '=', given.runId)
    .where('ordinal', '=', given.ordinal),
);

/** A list that was dropped for its age is dropped from its beginning on (leftovers.ts), by what the clock said then. */
async function isListed(unit: Unit, { id, planned_files: planned }: RunRow): Promise<boolean> {
  return planned === 0 || (await itemAt.first(unit, { runId: id, ordinal: 0 })) !== undefined;
}

async function approve(
  parts: RunParts,
  unit: Unit,
  origin: Origin,
  { jobId, runId }: OfJob,
): Promise<RunRow> {
  const run = await runOfJob(unit, jobId, runId);
  const job = await present(unit, jobId);
  if (run.state !== 'planned') throw new Fault('conflict', `the run is ${run.state}`);
  const rule = ruleOfRow(job, parts.limits.retentionDaysMin);
  const why = whyOutdated(run, rule, unit.nowMs);
  if (why !== null) throw new Fault('conflict', `${why}: cancel it and start a new run`);
  if (!(await isListed(unit, run)))
    throw new Fault('conflict', `${listGoneText}: cancel it and start a new run`);
  if (job.needs_approval === 1 || run.waits_for === 'approval')
    await refuseSamePerson(unit, origin, run, job);
  // From here on a dry run is one that counts.
  if (run.dry_run === 1) await refuseActive(unit, jobId);
  await unit.query
    .updateTable('retention_runs')
    .set({
      state: 'approved',
      dry_run: 0,
      waits_for: null,
      approved_by: JSON.stringify(origin.actor),
      approved_at: unit.nowMs,
    })
    .where('id', '=', runId)
    .execute();
  await record(parts, unit, origin, {
    event: 'retention-run.approved.1',
    run: runId,
    job: jobId,
    agency: job.agency,
    files: run.planned_files,
    bytes: run.planned_bytes,
    planSha256: run.plan_sha256!,
  });
  return (await findRun(unit, runId))!;
}

/** What takes two takes two people. @throws Fault `approval-not-allowed` */
async function refuseSamePerson(
  unit: Unit,
  { actor }: Origin,
  run: RunRow,
  job: JobRow,
): Promise<void> {
  if (actor.kind !== 'admin') throw new Fault('approval-not-allowed');
  const requested = JSON.parse(run.requested_by) as Actor;
  const others = [job.changed_by, requested.kind === 'admin' ? requested.keyId : []].flat();
  for (const other of others) {
    if (other === actor.keyId)
      throw new Fault(
        'approval-not-allowed',
        'whoever set the rule or asked for the run does not approve it: a second administrator has to',
      );
    if (await isSamePerson(unit, actor.keyId, other))
      throw new Fault(
        'approval-not-allowed',
        'the secrets of this key and of the one that set the rule or asked for the run have gone through the same hands: a key that counts as a second person comes from the host (waybill admin-key issue)',
      );
  }
}

const over: readonly RunState[] = ['done', 'failed', 'cancelled'];

async function cancel(
  parts: RunParts,
  unit: Unit,
  origin: Origin,
  { jobId, runId }: OfJob,
): Promise<RunRow> {
  const run = await runOfJob(unit, jobId, runId);
  if (over.includes(run.state)) throw new Fault('conflict', `the run is ${run.state} already`);
  await cancelRun(parts, unit, origin, { run, error: null });
  return (await findRun(unit, runId))!;
}

/** @param error why, where it was the server */
export async function cancelRun(
  parts: Pick<RetentionParts, 'ledger'>,
  unit: Unit,
  origin: Origin,
  { run, error }: { readonly run: RunRow; readonly error: string | null },
): Promise<void> {
  await unit.query
    .updateTable('retention_runs')
    .set({
      state: 'cancelled',
      waits_for: null,
      plan_cursor: null,
      cancelled_by: JSON.stringify(origin.actor),
      ended_at: unit.nowMs,
      error,
    })
    .where('id', '=', run.id)
    .execute();
  await record(parts, unit, origin, {
    event: 'retention-run.cancelled.1',
    run: run.id,
    job: run.job_id,
    agency: agencyOf(run),
    was: run.state,
    files: run.purged_files,
    bytes: run.purged_bytes,
  });
}
