import { checkShownName, fieldInvalid, isIntegerBetween } from '../accounts/fields.ts';
import { type Glob, parseGlob } from '../domain/glob.ts';
import { type RetentionTarget, retentionClocks, retentionTargets } from '../domain/retention.ts';
import { checkSchedule } from './schedule.ts';
import type { JobFields } from './views.ts';

/** A job keeps its agency: what is for one never becomes one for all. */
export type JobChange = Partial<Omit<JobFields, 'agency'>>;

export type CheckedJob = Omit<JobFields, 'path'> & { readonly path: Glob };

/** A hundred years: a mistake in the unit rather than a rule is beyond it. */
const daysMax = 36_525;
const versionsKeptMax = 100;

/** What is asked of a job. */
export type JobChecks = {
  readonly daysMin: number;
  /** False where it keeps the schedule that it has, which may be of a time zone that this Node does not know. */
  readonly isScheduleAsked: boolean;
};

/** @throws Fault `field-invalid` that names the field and what is accepted */
export function checkJob(
  job: JobFields,
  { daysMin, isScheduleAsked }: JobChecks,
  nowMs: number,
): CheckedJob {
  const schedule = isScheduleAsked ? checkSchedule(job, nowMs) : job.schedule;
  const name = checkShownName(job.name, '/name');
  const path = parseGlob(job.path);
  checkDays(job.olderThanDays, daysMin);
  if (!retentionClocks.includes(job.clock))
    throw fieldInvalid('/clock', `one of ${retentionClocks.join(', ')}`);
  const targets = checkTargets(job.targets);
  checkKeepVersions(job.keepVersions, targets);
  return { ...job, name, path, targets, schedule };
}

function checkDays(days: number, min: number): void {
  if (isIntegerBetween(days, min, daysMax)) return;
  const floor =
    min > 1 && isIntegerBetween(days, 1, daysMax)
      ? `; this server keeps everything for ${min} days at least (WAYBILL_RETENTION_DAYS_MIN)`
      : '';
  throw fieldInvalid('/olderThanDays', `a whole number from ${min} to ${daysMax}${floor}`);
}

/** In the order in which they are listed here, each once. */
function checkTargets(given: readonly RetentionTarget[]): readonly RetentionTarget[] {
  const targets = retentionTargets.filter((target) => given.includes(target));
  if (targets.length === 0 || given.some((target) => !retentionTargets.includes(target)))
    throw fieldInvalid('/targets', `at least one of ${retentionTargets.join(', ')}`);
  return targets;
}

function checkKeepVersions(count: number, targets: readonly RetentionTarget[]): void {
  if (!isIntegerBetween(count, 0, versionsKeptMax))
    throw fieldInvalid('/keepVersions', `a whole number from 0 to ${versionsKeptMax}`);
  // The newest version is what the name holds: with one kept no file goes, only what it held before.
  if (count > 0 && !targets.includes('previous-version'))
    throw fieldInvalid('/keepVersions', '0, as /targets has no previous-version');
}
