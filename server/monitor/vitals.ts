import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How long the event loop kept a timer waiting since it was asked before. */
export type LoopDelay = {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

/** How a worker process is, as it tells with each sign of life. The pace is of all its life, the delay of the time since. */
export type Vitals = {
  readonly loopDelay: LoopDelay;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** How often somebody was ahead of their pace and made to wait, and for how long altogether. */
  readonly paceWaits: number;
  readonly paceWaitMs: number;
};

/** Fifty looks a second find what a person would notice, and cost nothing that can be measured. */
const resolutionMs = 20;

export class LoopWatch {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#histogram.enable();
  }

  take(): LoopDelay {
    const { min, max } = this.#histogram;
    // The histogram holds whole intervals; one that was on time is as long as the resolution. Before the first look it
    // holds nothing, and says so with a minimum above its maximum.
    const delayMs = (nanoseconds: number) =>
      min > max ? 0 : Math.max(0, nanoseconds / 1e6 - resolutionMs);
    const delay = {
      p50Ms: delayMs(this.#histogram.percentile(50)),
      p99Ms: delayMs(this.#histogram.percentile(99)),
      maxMs: delayMs(max),
    };
    this.#histogram.reset();
    return delay;
  }

  stop(): void {
    this.#histogram.disable();
  }
}

export type PaceWaits = { readonly waits: number; readonly ms: number };

/** What one process tells of itself. */
export function vitalsOf(loop: LoopWatch, pace: PaceWaits): Vitals {
  const { user, system } = process.cpuUsage();
  return {
    loopDelay: loop.take(),
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    paceWaits: pace.waits,
    paceWaitMs: pace.ms,
  };
}
