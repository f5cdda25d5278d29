import type { Unit } from '../database/units.ts';
import type { RetentionRule } from '../domain/retention.ts';
import { type RetentionParts, record, serverOrigin } from './parts.ts';
import type { RunRow } from './run-rows.ts';

type LedgerParts = Pick<RetentionParts, 'ledger'>;

/** From here on a run takes things away. */
export async function recordStart(parts: LedgerParts, unit: Unit, run: RunRow): Promise<void> {
  await record(parts, unit, serverOrigin, {
    event: 'retention-run.started.1',
    run: run.id,
    job: run.job_id,
    agency: agencyOf(run),
    cause: run.cause,
    files: run.planned_files,
    bytes: run.planned_bytes,
  });
}

/** How it ended; one that an administrator has cancelled has a row of that. */
export async function recordEnd(
  { ledger }: LedgerParts,
  unit: Unit,
  run: RunRow,
  { state, error }: { readonly state: 'done' | 'failed'; readonly error: string | null },
): Promise<void> {
  await ledger.append(unit, {
    origin: serverOrigin,
    outcome: state === 'done' ? 'success' : 'failed',
    reason: null,
    event: {
      event: 'retention-run.ended.1',
      run: run.id,
      job: run.job_id,
      agency: agencyOf(run),
      state,
      files: run.purged_files,
      bytes: run.purged_bytes,
      held: run.held_files,
      skipped: run.skipped_files,
      failed: run.failed_files,
      error,
    },
  });
}

/** Of its job: the code, or null for all. */
export function agencyOf(run: RunRow): string | null {
  return (JSON.parse(run.rule) as RetentionRule).agency;
}
