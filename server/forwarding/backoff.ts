export type BackoffTimes = { readonly msMin: number; readonly msMax: number };

/** Pauses that double from one failure to the next, half of each left to chance so that not all come back at once. */
export class Backoff {
  readonly #times: BackoffTimes;
  readonly #random: () => number;
  #failures = 0;

  constructor(times: BackoffTimes, random: () => number) {
    this.#times = times;
    this.#random = random;
  }

  /** In milliseconds, after one more failure. */
  next(): number {
    const { msMin, msMax } = this.#times;
    const ms = Math.min(msMax, msMin * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return ms / 2 + (ms / 2) * this.#random();
  }

  reset(): void {
    this.#failures = 0;
  }
}
