import { differences, pageLimit } from '../accounts/parts.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { type JobRow, columnsOf, fieldsOf, findJob } from './job-rows.ts';
import { type RetentionParts, nameOf, newId, record } from './parts.ts';
import { type CheckedJob, type JobChange, checkJob } from './rule.ts';
import { activeRunOf, lastRunOf } from './run-rows.ts';
import { knownRuns, nextRuns } from './schedule.ts';
import { refuseNowhere } from './somewhere.ts';
import type { JobFields, Jobs, Part, RetentionJob } from './views.ts';

const runsShown = 5;
/** What a job takes away, and whether that takes a second administrator. */
const ruleFields = [
  'agency',
  'path',
  'olderThanDays',
  'clock',
  'targets',
  'keepVersions',
  'needsApproval',
] as const;

/** Whether a rule takes nothing that it did not take before. */
function isNarrower(before: CheckedJob, after: CheckedJob): boolean {
  return (
    after.path === before.path &&
    after.clock === before.clock &&
    after.olderThanDays >= before.olderThanDays &&
    after.keepVersions >= before.keepVersions &&
    after.targets.every((target) => before.targets.includes(target)) &&
    (after.needsApproval || !before.needsApproval)
  );
}

export function createJobs(parts: RetentionParts): Jobs {
  const { database } = parts;
  return {
    list: (listing) => database.read((reader) => list(reader, listing)),
    get: (id) => database.read((reader) => get(reader, id)),
    find: get,
    create: (origin, job) =>
      parts.guarded.write((unit) => create(parts, unit, origin, job), { by: origin }),
    change: (origin, id, change) =>
      parts.guarded.write((unit) => changeJob(parts, unit, origin, id, change), { by: origin }),
    remove: (origin, id) =>
      parts.guarded.write((unit) => remove(parts, unit, origin, id), { by: origin }),
    nextRuns,
  };
}

async function list(
  reader: Reader,
  { limit, after = null, agency }: Parameters<Jobs['list']>[0],
): Promise<Part<RetentionJob>> {
  const most = pageLimit(limit);
  let select = reader.query
    .selectFrom('retention_jobs')
    .leftJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
    .selectAll('retention_jobs')
    .select('agencies.code as agency')
    .where('retention_jobs.removed_at', 'is', null);
  if (agency !== undefined) select = select.where('agencies.code', '=', agency);
  if (after !== null) select = select.where('retention_jobs.name', '>', after);
  const rows = await select
    .orderBy('retention_jobs.name')
    .limit(most + 1)
    .execute();
  const items: RetentionJob[] = [];
  for (const row of rows.slice(0, most)) items.push(await jobOf(reader, row));
  return { items, next: rows.length > most ? items.at(-1)!.name : null };
}

async function get(reader: Reader | Unit, id: string): Promise<RetentionJob> {
  return jobOf(reader, await present(reader, id));
}

/** @throws Fault `not-found` */
export async function present(reader: Reader | Unit, id: string): Promise<JobRow> {
  const row = await findJob(reader, id);
  if (row === undefined || row.removed_at !== null)
    throw new Fault('not-found', 'no such retention job');
  return row;
}

async function create(
  parts: RetentionParts,
  unit: Unit,
  origin: Origin,
  wanted: JobFields,
): Promise<RetentionJob> {
  const checks = { daysMin: parts.limits.retentionDaysMin, isScheduleAsked: true };
  const job = checkJob(wanted, checks, unit.nowMs);
  await refuseTooMany(parts, unit);
  await refuseUsedName(unit, job.name);
  const agencyId = await agencyIdOf(unit, job.agency);
  await refuseNowhere(unit, job);
  const id = newId(parts, unit);
  await unit.query
    .insertInto('retention_jobs')
    .values({
      id,
      agency_id: agencyId,
      ...columnsOf(job),
      due_after: unit.nowMs,
      changed_by: nameOf(origin),
      created_at: unit.nowMs,
      updated_at: unit.nowMs,
      removed_at: null,
    })
    .execute();
  await record(parts, unit, origin, {
    event: 'retention-job.created.1',
    job: id,
    agency: job.agency,
    before: null,
    after: job,
  });
  return get(unit, id);
}

async function changeJob(
  parts: RetentionParts,
  unit: Unit,
  origin: Origin,
  id: string,
  change: JobChange,
): Promise<RetentionJob> {
  const row = await present(unit, id);
  const before = fieldsOf(row);
  const wanted = { ...before, ...change, agency: before.agency };
  // One that was made when less was kept can still be changed, and above all be switched off.
  const isEnabled = wanted.enabled && !before.enabled;
  const isFloorAsked = isEnabled || wanted.olderThanDays !== before.olderThanDays;
  const isScheduleAsked =
    isEnabled || wanted.schedule !== before.schedule || wanted.timezone !== before.timezone;
  const daysMin = isFloorAsked ? parts.limits.retentionDaysMin : 1;
  const after = checkJob(wanted, { daysMin, isScheduleAsked }, unit.nowMs);
  const changed = differences(before, after);
  if (changed === undefined) return jobOf(unit, row);
  if (after.name !== before.name) await refuseUsedName(unit, after.name);
  if (after.path !== before.path) await refuseNowhere(unit, after);
  const isRescheduled = (['schedule', 'timezone', 'enabled'] as const).some(
    (field) => field in changed.after,
  );
  const isRuleWider =
    ruleFields.some((field) => field in changed.after) && !isNarrower(before, after);
  await unit.query
    .updateTable('retention_jobs')
    .set({
      ...columnsOf(after),
      // What the former schedule would have had is not made up for.
      ...(isRescheduled && { due_after: unit.nowMs }),
      // Who gives it another name, or has it take less, has not set what it takes: whoever did still does not approve it.
      ...(isRuleWider && { changed_by: nameOf(origin) }),
      updated_at: unit.nowMs,
    })
    .where('id', '=', id)
    .execute();
  await record(parts, unit, origin, {
    event: 'retention-job.changed.1',
    job: id,
    agency: before.agency,
    ...changed,
  });
  return get(unit, id);
}

async function remove(
  parts: RetentionParts,
  unit: Unit,
  origin: Origin,
  id: string,
): Promise<void> {
  const row = await present(unit, id);
  const active = await activeRunOf(unit, id);
  if (active !== undefined)
    throw new Fault('conflict', `its run ${active.id} is not over: cancel that first`);
  await unit.query
    .updateTable('retention_jobs')
    .set({ removed_at: unit.nowMs, updated_at: unit.nowMs, enabled: 0 })
    .where('id', '=', id)
    .execute();
  await record(parts, unit, origin, {
    event: 'retention-job.removed.1',
    job: id,
    agency: row.agency,
    before: fieldsOf(row),
    after: null,
  });
}

async function refuseTooMany({ limits }: RetentionParts, { query }: Unit): Promise<void> {
  const { count } = await query
    .selectFrom('retention_jobs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count >= limits.retentionJobsMax)
    throw new Fault('conflict', `there may be ${limits.retentionJobsMax} retention jobs`);
}

async function refuseUsedName({ query }: Unit, name: string): Promise<void> {
  const used = await query
    .selectFrom('retention_jobs')
    .select('id')
    .where('name', '=', name)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (used !== undefined)
    throw new Fault('name-used', 'another retention job has that name', { pointer: '/name' });
}

async function agencyIdOf({ query }: Unit, code: string | null): Promise<string | null> {
  if (code === null) return null;
  const agency = await query
    .selectFrom('agencies')
    .select('id')
    .where('code', '=', code)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (agency === undefined)
    throw new Fault('field-invalid', 'the code of an agency, or null for all', {
      pointer: '/agency',
    });
  return agency.id;
}

async function jobOf(reader: Reader | Unit, row: JobRow): Promise<RetentionJob> {
  const fields = fieldsOf(row);
  const { schedule, timezone, enabled } = fields;
  const next = enabled ? knownRuns(schedule, timezone, runsShown, reader.nowMs) : null;
  return {
    id: row.id,
    ...fields,
    changedBy: row.changed_by,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    nextRunsMs: next ?? [],
    lastRun: await lastRunOf(reader, row.id),
  };
}
