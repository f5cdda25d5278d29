import type { Reader } from '../database/units.ts';
import type { RetentionRule } from '../domain/retention.ts';
import type { Holds } from '../files/holds.ts';
import {
  type AgedUpload,
  type AgedVersion,
  currentVersionOf,
  previousVersionsOf,
} from './plan-pages.ts';

/** A file of a tree. */
export type Located = {
  readonly agencyId: string;
  readonly path: string;
  readonly entryId: string;
};

export type Candidate = Pick<
  AgedVersion,
  | 'id'
  | 'received_at'
  | 'aged_from'
  | 'collected_at'
  | 'collected_aged_from'
  | 'replaced_at'
  | 'size'
  | 'sha256'
>;

export type EligibleParts = {
  readonly rule: Pick<RetentionRule, 'clock' | 'targets' | 'keepVersions'>;
  /** What came before this is old enough. */
  readonly cutoffMs: number;
  readonly holds: Holds;
};

/** When the age of a version began by a clock; null where it has none. */
export function ageBegan(
  version: Pick<Candidate, 'received_at' | 'aged_from' | 'collected_at' | 'collected_aged_from'>,
  clock: RetentionRule['clock'],
): number | null {
  if (clock === 'received') return laterOf(version.received_at, version.aged_from);
  const { collected_at: collectedMs } = version;
  return collectedMs === null ? null : laterOf(collectedMs, version.collected_aged_from);
}

/** The same of a partial upload. */
export function uploadAgeBegan(upload: Pick<AgedUpload, 'modified_at' | 'aged_from'>): number {
  return laterOf(upload.modified_at, upload.aged_from);
}

/** What a clock said that was behind, or may have been, is held against the time that was trusted then. */
function laterOf(saidMs: number, agedFromMs: number | null): number {
  return Math.max(saidMs, agedFromMs ?? 0);
}

/**
 * What of a file's versions may go by a rule, in one snapshot. The content goes only with all that the file held before,
 * each a thing of its own and before it: nobody finds the way to an earlier version of a name that is gone.
 */
export class Eligible {
  readonly #reader: Reader;
  readonly #parts: EligibleParts;
  readonly #whole = new Map<string, readonly Candidate[] | null>();

  constructor(reader: Reader, parts: EligibleParts) {
    this.#reader = reader;
    this.#parts = parts;
  }

  /** What goes in place of a version that a walk came to: nothing, it alone, or the file with all before it. */
  async insteadOf(version: Candidate, file: Located): Promise<readonly Candidate[]> {
    const whole = await this.#wholeFile(file);
    if (version.replaced_at === null) return whole ?? [];
    // It goes with its content, where the walk comes to that.
    if (whole !== null) return [];
    return (await this.#goesAlone(version, file)) ? [version] : [];
  }

  async #goesAlone(version: Candidate, file: Located): Promise<boolean> {
    const { targets, keepVersions } = this.#parts.rule;
    if (!targets.includes('previous-version')) return false;
    if (!(await this.#isFree(version, file))) return false;
    if (keepVersions === 0) return true;
    const previous = await previousVersionsOf(this.#reader, file.entryId);
    // The newest of all is the content.
    return previous.findIndex(({ id }) => id === version.id) + 1 >= keepVersions;
  }

  /** The earlier versions, the oldest first, and the content; null where one of them stays. */
  async #wholeFile(file: Located): Promise<readonly Candidate[] | null> {
    const known = this.#whole.get(file.entryId);
    if (known !== undefined) return known;
    const whole = await this.#findWhole(file);
    this.#whole.set(file.entryId, whole);
    return whole;
  }

  async #findWhole(file: Located): Promise<readonly Candidate[] | null> {
    const { targets, keepVersions } = this.#parts.rule;
    if (!targets.includes('file') || keepVersions > 0) return null;
    const content = await currentVersionOf(this.#reader, file.entryId);
    if (content === undefined || !(await this.#isFree(content, file))) return null;
    const previous = await previousVersionsOf(this.#reader, file.entryId);
    for (const version of previous) if (!(await this.#isFree(version, file))) return null;
    return [...previous.toReversed(), content];
  }

  /** Whether it is old enough, and no hold is on it. */
  async #isFree(version: Candidate, file: Located): Promise<boolean> {
    const { rule, cutoffMs, holds } = this.#parts;
    const beganMs = ageBegan(version, rule.clock);
    if (beganMs === null || beganMs >= cutoffMs) return false;
    const held = await holds.on(this.#reader, { ...file, receivedAtMs: version.received_at });
    return held === undefined;
  }
}
