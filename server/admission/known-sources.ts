export type KnownSourcesParts = {
  readonly msMax: number;
  readonly sourcesMax: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
};

/** Sources from which somebody has logged in lately. Only a login puts one here, so no stranger can push one out. */
export class KnownSources {
  readonly #parts: KnownSourcesParts;
  /** In the order of their last logins. */
  readonly #lastLoginMs = new Map<string, number>();

  constructor(parts: KnownSourcesParts) {
    this.#parts = parts;
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#lastLoginMs.size;
  }

  loggedIn(source: string): void {
    this.#lastLoginMs.delete(source);
    this.#lastLoginMs.set(source, this.#parts.now());
    if (this.#lastLoginMs.size > this.#parts.sourcesMax)
      this.#lastLoginMs.delete(this.#lastLoginMs.keys().next().value!);
  }

  has(source: string): boolean {
    const lastMs = this.#lastLoginMs.get(source);
    return lastMs !== undefined && this.#parts.now() - lastMs <= this.#parts.msMax;
  }
}
