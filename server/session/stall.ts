import { limits } from '../domain/limits.ts';

/** Bytes moved so far, and whether the client owes some now. */
export type Flow = { readonly bytes: number; readonly outstanding: boolean };

const bytesMin = (limits.stalledBytesPerSecondMin * limits.stalledMsMax) / 1000;

/** More than this between two looks was a standstill of the server or its host, and no client's fault. */
const lookMsMax = 2_000;

/** Tells a channel that stalls from one that is slow, and from one that has nothing to move. */
export class Stall {
  #lookedMs = 0;
  #owedMs = 0;
  #bytes = 0;

  /** Looks once more; true when the client has owed bytes all the time and moved too few of them. */
  look({ bytes, outstanding }: Flow, nowMs: number): boolean {
    const passedMs = Math.min(nowMs - this.#lookedMs, lookMsMax);
    this.#lookedMs = nowMs;
    if (!outstanding || bytes - this.#bytes >= bytesMin) {
      this.#owedMs = 0;
      this.#bytes = bytes;
      return false;
    }
    this.#owedMs += passedMs;
    return this.#owedMs >= limits.stalledMsMax;
  }
}
