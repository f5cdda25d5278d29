import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { Socket } from 'node:net';
import type { Arrival } from '../domain/authentication.ts';
import { Calls, type Message } from './calls.ts';
import { isSayable } from './schemas.ts';
import type { Monitor } from './verbs.ts';

export type WorkerProcessParts = {
  readonly number: number;
  /** What the process is told first; survives JSON once packed. */
  readonly settings: unknown;
  readonly monitor: Monitor;
  readonly onReady: () => void;
  /** The process is gone, for the reason that the operating system tells. */
  readonly onGone: (how: string) => void;
  readonly onFault: (error: unknown) => void;
};

/** What of the environment a worker gets: nothing that names a directory or holds a secret. */
const environmentKept: ReadonlySet<string> = new Set(['TZ', 'LANG', 'LC_ALL', 'PATH']);

/** One worker process, seen from the monitor's. What it says is checked before it is taken. */
export class WorkerProcess {
  readonly number: number;
  readonly #process: ClusterWorker;
  readonly #calls: Calls;
  readonly #parts: WorkerProcessParts;
  ready = false;

  constructor(parts: WorkerProcessParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.#process = cluster.fork(strippedEnvironment());
    this.#calls = new Calls({
      // A channel that is closed: the exit follows, and settles everything.
      send: (message) => void this.#process.send(message, undefined, undefined, () => undefined),
      serve: (verb, args) => this.#serve(verb, args),
      onFault: parts.onFault,
    });
    this.#process.on('message', (message: Message) => this.#received(message));
    this.#process.on('error', parts.onFault);
    this.#process.once('exit', (code, signal) => {
      this.ready = false;
      this.#calls.end();
      parts.onGone(signal ?? `exit status ${code}`);
    });
  }

  get pid(): number | undefined {
    return this.#process.process.pid;
  }

  hand(socket: Socket, arrival: Arrival): void {
    this.#process.send({ kind: 'arrival', arrival }, socket, { keepOpen: false }, (error) => {
      if (error !== null) socket.destroy();
    });
  }

  call(verb: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#calls.call(verb, ...args);
  }

  /** It ends by itself once nobody is at the other end of its channel. */
  dismiss(): void {
    if (this.#process.isConnected()) this.#process.disconnect();
  }

  kill(): void {
    this.#process.process.kill('SIGKILL');
  }

  #received(message: Message): void {
    if (isMessage(message)) this.#calls.received(message);
    else this.#broken('a message of no known kind');
  }

  async #serve(verb: string, args: readonly unknown[]): Promise<unknown> {
    // Asked for, as what is said before the other end listens is lost.
    if (verb === 'settings' && !this.ready) return this.#parts.settings;
    if (verb === 'ready' && !this.ready) {
      this.ready = true;
      this.#parts.onReady();
      return null;
    }
    if (!isSayable(verb, args))
      return this.#broken(`${verb.slice(0, 32)} with impossible arguments`);
    const answer = this.#parts.monitor[verb] as (...given: unknown[]) => unknown;
    return answer(...args);
  }

  /** A worker that breaks the seam is not to be reasoned with. */
  #broken(what: string): never {
    this.kill();
    throw new Error(`worker process ${this.pid} sent ${what}, and was ended`);
  }
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, id, verb } = message as Record<string, unknown>;
  switch (kind) {
    case 'call':
      return typeof id === 'number' && typeof verb === 'string';
    case 'note':
      return typeof verb === 'string';
    case 'reply':
    case 'failure':
      return typeof id === 'number';
    default:
      return false;
  }
}

function strippedEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => !environmentKept.has(name))
      .map((name) => [name, undefined]),
  );
}
