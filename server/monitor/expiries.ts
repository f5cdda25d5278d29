import type { Identity } from '../domain/identity.ts';

/** Looked at so often at most: the wall clock may be set. It also keeps far times within what a timer can wait. */
const waitMsMax = 60_000;
/** A login whose end was asked for is asked again: its worker may not have heard yet that it began. */
const againMs = 1_000;

export function isExpired({ expiresAtMs }: Pick<Identity, 'expiresAtMs'>, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** The live logins that expire, and their ends when it is time. */
export class Expiries {
  readonly #clock: () => number;
  readonly #end: (sessionId: string) => boolean;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** @param end asks for the end of a login; false if it is over */
  constructor(clock: () => number, end: (sessionId: string) => boolean) {
    this.#clock = clock;
    this.#end = end;
  }

  watch(identity: Pick<Identity, 'sessionId' | 'expiresAtMs'>): void {
    const { sessionId, expiresAtMs } = identity;
    if (expiresAtMs === null) return;
    const leftMs = Math.max(0, expiresAtMs - this.#clock());
    const look = () => {
      if (!isExpired(identity, this.#clock())) this.watch(identity);
      else if (this.#end(sessionId)) this.#timers.set(sessionId, setTimeout(look, againMs).unref());
      else this.#timers.delete(sessionId);
    };
    this.#timers.set(sessionId, setTimeout(look, Math.min(leftMs, waitMsMax)).unref());
  }

  forget(sessionId: string): void {
    clearTimeout(this.#timers.get(sessionId));
    this.#timers.delete(sessionId);
  }
}
