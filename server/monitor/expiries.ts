import type { Identity } from '../domain/identity.ts';

/** Looked at so often at least: the wall clock may be set, and what a login may do may be taken back while it is up. */
const lookMs = 5_000;
/** A login whose end was asked for is asked again: its worker may not have heard yet that it began. */
const againMs = 1_000;

export function isExpired({ expiresAtMs }: Pick<Identity, 'expiresAtMs'>, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

export type ExpiryParts = {
  /** Milliseconds of the wall clock. */
  readonly clock: () => number;
  /** A login as it is now; undefined when it is over. */
  readonly identityOf: (sessionId: string) => Pick<Identity, 'expiresAtMs'> | undefined;
  /** Asks for the end of a login. */
  readonly end: (sessionId: string) => void;
};

/** Ends live logins when it is time. */
export class Expiries {
  readonly #parts: ExpiryParts;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
  }

  /** From its beginning on, also of one without an end: it may get one. */
  watch(sessionId: string): void {
    const { clock, identityOf, end } = this.#parts;
    const identity = identityOf(sessionId);
    if (identity === undefined) return void this.#timers.delete(sessionId);
    const leftMs = (identity.expiresAtMs ?? Infinity) - clock();
    if (leftMs <= 0) end(sessionId);
    const waitMs = leftMs <= 0 ? againMs : Math.min(leftMs, lookMs);
    this.#timers.set(sessionId, setTimeout(() => this.watch(sessionId), waitMs).unref());
  }

  forget(sessionId: string): void {
    clearTimeout(this.#timers.get(sessionId));
    this.#timers.delete(sessionId);
  }
}
