import type { Socket } from 'node:net';
import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Arrival } from '../domain/authentication.ts';
import type { Faces } from './faces.ts';
import type { Placements } from './placements.ts';
import { WorkerProcess, type WorkerProgram } from './worker-process.ts';
import { WorkerVitals, type WorkersHealth } from './worker-vitals.ts';
import type { Workers } from './workers.ts';

export type ProcessesParts = {
  readonly count: number;
  readonly program: WorkerProgram;
  /** What a worker is told first; it gets its number beside. */
  readonly settings: object;
  readonly placements: Placements;
  readonly faces: Faces;
  readonly onStarted: (worker: {
    readonly number: number;
    readonly pid: number | undefined;
  }) => void;
  readonly onLost: (lost: LostWorker) => void;
  readonly onFault: (error: unknown) => void;
};

export type LostWorker = {
  readonly number: number;
  readonly pid: number | undefined;
  /** The signal or exit status. */
  readonly how: string;
  /** Connections that went with it. */
  readonly connections: number;
};

/** A worker that was ready for so long is replaced at once; one that died sooner, after a pause that doubles. */
const livedWellMs = 1_000;
const pauseMsMin = 250;
const pauseMsMax = 30_000;
/** How long a socket waits for a worker while none is ready. */
const waitMsMax = 10_000;
/** How long whoever asked a worker that died waits for the monitor to settle what it had. */
const settleMsMax = 5_000;
/** How long a worker may take to end by itself. */
const endMsMax = 2_000;
/** How long it may take to be ready, and to come back from a drain beyond the time that it was given. */
const startMsMax = 60_000;
const drainMsMax = 5_000;

/** Starts the worker processes; resolves when all are ready. Those that die later are replaced. */
export async function startProcesses(parts: ProcessesParts): Promise<Workers> {
  const processes = new Processes(parts);
  await processes.start();
  return processes;
}

class Processes implements Workers {
  readonly #parts: ProcessesParts;
  readonly #live = new Map<number, WorkerProcess>();
  /** The settlements of workers that died. */
  readonly #settling = new Set<Promise<void>>();
  readonly #vitals = new WorkerVitals();
  readonly #waiting: { readonly socket: Socket; readonly arrival: Arrival }[] = [];
  #nextNumber = 1;
  #pauseMs = pauseMsMin;
  #closing = false;
  #onChange: (() => void)[] = [];

  constructor(parts: ProcessesParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    let died: string | undefined;
    const late = setTimeout(() => {
      died ??= `not ready after ${startMsMax / 1000} s`;
      this.#changed();
    }, startMsMax);
    for (let n = 0; n < this.#parts.count; n += 1) this.#fork((how) => (died ??= how));
    while ([...this.#live.values()].some(({ ready }) => !ready)) {
      await this.#change();
      if (died === undefined) continue;
      clearTimeout(late);
      await this.close();
      throw new Error(`a worker process did not start: ${died}`);
    }
    clearTimeout(late);
  }

  receive(socket: Socket, arrival: Arrival): void {
    const worker = this.#leastBusy();
    if (worker !== undefined) {
      this.#parts.placements.place(arrival, worker.number);
      worker.hand(socket, arrival);
      return;
    }
    const waiting = { socket, arrival };
    this.#waiting.push(waiting);
    setTimeout(() => {
      const index = this.#waiting.indexOf(waiting);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      socket.destroy();
      this.#parts.faces.neverHanded(arrival.connectionId);
    }, waitMsMax).unref();
  }

  async endConnection(connectionId: string, reason: string): Promise<void> {
    await this.#ask(connectionId, 'endConnection', connectionId, reason);
  }

  async revokeOpen(connectionId: string, openId: string): Promise<void> {
    await this.#ask(connectionId, 'revokeOpen', connectionId, openId);
  }

  health(): WorkersHealth {
    const ready = [...this.#live.values()].filter((worker) => worker.ready).length;
    return this.#vitals.health({ wanted: this.#parts.count, ready });
  }

  async drain(msMax: number): Promise<void> {
    this.#closing = true;
    const ready = [...this.#live.values()].filter((worker) => worker.ready);
    await Promise.all(
      ready.map(async (worker) => {
        const late = setTimeout(() => worker.kill(), msMax + drainMsMax);
        // One that dies meanwhile has nothing left to drain.
        await worker.call('drain', msMax).catch(() => undefined);
        clearTimeout(late);
      }),
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.#live.values()) worker.dismiss();
    const late = setTimeout(() => {
      for (const worker of this.#live.values()) worker.kill();
    }, endMsMax);
    while (this.#live.size > 0) await this.#change();
    clearTimeout(late);
    // What they had is still to be written, before whoever closes them closes the database.
    await Promise.all(this.#settling);
  }

  #fork(onEarlyEnd: (how: string) => void): void {
    try {
      this.#start(onEarlyEnd);
    } catch (error) {
      this.#parts.onFault(error);
      onEarlyEnd(String(error));
      if (!this.#closing) this.#replace(0);
      setImmediate(() => this.#changed());
    }
  }

  #start(onEarlyEnd: (how: string) => void): void {
    const { settings, faces, program, onStarted, onFault } = this.#parts;
    const number = this.#nextNumber++;
    // A start takes as long as the machine has it: one that always fails in its last part is none that went well.
    let readyMs = Infinity;
    const worker = new WorkerProcess({
      number,
      program,
      settings: { ...settings, number },
      monitor: faces.of(number),
      onReady: () => {
        readyMs = performance.now();
        onStarted(worker);
        this.#placeWaiting();
        this.#changed();
      },
      onVitals: (vitals) => this.#vitals.told(number, vitals),
      onGone: (how) => {
        onEarlyEnd(how);
        const livedMs = Math.max(0, performance.now() - readyMs);
        const settling = this.#gone(worker, how, livedMs).catch(onFault);
        this.#settling.add(settling);
        void settling.then(() => this.#settling.delete(settling));
      },
      onFault,
    });
    this.#live.set(number, worker);
  }

  async #gone(worker: WorkerProcess, how: string, livedMs: number): Promise<void> {
    const { number, pid } = worker;
    this.#live.delete(number);
    this.#vitals.over(number, { died: !this.#closing });
    if (!this.#closing) this.#replace(livedMs);
    this.#changed();
    const connections = await this.#parts.faces.lost(number);
    if (!this.#closing) this.#parts.onLost({ number, pid, how, connections });
  }

  #replace(livedMs: number): void {
    if (livedMs >= livedWellMs) this.#pauseMs = pauseMsMin;
    const afterMs = livedMs >= livedWellMs ? 0 : this.#pauseMs;
    if (livedMs < livedWellMs) this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMsMax);
    setTimeout(() => {
      if (!this.#closing) this.#fork(() => undefined);
    }, afterMs).unref();
  }

  #leastBusy(): WorkerProcess | undefined {
    const { placements } = this.#parts;
    const ready = [...this.#live.values()].filter((worker) => worker.ready);
    return ready.toSorted((a, b) => placements.countOf(a.number) - placements.countOf(b.number))[0];
  }

  #placeWaiting(): void {
    for (const { socket, arrival } of this.#waiting.splice(0)) this.receive(socket, arrival);
  }

  /** Asks the worker that has the connection; where it is gone, waits until the monitor has settled it. */
  async #ask(connectionId: string, verb: string, ...args: readonly unknown[]): Promise<void> {
    const { placements } = this.#parts;
    const placement = placements.ofConnection(connectionId);
    if (placement === undefined) return;
    try {
      // One that hangs is ended by its heartbeat; nobody waits for that.
      await Promise.race([
        this.#live.get(placement.worker)?.call(verb, ...args),
        pauseMs(settleMsMax),
      ]);
      if (this.#live.has(placement.worker)) return;
    } catch (error) {
      if (this.#live.has(placement.worker)) throw error;
    }
    const untilMs = performance.now() + settleMsMax;
    while (placements.ofConnection(connectionId) !== undefined && performance.now() < untilMs)
      await pauseMs(20);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #changed(): void {
    const waiting = this.#onChange;
    this.#onChange = [];
    for (const resolve of waiting) resolve();
  }
}
