/** What the workers asked so far, by kind, and how much of it is still to be answered. */
export class Questions {
  readonly #counts = new Map<string, number>();
  #waiting = 0;

  asked(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#waiting += 1;
  }

  answered(): void {
    this.#waiting -= 1;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get waiting(): number {
    return this.#waiting;
  }
}
