/** A group that knows how much it weighs, and can take another one in. */
export type Group<Self> = { readonly weight: number; take(other: Self): void };

/**
 * Groups by a key, of which strangers may make any number (names that they claim, what their clients call themselves).
 * So many are told apart: where there are more, the half that weighs least is told together. A group that came to be told
 * together and comes again is one of its own from there on, so what it weighs is then the least that it can be.
 */
export class Groups<G extends Group<G>> {
  readonly #max: number;
  readonly #make: (key: string) => G;
  #groups = new Map<string, G>();
  #others: G | null = null;
  #othersCount = 0;

  /** @param make of a key; the empty key makes the one of what is told together */
  constructor(max: number, make: (key: string) => G) {
    this.#max = max;
    this.#make = make;
  }

  at(key: string): G {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#max) this.#thin();
    const made = this.#make(key);
    this.#groups.set(key, made);
    return made;
  }

  /** The heaviest first; of those that weigh as much, in the order of their keys. */
  sorted(): readonly G[] {
    return byWeight(this.#groups).map(([, group]) => group);
  }

  /** What is told together, and how often something was; null where all are told apart. */
  get others(): { readonly group: G; readonly count: number } | null {
    return this.#others === null ? null : { group: this.#others, count: this.#othersCount };
  }

  #thin(): void {
    const sorted = byWeight(this.#groups);
    const kept = Math.floor(this.#max / 2);
    this.#others ??= this.#make('');
    for (const [, group] of sorted.slice(kept)) this.#others.take(group);
    this.#othersCount += sorted.length - kept;
    this.#groups = new Map(sorted.slice(0, kept));
  }
}

function byWeight<G extends Group<G>>(groups: ReadonlyMap<string, G>): (readonly [string, G])[] {
  return [...groups].toSorted(
    ([oneKey, one], [otherKey, other]) => other.weight - one.weight || (oneKey < otherKey ? -1 : 1),
  );
}

/** From when to when something happened. */
export class Span {
  firstMs = Infinity;
  lastMs = -Infinity;

  add(atMs: number): void {
    this.firstMs = Math.min(this.firstMs, atMs);
    this.lastMs = Math.max(this.lastMs, atMs);
  }

  take({ firstMs, lastMs }: Span): void {
    this.firstMs = Math.min(this.firstMs, firstMs);
    this.lastMs = Math.max(this.lastMs, lastMs);
  }
}

/** Numbers by a name; there are as many names as the caller knows of. */
export class Tally {
  readonly #values = new Map<string, number>();

  add(name: string, value: number): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + value);
  }

  get size(): number {
    return this.#values.size;
  }

  /** The greatest first. */
  greatest(most: number): { readonly name: string; readonly value: number }[] {
    return [...this.#values]
      .toSorted(
        ([oneName, one], [otherName, other]) => other - one || (oneName < otherName ? -1 : 1),
      )
      .slice(0, most)
      .map(([name, value]) => ({ name, value }));
  }

  inOrder(): { readonly name: string; readonly value: number }[] {
    return [...this.#values]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => ({ name, value }));
  }
}
