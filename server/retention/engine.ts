import { prepare } from '../database/prepared.ts';
import { Fault } from '../domain/faults.ts';
import { Errand } from '../jobs/errand.ts';
import { type BatchParts, giveUpItem, purgeBatch } from './batch.ts';
import type { ClockGuard } from './clock.ts';
import { DueTimes, startDueRuns } from './due.ts';
import { Leftovers, type LeftoverParts } from './leftovers.ts';
import type { RetentionParts } from './parts.ts';
import { planPart } from './plan.ts';
import { endRun, failRun, startApproved } from './run-ends.ts';
import type { RunRow } from './run-rows.ts';
import { Troubles, causeOf, wordsOf } from './troubles.ts';

/** Things after which the database's log is emptied of what they were, and at the end of the work. */
const itemsPerErasure = 1_000;
/** Runs of a state that go on side by side, a part of each in turn. */
const runsAtOnceMax = 100;
const unfinished = ['running', 'approved', 'planning'] as const;

const runsIn = prepare((query, given: { state: (typeof unfinished)[number] }) =>
  query
    .selectFrom('retention_runs')
    .innerJoin('retention_jobs', 'retention_jobs.id', 'retention_runs.job_id')
    .selectAll('retention_runs')
    .select('retention_jobs.name as job_name')
    .where('retention_runs.state', '=', given.state)
    .orderBy('retention_runs.id')
    .limit(runsAtOnceMax),
);

export type EngineParts = RetentionParts &
  BatchParts &
  LeftoverParts & {
    readonly clock: ClockGuard;
    /** Empties the log of the database; false where somebody still reads from it. */
    readonly eraseLog: () => Promise<boolean>;
    /** After so much work, leaves the process to others. It ends early when it is aborted. */
    readonly rest: (workMs: number, signal: AbortSignal) => Promise<void>;
    readonly onFault: (error: unknown) => void;
  };

/**
 * Carries out runs, a part at a time. All that it goes by is in the database: whoever kills it between two parts loses
 * nothing, and within one only that part. What the database does not take is tried again a minute later.
 */
export class RetentionEngine {
  readonly #parts: EngineParts;
  readonly #times = new DueTimes();
  readonly #troubles = new Troubles();
  readonly #leftovers: Leftovers;
  readonly #errand: Errand;
  /** Runs that wait for the next minute. */
  readonly #resting = new Set<string>();
  /** Runs before which the time was noted. */
  readonly #begun = new Set<string>();
  /** Of runs that are planned (`EligibleParts`). */
  readonly #decided = new Map<string, Map<string, boolean>>();
  /** Things that are gone but for the log. At a start nobody knows what the process before has left. */
  #unerased = 1;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#leftovers = new Leftovers(parts);
    this.#errand = new Errand((signal) => this.#workOff(signal), parts.onFault);
  }

  /** Once a minute, and at the start: begins what is due, and goes on with what is not over. */
  async tick(): Promise<void> {
    if (this.#errand.isStopping) return;
    this.#resting.clear();
    if (!(await this.#parts.clock.look())) return;
    try {
      await startDueRuns(this.#parts, this.#times);
    } finally {
      // What is under way goes on, also where something could not be begun.
      this.wake();
    }
  }

  /** Goes on with what is not over, unless it does already. */
  wake(): void {
    this.#errand.wake();
  }

  /** Resolves when there is nothing more to do now. */
  idle(): Promise<void> {
    return this.#errand.idle();
  }

  /** Ends the part that is under way, and begins no other. */
  stop(): Promise<void> {
    return this.#errand.stop();
  }

  async #workOff(signal: AbortSignal): Promise<void> {
    for (;;) {
      const runs = await this.#unfinished();
      if (runs.length === 0) break;
      for (const run of runs) {
        if (!(await this.#mayGoOn(signal))) return;
        const startedMs = performance.now();
        await this.#doPart(run);
        await this.#parts.rest(performance.now() - startedMs, signal);
      }
    }
    this.#begun.clear();
    this.#decided.clear();
    await this.#erase(1);
    await this.#dropLeftovers(signal);
  }

  /** A part at a time, until something is to be done. */
  async #dropLeftovers(signal: AbortSignal): Promise<void> {
    while (!this.#errand.isAwake && (await this.#mayGoOn(signal))) {
      const startedMs = performance.now();
      if (!(await this.#leftovers.drop())) return;
      await this.#parts.rest(performance.now() - startedMs, signal);
    }
  }

  /** Asked before each part: the clock may be set while a run goes on. */
  async #mayGoOn(signal: AbortSignal): Promise<boolean> {
    return !signal.aborted && (await this.#parts.clock.look());
  }

  async #unfinished(): Promise<readonly RunRow[]> {
    const runs = await this.#parts.database.read(async (reader) => {
      const found: RunRow[] = [];
      for (const state of unfinished) found.push(...(await runsIn.all(reader, { state })));
      return found;
    });
    return runs.filter(({ id }) => !this.#resting.has(id));
  }

  async #doPart(run: RunRow): Promise<void> {
    try {
      if (!this.#begun.has(run.id)) await this.#parts.clock.note();
      this.#begun.add(run.id);
      if (run.state === 'planning') await this.#plan(run);
      else if (run.state === 'approved') await startApproved(this.#parts, run.id);
      else if (run.next_ordinal < run.planned_files) await this.#purge(run);
      else await endRun(this.#parts, run.id);
      this.#troubles.over(run);
    } catch (error) {
      await this.#remedy(run, error);
    }
  }

  #plan(run: RunRow): Promise<void> {
    const decided = this.#decided.get(run.id) ?? new Map<string, boolean>();
    this.#decided.set(run.id, decided);
    return planPart({ ...this.#parts, decided }, run);
  }

  async #purge(run: RunRow): Promise<void> {
    const { opens } = this.#parts.files;
    const until = this.#troubles.untilOf(run);
    const { settled, discarded } = await purgeBatch(this.#parts, run.id, until);
    for (const blobId of discarded) void opens.discardBytes(blobId);
    this.#unerased += settled;
    await this.#erase(itemsPerErasure);
  }

  /** Empties the log where so many things have gone since it was; one who reads from it puts that off. */
  async #erase(atLeast: number): Promise<void> {
    if (this.#unerased < atLeast) return;
    try {
      if (await this.#parts.eraseLog()) this.#unerased = 0;
    } catch (error) {
      this.#parts.onFault(error);
    }
  }

  async #remedy(run: RunRow, error: unknown): Promise<void> {
    const cause = causeOf(error);
    if (!(cause instanceof Fault)) this.#parts.onFault(cause);
    const remedy = this.#troubles.remedyFor(run, error);
    try {
      if (remedy === 'give-up-item') await giveUpItem(this.#parts, run.id, wordsOf(error));
      if (remedy === 'give-up-run') await failRun(this.#parts, run.id, wordsOf(error));
    } catch (failed) {
      this.#parts.onFault(failed);
      this.#resting.add(run.id);
    }
    if (remedy === 'later') this.#resting.add(run.id);
  }
}
