/** A clock that is well is slewed and rounded by less. */
const sameMs = 1_000;

export type Bounds = {
  /** It is at least so late. Milliseconds since the epoch, as the others. */
  readonly leastMs: number;
  /** It is hardly later than that. */
  readonly mostMs: number;
  /** Nobody knows what time it is, until an administrator has said so. */
  readonly isInDoubt: boolean;
};

/**
 * What is known of the time beside what the wall's clock says. Whoever watches the clock (server/retention/clock.ts) says
 * now and then between what it is, and from there on a clock that nobody sets goes on: so what happens between two looks
 * is not believed to a clock that was set meanwhile. Until it is told anything, the wall's clock is believed.
 */
export class TrustedTime {
  readonly #steadyNow: () => number;
  /** Less the time of the steady clock. */
  #leastAheadMs = -Infinity;
  #mostAheadMs = Infinity;
  #isInDoubt = false;

  /** @param steadyNow milliseconds of a clock that is never set */
  constructor(steadyNow: () => number) {
    this.#steadyNow = steadyNow;
  }

  /** Now it is between these. */
  learn({ leastMs, mostMs, isInDoubt }: Bounds): void {
    const steadyMs = this.#steadyNow();
    this.#leastAheadMs = leastMs - steadyMs;
    this.#mostAheadMs = mostMs - steadyMs;
    this.#isInDoubt = isInDoubt;
  }

  /**
   * From when the age of what comes now counts, where that is not simply the time of the wall's clock: null where it is.
   * A clock that is behind would have it destroyed as soon as it is right again.
   */
  agedFromMs(nowMs: number): number | null {
    const steadyMs = this.#steadyNow();
    const leastMs = Math.ceil(this.#leastAheadMs + steadyMs);
    const isWell =
      !this.#isInDoubt && nowMs >= leastMs - sameMs && nowMs <= this.#mostAheadMs + steadyMs;
    return isWell || !Number.isFinite(leastMs) ? null : leastMs;
  }

  /** By what time what ends by itself has ended: a clock that was set far ahead ends nothing. */
  endedByMs(nowMs: number): number {
    return Math.min(nowMs, Math.floor(this.#mostAheadMs + this.#steadyNow()));
  }
}
