import { Fault } from '../domain/faults.ts';
import { BatchFailed } from './batch.ts';
import type { RunRow } from './run-rows.ts';

/** How often in a row a thing is tried that the storage refuses, and a part of a run that fails of something else. */
const attemptsMax = 3;

/** What is to be done about a part that failed. */
export type Remedy =
  /** The same again, at once: what was before the thing goes without it. */
  | 'again'
  /** With the next minute. */
  | 'later'
  | 'give-up-item'
  | 'give-up-run';

type Trouble = { readonly ordinal: number | null; readonly attempts: number };

/** What has failed of each run, at which thing, and how often in a row. */
export class Troubles {
  readonly #ofRuns = new Map<string, Trouble>();

  /** The next batch of a run ends before this one: it goes alone, so that it undoes no other. */
  untilOf(run: RunRow): number {
    const bad = this.#ofRuns.get(run.id)?.ordinal ?? null;
    if (bad === null || bad < run.next_ordinal) return run.planned_files;
    return Math.max(bad, run.next_ordinal + 1);
  }

  /** A part of a run went well. */
  over({ id, next_ordinal }: RunRow): void {
    const trouble = this.#ofRuns.get(id);
    if (trouble !== undefined && (trouble.ordinal ?? next_ordinal) <= next_ordinal)
      this.#ofRuns.delete(id);
  }

  remedyFor(run: RunRow, error: unknown): Remedy {
    const ordinal = error instanceof BatchFailed ? error.ordinal : null;
    const before = this.#ofRuns.get(run.id);
    const isFirst = ordinal === null || ordinal === run.next_ordinal;
    const attempts = (before?.ordinal === ordinal ? before.attempts : 0) + (isFirst ? 1 : 0);
    this.#ofRuns.set(run.id, { ordinal, attempts });
    if (!isFirst) return 'again';
    const isStorage = isOfStorage(causeOf(error));
    // While the database takes nothing the run stays where it is, however long that is.
    if (isStorage && (ordinal === null || attempts < attemptsMax)) return 'later';
    if (isStorage && isFull(causeOf(error))) return 'later';
    if (ordinal !== null) return 'give-up-item';
    return attempts < attemptsMax ? 'later' : 'give-up-run';
  }
}

/** What a part failed of. */
export function causeOf(error: unknown): unknown {
  return error instanceof BatchFailed ? error.cause : error;
}

/** In words for an administrator; what is no fault is a defect, and the log has it. */
export function wordsOf(error: unknown): string {
  const cause = causeOf(error);
  return cause instanceof Fault ? cause.message : 'internal error';
}

const ofStorage = ['storage-full', 'storage-failed', 'ledger-unavailable', 'database-unusable'];

function isOfStorage(cause: unknown): boolean {
  return cause instanceof Fault && ofStorage.includes(cause.code);
}

function isFull(cause: unknown): boolean {
  return cause instanceof Fault && cause.code === 'storage-full';
}
