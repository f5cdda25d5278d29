import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveOpens } from '../files/opens.ts';

/** For one part of work it rests so many, while somebody transfers files and shortly after: they hardly notice. */
const restsPerWork = 2;
const restsPerWorkAlone = 0.5;
const shortlyMs = 10_000;
const restMsMax = 500;

/** Rests between parts of work that nobody waits for. */
export function createRests(
  opens: Pick<LiveOpens, 'all'>,
  steadyNow: () => number,
): (workMs: number, signal?: AbortSignal) => Promise<void> {
  let busyAtMs = -Infinity;
  return async (workMs, signal) => {
    const [someone] = opens.all();
    if (someone !== undefined) busyAtMs = steadyNow();
    const isBusy = steadyNow() - busyAtMs < shortlyMs;
    const restMs = Math.min(workMs * (isBusy ? restsPerWork : restsPerWorkAlone), restMsMax);
    // Where it is aborted there is no more work to rest from.
    await sleep(restMs, undefined, { ref: false, signal }).catch(() => undefined);
  };
}
