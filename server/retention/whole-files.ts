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

  /** How many versions are newer than an earlier one. */
  placeOf(versionId: string): number {
    return this.#previous.findIndex(({ id }) => id === versionId) + 1;
  }

  /** It goes only with all that it held before: from when on the youngest of it counts, Infinity where the age of one has not begun. */
  youngest(clock: RetentionClock): number {
    if (this.#content === undefined) return Infinity;
    const all = [this.#content, ...this.#previous];
    return Math.max(...all.map((version) => ageBegan(version, clock) ?? Infinity));
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
