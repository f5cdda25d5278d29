export type RateParts = {
  readonly perSecondMax: number;
  readonly atOnceMax: number;
  /** Callers that are told apart; the others share one. */
  readonly rememberedMax: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
};

const others = '';

/**
 * A bucket of tokens for each caller: so many at once after a rest, and then as they come in. Only what is not full is
 * remembered, and where too many are, the new ones share a bucket, so that nobody gets a fresh one by making others.
 */
export class RateLimit {
  readonly #parts: RateParts;
  readonly #intervalMs: number;
  /** When the bucket of a caller is full again; the one that took last stands last. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(parts: RateParts) {
    this.#parts = parts;
    this.#intervalMs = 1_000 / parts.perSecondMax;
  }

  get size(): number {
    return this.#fullAtMs.size;
  }

  /** @returns 0 where there was a token, which is then taken; otherwise the milliseconds until there is one */
  take(caller: string): number {
    const nowMs = this.#parts.now();
    this.#forget(nowMs);
    const isTold = this.#fullAtMs.has(caller) || this.#fullAtMs.size < this.#parts.rememberedMax;
    const name = isTold ? caller : others;
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(name) ?? 0) + this.#intervalMs;
    const overMs = fullAtMs - nowMs - this.#parts.atOnceMax * this.#intervalMs;
    // A token that is a rounding error away is there.
    if (overMs > 1e-6) return overMs;
    this.#fullAtMs.delete(name);
    this.#fullAtMs.set(name, fullAtMs);
    return 0;
  }

  /** Those that are full again, as far as they stand first; the rest goes when its turn comes. */
  #forget(nowMs: number): void {
    for (const [caller, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs > nowMs) return;
      this.#fullAtMs.delete(caller);
    }
  }
}
