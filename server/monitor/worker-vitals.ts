import type { LoopDelay, Vitals } from './vitals.ts';

/** How the workers are together, for whoever watches over the server. */
export type WorkersHealth = {
  /** Processes that there are to be, and that take connections. Both 0 where the work is done in this one. */
  readonly wanted: number;
  readonly ready: number;
  /** Since the start: processes that died. */
  readonly lost: number;
  /** The worst of them during the last minute; null where nothing was heard. */
  readonly loopDelay: LoopDelay | null;
  readonly residentBytes: number;
  /** Of all workers that there were. */
  readonly cpuSeconds: number;
  readonly paceWaits: number;
  readonly paceWaitMs: number;
};

type Sums = Pick<WorkersHealth, 'cpuSeconds' | 'paceWaits' | 'paceWaitMs'>;

/** Adds up what the workers tell, so that a worker that dies takes nothing back of what was counted. */
export class WorkerVitals {
  readonly #latest = new Map<number, Vitals>();
  readonly #delays = new DelaysOfLastMinute();
  /** Of workers that are gone. */
  #gone: Sums = { cpuSeconds: 0, paceWaits: 0, paceWaitMs: 0 };
  #lost = 0;

  told(worker: number, vitals: Vitals): void {
    this.#latest.set(worker, vitals);
    this.#delays.add(vitals.loopDelay);
  }

  over(worker: number, { died }: { readonly died: boolean }): void {
    if (died) this.#lost += 1;
    const last = this.#latest.get(worker);
    if (last !== undefined) this.#gone = sumOf(this.#gone, last);
    this.#latest.delete(worker);
  }

  health(processes: Pick<WorkersHealth, 'wanted' | 'ready'>): WorkersHealth {
    const latest = [...this.#latest.values()];
    return {
      ...processes,
      ...latest.reduce(sumOf, this.#gone),
      lost: this.#lost,
      loopDelay: this.#delays.worst(),
      residentBytes: latest.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    };
  }
}

function sumOf(a: Sums, b: Sums): Sums {
  return {
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    paceWaits: a.paceWaits + b.paceWaits,
    paceWaitMs: a.paceWaitMs + b.paceWaitMs,
  };
}

/** So that whoever asks once a minute misses no stall. */
const keptMs = 60_000;
/** A worker tells every 5 s, and there are 256 at most; what is beyond that says nothing new. */
const keptMax = 4_096;

export class DelaysOfLastMinute {
  #delays: { readonly atMs: number; readonly delay: LoopDelay }[] = [];

  add(delay: LoopDelay): void {
    const atMs = performance.now();
    this.#delays = this.#delays.filter((each) => atMs - each.atMs < keptMs).slice(-keptMax);
    this.#delays.push({ atMs, delay });
  }

  worst(): LoopDelay | null {
    const nowMs = performance.now();
    const delays = this.#delays.filter(({ atMs }) => nowMs - atMs < keptMs);
    if (delays.length === 0) return null;
    const worstOf = (which: keyof LoopDelay) =>
      Math.max(...delays.map(({ delay }) => delay[which]));
    return { p50Ms: worstOf('p50Ms'), p99Ms: worstOf('p99Ms'), maxMs: worstOf('maxMs') };
  }
}
