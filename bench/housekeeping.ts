import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { startedByUs } from './processes.ts';

const markerName = 'BENCH_RUN';
const endMsMax = 5_000;
const pauseMs = 20;

/**
 * What the run has started and made. All of it goes when the run ends, however it ends but by SIGKILL: servers, clients,
 * directories, and what a part has asked to be undone. It does so without waiting for anything, so that a signal at any
 * moment finds it able to.
 */
export class Housekeeping {
  readonly #marker: string;
  readonly #directories = new Set<string>();
  readonly #undo = new Set<() => void>();

  constructor() {
    // Inherited by all that is started, so that those are found whose parent has gone.
    process.env[markerName] = randomUUID();
    this.#marker = `${markerName}=${process.env[markerName]}`;
  }

  /** Clears on exit and on the signals that ask for an end. */
  watch(): void {
    process.once('exit', () => this.clear());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        process.stderr.write(`\nbench: ${signal}; cleaning up\n`);
        process.exit(128 + constants.signals[signal]);
      });
  }

  makeDirectory(parent: string): string {
    const directory = mkdtempSync(join(parent, 'waybill-bench-'));
    this.#directories.add(directory);
    return directory;
  }

  removeDirectory(directory: string): void {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    this.#directories.delete(directory);
  }

  /** Has `undo` done at the end; the function that is returned does it before. */
  atEnd(undo: () => void): () => void {
    this.#undo.add(undo);
    return () => {
      if (this.#undo.delete(undo)) undo();
    };
  }

  /** Ends what is left of a trial's processes. Whatever still runs then was forgotten, or hangs. */
  endProcesses(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; waitedMs < endMsMax; waitedMs += pauseMs) {
      const left = startedByUs(this.#marker);
      if (left.length === 0) return;
      for (const pid of left) kill(pid);
      Atomics.wait(pause, 0, 0, pauseMs);
    }
    process.stderr.write(`bench: does not end: ${startedByUs(this.#marker).join(', ')}\n`);
  }

  clear(): void {
    this.endProcesses();
    for (const undo of this.#undo) {
      this.#undo.delete(undo);
      undo();
    }
    for (const directory of this.#directories) this.removeDirectory(directory);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
