import { limits } from '../domain/limits.ts';

/** Bytes moved so far, and whether the client owes some now. */
export type Flow = { readonly bytes: number; readonly outstanding: boolean };

/** More than this between two looks was a standstill of the server or its host, and no client's fault. */
const lookMsMax = 2_000;

/**
 * Clients take what they read in steps: AsyncSSH and JSch give a window of 2 MiB back by halves, a socket's buffer
 * empties by thirds. So much that was moved may pay for the time after it.
 */
const stepBytesMax = 1024 * 1024;
const paidMsMax = (stepBytesMax * 1000) / limits.stalledBytesPerSecondMin;

/**
 * Tells a channel that stalls from one that is slow, and from one that has nothing to move. Each second in which the
 * client owes bytes is a second of debt, and the bytes that a second should move pay for one.
 */
export class Stall {
  #lookedMs = 0;
  #debtMs = 0;
  #bytes = 0;

  /** Looks once more; true when the client owes bytes and is too far behind with them. */
  look({ bytes, outstanding }: Flow, nowMs: number): boolean {
    const passedMs = Math.min(nowMs - this.#lookedMs, lookMsMax);
    const paidMs = ((bytes - this.#bytes) * 1000) / limits.stalledBytesPerSecondMin;
    this.#lookedMs = nowMs;
    this.#bytes = bytes;
    const debtMs = outstanding ? this.#debtMs + passedMs : Math.min(0, this.#debtMs);
    this.#debtMs = Math.max(debtMs - paidMs, -paidMsMax);
    return outstanding && this.#debtMs >= limits.stalledMsMax;
  }
}
