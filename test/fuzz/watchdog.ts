import { Worker } from 'node:worker_threads';

export type Watchdog = {
  /** The main thread has come as far as this case. */
  beat(index: number): void;
  stop(): Promise<void>;
};

/**
 * A thread that ends the process, naming the case, when the event loop has stood still for `msMax`: an endless loop
 * leaves nobody else to tell. Slow turns are told by the campaign itself.
 */
export function startWatchdog(what: string, msMax: number): Watchdog {
  const shared = new SharedArrayBuffer(8);
  const beats = new Int32Array(shared);
  const worker = new Worker(watch, { eval: true, workerData: { shared, what, msMax } });
  worker.unref();
  const turn = setInterval(() => (beats[0] = beats[0]! + 1), 100).unref();
  return {
    beat(index) {
      beats[0] = beats[0]! + 1;
      beats[1] = index;
    },
    async stop() {
      clearInterval(turn);
      await worker.terminate();
    },
  };
}

const watch = `
const { workerData: { shared, what, msMax } } = require('node:worker_threads');
const beats = new Int32Array(shared);
let seen = -1;
let since = performance.now();
setInterval(() => {
  const now = performance.now();
  if (Atomics.load(beats, 0) !== seen) {
    seen = Atomics.load(beats, 0);
    since = now;
  } else if (now - since > msMax) {
    require('node:fs').writeSync(2, 'not ok - ' + what + ' --only ' + Atomics.load(beats, 1) + ': the event loop stands still\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, 250);
`;
