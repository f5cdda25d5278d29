export type RatesParts = {
  readonly perSecondMax: number;
  readonly atOnceMax: number;
  readonly sourcesMax: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
};

/** What of a connection still counts once it has logged in: 400 of them a second are in time where 20 others are. */
const loggedInShare = 1 / 20;

/**
 * How fast each source may open connections. A key exchange costs the server more than the client (DHEat,
 * CVE-2002-20001), and whoever opens and closes at once is held by no other limit. A county of many clients behind one
 * address starts its batch jobs at the full hour, so there is room for many at once after a rest, and who logs in makes
 * up for most of it: it is known then whose work that was, and the next job may come.
 */
export class Rates {
  readonly #parts: RatesParts;
  readonly #intervalMs: number;
  /** When a source has made up for its connections so far; the one that came last stands last. */
  readonly #evenAtMs = new Map<string, number>();

  constructor(parts: RatesParts) {
    this.#parts = parts;
    this.#intervalMs = 1_000 / parts.perSecondMax;
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#evenAtMs.size;
  }

  /** @returns whether another connection of that source is in time; only then it counts */
  take(source: string): boolean {
    const nowMs = this.#parts.now();
    this.#forget(nowMs);
    const evenAtMs = Math.max(nowMs, this.#evenAtMs.get(source) ?? 0) + this.#intervalMs;
    if (evenAtMs - nowMs > this.#parts.atOnceMax * this.#intervalMs) return false;
    this.#evenAtMs.delete(source);
    this.#evenAtMs.set(source, evenAtMs);
    while (this.#evenAtMs.size > this.#parts.sourcesMax)
      this.#evenAtMs.delete(this.#evenAtMs.keys().next().value!);
    return true;
  }

  /** One of the connections that were taken has logged in. */
  loggedIn(source: string): void {
    const evenAtMs = this.#evenAtMs.get(source);
    if (evenAtMs !== undefined)
      this.#evenAtMs.set(source, evenAtMs - this.#intervalMs * (1 - loggedInShare));
  }

  /** Those that are even, as far as they stand first. */
  #forget(nowMs: number): void {
    for (const [source, evenAtMs] of this.#evenAtMs) {
      if (evenAtMs > nowMs) return;
      this.#evenAtMs.delete(source);
    }
  }
}
