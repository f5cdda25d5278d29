import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import type { ItemState } from '../domain/retention.ts';
import type { Discarded } from '../files/opens.ts';
import type { RetentionParts } from './parts.ts';
import { type ItemOutcome, type PurgeTask } from './purge-item.ts';
import { failTooYoung, failWithoutList } from './run-ends.ts';
import { type ItemRow, type RunRow, findRun, itemOf, runOf } from './run-rows.ts';

/** Things in one unit, and how long it may take: a unit holds up every other. */
const itemsMax = 200;
const workMsMax = 12;

export type BatchParts = Pick<RetentionParts, 'database' | 'ledger' | 'limits'> & {
  readonly purgeItem: (unit: Unit, task: PurgeTask) => Promise<ItemOutcome>;
};

/** What a unit came to. */
export type Batch = {
  readonly settled: number;
  /** Stored bytes that may go now. */
  readonly discarded: Discarded;
};

/** A batch of which nothing was done, and the thing at which it broke off. */
export class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
  /** Null where it was none of them. */
  readonly ordinal: number | null;

  constructor(cause: unknown, ordinal: number | null) {
    super('a batch of a retention run failed', { cause });
    this.ordinal = ordinal;
  }
}

/**
 * Destroys the next things of a run's plan in one unit: all of them and the note of it, or none. So a crash leaves each
 * wholly before or wholly after, and the run knows which.
 *
 * @param untilOrdinal not this one, nor those behind it
 * @throws BatchFailed
 */
export async function purgeBatch(
  parts: BatchParts,
  runId: string,
  untilOrdinal: number,
): Promise<Batch> {
  let at: number | null = null;
  try {
    return await parts.database.write(async (unit) => {
      at = null;
      const run = await findRun(unit, runId);
      const nothing = { settled: 0, discarded: [] };
      if (run?.state !== 'running' || (await failTooYoung(parts, unit, run))) return nothing;
      const rows = await next.all(unit, {
        runId,
        from: run.next_ordinal,
        until: untilOrdinal,
        max: itemsMax,
      });
      const task = { run: runOf(run), goesToo: new Map<string, boolean>() };
      if (rows[0]?.ordinal !== run.next_ordinal) {
        await failWithoutList(parts, unit, run);
        return nothing;
      }
      const untilMs = performance.now() + workMsMax;
      const done: Done[] = [];
      for (const row of rows) {
        at = row.ordinal;
        done.push({ row, outcome: await parts.purgeItem(unit, { ...task, item: itemOf(row) }) });
        if (performance.now() > untilMs) break;
      }
      at = null;
      await settle(unit, run, done);
      return {
        settled: done.length,
        discarded: done.flatMap(({ outcome }) => outcome.discarded),
      };
    });
  } catch (error) {
    throw new BatchFailed(error, at);
  }
}

type Done = {
  readonly row: ItemRow;
  readonly outcome: Omit<ItemOutcome, 'state'> & { readonly state: ItemState };
};

/** Gives up the next thing of a run: the following ones go on. */
export function giveUpItem(parts: BatchParts, runId: string, reason: string): Promise<void> {
  return parts.database.write(async (unit) => {
    const run = await findRun(unit, runId);
    if (run?.state !== 'running') return;
    const from = run.next_ordinal;
    const [row] = await next.all(unit, { runId, from, until: from + 1, max: 1 });
    if (row === undefined) return;
    const outcome = { state: 'failed', reason, bytes: 0, discarded: [] } as const;
    await settle(unit, run, [{ row, outcome }]);
  });
}

const next = prepare((query, given: { runId: string; from: number; until: number; max: number }) =>
  query
    .selectFrom('retention_items')
    .selectAll()
    .where('run_id', '=', given.runId)
    .where('ordinal', '>=', given.from)
    .where('ordinal', '<', given.until)
    .orderBy('ordinal')
    .limit(given.max),
);

const setItem = prepare(
  (query, given: { runId: string; ordinal: number; state: ItemState; reason: string | null }) =>
    query
      .updateTable('retention_items')
      .set({ state: given.state, reason: given.reason })
      .where('run_id', '=', given.runId)
      .where('ordinal', '=', given.ordinal),
);

async function settle(unit: Unit, run: RunRow, done: readonly Done[]): Promise<void> {
  for (const { row, outcome } of done) {
    const { state, reason } = outcome;
    await setItem.run(unit, { runId: run.id, ordinal: row.ordinal, state, reason });
  }
  const count = (...states: readonly ItemState[]) =>
    done.filter(({ outcome }) => states.includes(outcome.state)).length;
  const last = done.at(-1);
  if (last === undefined) return;
  await unit.query
    .updateTable('retention_runs')
    .set({
      next_ordinal: last.row.ordinal + 1,
      progress_at: unit.nowMs,
      purged_files: run.purged_files + count('purged'),
      purged_bytes: run.purged_bytes + done.reduce((sum, { outcome }) => sum + outcome.bytes, 0),
      held_files: run.held_files + count('held'),
      skipped_files: run.skipped_files + count('kept', 'busy', 'gone'),
      failed_files: run.failed_files + count('failed'),
    })
    .where('id', '=', run.id)
    .execute();
}
