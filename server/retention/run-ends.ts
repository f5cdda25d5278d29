import type { Unit } from '../database/units.ts';
import { prepare } from '../database/prepared.ts';
import type { RetentionRule } from '../domain/retention.ts';
import type { RetentionParts } from './parts.ts';
import { recordEnd, recordStart } from './run-events.ts';
import { type RunRow, findRun } from './run-rows.ts';

type EndParts = Pick<RetentionParts, 'database' | 'ledger'>;

/** An approved run begins. */
export function startApproved(parts: EndParts, runId: string): Promise<void> {
  return parts.database.write(async (unit) => {
    const run = await findRun(unit, runId);
    if (run?.state !== 'approved') return;
    await unit.query
      .updateTable('retention_runs')
      .set({ state: 'running', started_at: unit.nowMs })
      .where('id', '=', runId)
      .execute();
    await recordStart(parts, unit, run);
  });
}

/** All of its things are settled: it is done, or has failed where some of them could not go. */
export function endRun(parts: EndParts, runId: string): Promise<void> {
  return parts.database.write(async (unit) => {
    const run = await findRun(unit, runId);
    if (run?.state !== 'running' || run.next_ordinal < run.planned_files) return;
    const { failed_files: failed } = run;
    if (failed === 0) return end(parts, unit, runId, { state: 'done', error: null });
    const first = await firstFailed.first(unit, { runId });
    const error = `${failed} of ${run.planned_files} could not be purged; the first: ${first?.reason ?? 'unknown'}`;
    return end(parts, unit, runId, { state: 'failed', error });
  });
}

const firstFailed = prepare((query, given: { runId: string }) =>
  query
    .selectFrom('retention_items')
    .select('reason')
    .where('run_id', '=', given.runId)
    .where('unusual_state', '=', 'failed')
    .orderBy('ordinal')
    .limit(1),
);

/** It cannot go on. What it has purged stays so, and the next one plans anew. */
export function failRun(parts: EndParts, runId: string, error: string): Promise<void> {
  return parts.database.write((unit) => end(parts, unit, runId, { state: 'failed', error }));
}

const dayMs = 24 * 60 * 60_000;
/** Less is what a clock is set by every day. */
const aheadMsMax = 60_000;

/** Whether a run takes away what is younger than its rule says: the clock was ahead when it began, and has been set right. */
export function isAhead({ rule, cutoff_at: cutoffMs }: RunRow, nowMs: number): boolean {
  const { olderThanDays } = JSON.parse(rule) as RetentionRule;
  return cutoffMs > nowMs - olderThanDays * dayMs + aheadMsMax;
}

/**
 * Fails a run that takes what is not old enough: a clock which was ahead has begun it, or it began when the server kept
 * things for fewer days.
 *
 * @returns whether it is one
 */
export async function failTooYoung(
  parts: Pick<RetentionParts, 'ledger' | 'limits'>,
  unit: Unit,
  run: RunRow,
): Promise<boolean> {
  const error = whyTooYoung(run, parts.limits.retentionDaysMin, unit.nowMs);
  if (error === null) return false;
  await end(parts, unit, run.id, { state: 'failed', error });
  return true;
}

function whyTooYoung(run: RunRow, daysMin: number, nowMs: number): string | null {
  if (isAhead(run, nowMs)) return aheadText;
  const { olderThanDays } = JSON.parse(run.rule) as RetentionRule;
  return olderThanDays < daysMin ? `this server keeps everything for ${daysMin} days now` : null;
}

/** Fails a run that is not through, and whose next thing is listed no more: it would look for it for ever. */
export function failWithoutList(
  parts: Pick<RetentionParts, 'ledger'>,
  unit: Unit,
  run: RunRow,
): Promise<void> {
  return end(parts, unit, run.id, { state: 'failed', error: listGoneText });
}

export const listGoneText = 'what it would take is listed no more';

export const aheadText = 'planned by a clock that was ahead: what it would take is not old enough';

type End = { readonly state: 'done' | 'failed'; readonly error: string | null };

async function end(
  parts: Pick<RetentionParts, 'ledger'>,
  unit: Unit,
  runId: string,
  how: End,
): Promise<void> {
  const run = await findRun(unit, runId);
  if (run === undefined || !['planning', 'approved', 'running'].includes(run.state)) return;
  await unit.query
    .updateTable('retention_runs')
    .set({ ...how, plan_cursor: null, ended_at: unit.nowMs })
    .where('id', '=', runId)
    .execute();
  await recordEnd(parts, unit, run, how);
}
