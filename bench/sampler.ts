import { treeBytes } from './processes.ts';

const sampleMs = 200;

/** Looks again and again at how much memory a process tree holds. */
export class MemorySampler {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  peakBytes: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.peakBytes = treeBytes(pid);
    this.#timer = setInterval(() => this.#look(), sampleMs);
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.peakBytes;
  }

  #look(): void {
    this.peakBytes = Math.max(this.peakBytes, treeBytes(this.#pid));
  }
}
