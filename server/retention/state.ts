import type { Database, Reader } from '../database/units.ts';
import type { JobRow } from './job-rows.ts';
import { DueTimes, lateMsMax } from './due.ts';

/** How retention is, for those who run the server. */
export type RetentionState = {
  /** Jobs that are enabled. */
  readonly jobs: number;
  /**
   * Of them, those whose time has come and that nobody started: the tick does not, the clock is not trusted, or nobody
   * knows when their time comes, as this Node does not know their time zone.
   */
  readonly late: number;
  /** Jobs whose run goes on and has done nothing for an hour: what it needs is refused, each minute again. */
  readonly stalled: number;
  /** Jobs whose last run that came to its end failed, or left something behind that it could not purge. */
  readonly failed: number;
  /** When the newest of those ended; null where there is none. */
  readonly failedAtMs: number | null;
  /** Runs that are being planned or carried out. */
  readonly running: number;
  /** Plans that wait for an administrator. */
  readonly waiting: { readonly approval: number; readonly share: number };
  /** Since when the oldest of them waits. */
  readonly waitingSinceMs: number | null;
  /** Plans that wait for some days already: after seven they cannot be approved any more. */
  readonly waitingLong: number;
  /** Nothing is purged until somebody has confirmed the time. */
  readonly clockProblem: 'went-back' | 'jumped' | null;
};

/** What it takes is as many looks into an index as there are jobs, however many runs there were. */
export class RetentionStates {
  readonly #times = new DueTimes();

  async look(reader: Reader): Promise<RetentionState> {
    const clock = await reader.query
      .selectFrom('retention_clock')
      .select('problem')
      .where('id', '=', 1)
      .executeTakeFirst();
    const jobs = await jobsWithRuns(reader);
    const failed = jobs.filter((job) => job.last_state === 'failed' || (job.last_failed ?? 0) > 0);
    const waiting = jobs.filter((job) => job.waits_for !== null);
    const isEnabled = ({ enabled }: JobRow) => enabled === 1;
    const waitsFor = (what: 'approval' | 'share') =>
      waiting.filter(({ waits_for }) => waits_for === what).length;
    return {
      jobs: jobs.filter(isEnabled).length,
      late: jobs.filter((job) => isEnabled(job) && this.#isLate(job, reader.nowMs)).length,
      stalled: jobs.filter((job) => isStalled(job, reader.nowMs)).length,
      failed: failed.length,
      failedAtMs: latestOf(failed.map(({ outcome_at }) => outcome_at ?? 0)),
      running: jobs.filter(({ active_state }) => goingOn.includes(active_state ?? '')).length,
      waiting: { approval: waitsFor('approval'), share: waitsFor('share') },
      waitingSinceMs: earliestOf(waiting.map(({ planned_at }) => planned_at ?? 0)),
      waitingLong: waiting.filter(({ planned_at }) => reader.nowMs - (planned_at ?? 0) > waitMsMax)
        .length,
      clockProblem: clock?.problem ?? null,
    };
  }

  #isLate(job: JobRow, nowMs: number): boolean {
    const due = this.#times.of(job);
    return due === 'unknown' || (due !== 'never' && due < nowMs - lateMsMax);
  }
}

const goingOn: readonly string[] = ['planning', 'approved', 'running'];
/** A part of a run takes milliseconds, and the rest after it half a second at most. */
const standstillMsMax = 60 * 60_000;
/** As the alert of it has it (docs/alert-rules.yml). */
const waitMsMax = 3 * 24 * 60 * 60_000;

type Current = {
  readonly active_state: string | null;
  readonly created_ms: number | null;
  readonly approved_at: number | null;
  readonly progress_at: number | null;
};

function isStalled({ active_state, ...current }: Current, nowMs: number): boolean {
  if (!goingOn.includes(active_state ?? '')) return false;
  const { created_ms, approved_at, progress_at } = current;
  const sinceMs = Math.max(created_ms ?? 0, approved_at ?? 0, progress_at ?? 0);
  return nowMs - sinceMs > standstillMsMax;
}

/** Each with the run that goes on or waits, and with the last that came to its end: what began since says nothing yet. */
function jobsWithRuns({ query }: Reader) {
  return query
    .selectFrom('retention_jobs')
    .leftJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
    .leftJoin('retention_runs as current', (join) =>
      join.onRef('current.job_id', '=', 'retention_jobs.id').on('current.active', '=', 1),
    )
    .leftJoin('retention_runs as last', (join) =>
      join.on('last.id', '=', (expression) =>
        expression
          .selectFrom('retention_runs as ended')
          .select('ended.id')
          .whereRef('ended.job_id', '=', 'retention_jobs.id')
          .where('ended.outcome_at', 'is not', null)
          .orderBy('ended.outcome_at', 'desc')
          .orderBy('ended.id', 'desc')
          .limit(1),
      ),
    )
    .selectAll('retention_jobs')
    .select([
      'agencies.code as agency',
      'current.state as active_state',
      'current.waits_for',
      'current.planned_at',
      'current.created_at as created_ms',
      'current.approved_at',
      'current.progress_at',
      'last.state as last_state',
      'last.failed_files as last_failed',
      'last.outcome_at',
    ])
    .where('retention_jobs.removed_at', 'is', null)
    .execute();
}

const latestOf = (times: readonly number[]) => (times.length === 0 ? null : Math.max(...times));
const earliestOf = (times: readonly number[]) => (times.length === 0 ? null : Math.min(...times));

/** What of it is not as it should be, in words for the operator. A plan that waits is as it should be, for some days. */
export function retentionTroubles(state: RetentionState): string[] {
  const { clockProblem, late, stalled, failed, waitingLong } = state;
  const troubles = [];
  if (clockProblem !== null)
    troubles.push(
      `the clock ${clockProblem === 'jumped' ? 'jumped ahead' : 'went back'}: nothing is purged until somebody has confirmed the time`,
    );
  else {
    if (late > 0) troubles.push(`${jobsText(late)} late`);
    if (stalled > 0) troubles.push(`the run of ${ofJobsText(stalled)} stands still`);
  }
  if (failed > 0) troubles.push(`the last run of ${ofJobsText(failed)} failed`);
  if (waitingLong > 0)
    troubles.push(
      `a plan of ${ofJobsText(waitingLong)} waits for more than three days; after seven nobody can approve it`,
    );
  return troubles;
}

const ofJobsText = (count: number) => (count === 1 ? '1 retention job' : `${count} retention jobs`);
const jobsText = (count: number) =>
  count === 1 ? '1 retention job is' : `${count} retention jobs are`;

/** A look is good for so long: everybody may ask whether the server is ready. */
const keptMs = 10_000;

/** What troubles retention, as it was a moment ago. It never fails: what cannot be read is told of elsewhere. */
export class RetentionTroubles {
  readonly #states = new RetentionStates();
  readonly #parts: { readonly database: Database; readonly steadyNow: () => number };
  #known: { readonly untilMs: number; readonly words: Promise<readonly string[]> } | undefined;

  constructor(parts: { readonly database: Database; readonly steadyNow: () => number }) {
    this.#parts = parts;
  }

  words(): Promise<readonly string[]> {
    const { database, steadyNow } = this.#parts;
    if (this.#known !== undefined && steadyNow() < this.#known.untilMs) return this.#known.words;
    const words = database
      .read((reader) => this.#states.look(reader))
      .then(retentionTroubles, () => []);
    this.#known = { untilMs: steadyNow() + keptMs, words };
    return words;
  }
}
