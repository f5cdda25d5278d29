import type { Reader } from '../database/units.ts';
import type { RetentionClock } from '../domain/retention.ts';
import { type Candidate, ageBegan } from './eligible.ts';
import { type AgedVersion, currentVersionOf, previousVersionsOf } from './plan-pages.ts';

/** A file with all that it held before, in one snapshot. */
class WholeFile {
  readonly #content: Candidate | undefined;
  /** The newest first. */
  readonly #previous: readonly Candidate[];

  constructor(content: Candidate | undefined, previous: readonly Candidate[]) {
    this.#content = content;
    this.#previous = previous;
  }

  /** Earlier versions that nobody collected. */
  get uncollected(): readonly Candidate[] {
    return this.#previous.filter(({ collected_at: atMs }) => atMs === null);
  }

  /** How many versions are newer than an earlier one. */
  placeOf(versionId: string): number {
    return this.#previous.findIndex(({ id }) => id === versionId) + 1;
  }

  /**
   * It goes only with all that it held before, of which what has no age is as old as the content: from when on the youngest
   * of it counts, Infinity where that of the content has not begun.
   */
  youngest(clock: RetentionClock): number {
    const contentMs = this.#content === undefined ? null : ageBegan(this.#content, clock);
    if (contentMs === null) return Infinity;
    return this.#previous.reduce(
      (youngestMs, version) => Math.max(youngestMs, ageBegan(version, clock) ?? contentMs),
      contentMs,
    );
  }
}

/** Each looked up once, on one snapshot. */
export class WholeFiles {
  readonly #reader: Reader;
  readonly #known = new Map<string, WholeFile>();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  async of({ entry_id: entryId }: AgedVersion): Promise<WholeFile> {
    const known = this.#known.get(entryId);
    if (known !== undefined) return known;
    const content = await currentVersionOf(this.#reader, entryId);
    const file = new WholeFile(content, await previousVersionsOf(this.#reader, entryId));
    this.#known.set(entryId, file);
    return file;
  }
}
