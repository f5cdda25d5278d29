import type { Reader } from '../database/units.ts';
import type { RetentionRule } from '../domain/retention.ts';
import type { Holds } from '../files/holds.ts';
import { isAmongNewest } from '../files/versions.ts';
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
  /**
   * Of files with many versions whether all go with their content, by entry, as parts of the same plan before found: each
   * of thousands would look through all the others. For the content itself it is found anew.
   */
  readonly decided: Map<string, boolean>;
};

const manyVersions = 16;

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

/** What goes, and when the age began by which it does. */
export type Going = { readonly version: Candidate; readonly beganMs: number };

/**
 * What of a file's versions may go by a rule, in one snapshot. The content goes only with all that the file held before,
 * each a thing of its own and before it: nobody finds the way to an earlier version of a name that is gone. An earlier
 * version that nobody collected has no age of its own by that clock, and nobody will collect it any more: it is as old as its
 * content, which came in its place.
 */
export class Eligible {
  readonly #reader: Reader;
  readonly #parts: EligibleParts;
  readonly #whole = new Map<string, readonly Going[] | null>();

  constructor(reader: Reader, parts: EligibleParts) {
    this.#reader = reader;
    this.#parts = parts;
  }

  /** What goes in place of a version that a walk came to: nothing, it alone, or the file with all before it. */
  async insteadOf(version: Candidate, file: Located): Promise<readonly Going[]> {
    if (version.replaced_at === null) return (await this.#wholeFile(file)) ?? [];
    // Where the walk comes to that.
    if (await this.#goesWithContent(file)) return [];
    const beganMs = await this.#goesAlone(version, file);
    return beganMs === null ? [] : [{ version, beganMs }];
  }

  /** @returns when its age began; null where it stays */
  async #goesAlone(version: Candidate, file: Located): Promise<number | null> {
    const { targets, keepVersions } = this.#parts.rule;
    if (!targets.includes('previous-version')) return null;
    const beganMs = this.#oldSince(version);
    if (beganMs === null || (await this.#isHeld(version, file))) return null;
    const place = { entry_id: file.entryId, replaced_at: version.replaced_at };
    return (await isAmongNewest(this.#reader, place, keepVersions)) ? null : beganMs;
  }

  async #goesWithContent(file: Located): Promise<boolean> {
    return this.#parts.decided.get(file.entryId) ?? (await this.#wholeFile(file)) !== null;
  }

  /** The earlier versions, the oldest first, and the content; null where one of them stays. */
  async #wholeFile(file: Located): Promise<readonly Going[] | null> {
    const known = this.#whole.get(file.entryId);
    if (known !== undefined) return known;
    const whole = await this.#findWhole(file);
    this.#whole.set(file.entryId, whole);
    return whole;
  }

  async #findWhole(file: Located): Promise<readonly Going[] | null> {
    const { targets, keepVersions } = this.#parts.rule;
    if (!targets.includes('file') || keepVersions > 0) return null;
    const content = await currentVersionOf(this.#reader, file.entryId);
    const beganMs = content === undefined ? null : this.#oldSince(content);
    if (content === undefined || beganMs === null) return null;
    const previous = await previousVersionsOf(this.#reader, file.entryId);
    const going = await this.#allOrNone(file, [
      { version: content, beganMs },
      ...previous.map((version) => {
        const hasNoAge = ageBegan(version, this.#parts.rule.clock) === null;
        return { version, beganMs: hasNoAge ? beganMs : this.#oldSince(version) };
      }),
    ]);
    if (previous.length >= manyVersions) this.#parts.decided.set(file.entryId, going !== null);
    return going;
  }

  async #allOrNone(
    file: Located,
    all: readonly { readonly version: Candidate; readonly beganMs: number | null }[],
  ): Promise<readonly Going[] | null> {
    const going = all.filter((each): each is Going => each.beganMs !== null);
    if (going.length < all.length) return null;
    for (const { version } of going) if (await this.#isHeld(version, file)) return null;
    return going.toReversed();
  }

  /** When its age began, where that is long enough ago. */
  #oldSince(version: Candidate): number | null {
    const { rule, cutoffMs } = this.#parts;
    const beganMs = ageBegan(version, rule.clock);
    return beganMs === null || beganMs >= cutoffMs ? null : beganMs;
  }

  async #isHeld(version: Candidate, file: Located): Promise<boolean> {
    const { holds } = this.#parts;
    const held = await holds.on(this.#reader, { ...file, receivedAtMs: version.received_at });
    return held !== undefined;
  }
}
