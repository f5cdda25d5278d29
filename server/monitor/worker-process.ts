import { fork, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Arrival } from '../domain/authentication.ts';
import { Calls, type Message } from './calls.ts';
import { MessagePipe } from './message-pipe.ts';
import { pipeDescriptor } from './pipe-descriptor.ts';
import { isSayable, isVitals } from './schemas.ts';
import type { Monitor } from './verbs.ts';
import type { Vitals } from './vitals.ts';

/** How a worker process is started. */
export type WorkerProgram = {
  /** The script that it runs, and Node's own options for it. */
  readonly entry: string;
  readonly nodeOptions: readonly string[];
  /** Names of variables that it gets beside the usual ones. */
  readonly environment: readonly string[];
  readonly workingDirectory: string;
};

export type WorkerProcessParts = {
  readonly number: number;
  readonly program: WorkerProgram;
  /** What the process is told first; survives JSON, bytes aside. */
  readonly settings: unknown;
  readonly monitor: Monitor;
  readonly onReady: () => void;
  /** How it is, with every sign of life. */
  readonly onVitals?: (vitals: Vitals) => void;
  /** The process is gone, or never came, for the reason that the operating system tells. Once. */
  readonly onGone: (how: string) => void;
  readonly onFault: (error: unknown) => void;
  /** How often it is asked for a sign of life. */
  readonly pingMs?: number;
};

/** What of the environment a worker gets: nothing that names a directory or holds a secret. */
const environmentKept: ReadonlySet<string> = new Set(['TZ', 'LANG', 'LC_ALL', 'PATH']);
/** A worker is asked for a sign of life so often, and ended when it has left so many unanswered. */
const pingMsDefault = 5_000;
const pingsMissedMax = 6;
/** Questions of one worker that are answered at the same time: while there are more, no more are read. */
const answeringMax = 1_024;

/**
 * One worker process, seen from the monitor's. What it says is checked before it is taken. It asks through a pipe of its
 * own; sockets and what it is asked itself go through Node's channel, where they keep their order.
 */
export class WorkerProcess {
  readonly number: number;
  readonly #process: ChildProcess;
  readonly #pipe: MessagePipe;
  /** What it asks, and what it is asked. */
  readonly #questions: Calls;
  readonly #orders: Calls;
  readonly #parts: WorkerProcessParts;
  /** Sockets on their way to it: Node drops those that wait when the channel closes. */
  readonly #handing = new Set<Socket>();
  readonly #heartbeat: NodeJS.Timeout;
  #answering = 0;
  #dismissed = false;
  #isBroken = false;
  #gone = false;
  ready = false;

  /** @throws what the operating system has against another process */
  constructor(parts: WorkerProcessParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.#process = start(parts.program);
    const pipe = pipeOf(this.#process);
    this.#pipe = new MessagePipe({
      socket: pipe,
      waitsForReader: true,
      received: (message) => this.#received(message, this.#questions, 'call'),
      onBroken: (what) => this.#end(`what is no message: ${what}`),
    });
    pipe.once('close', () => {
      if (!this.#dismissed) this.kill();
    });
    this.#questions = new Calls({
      send: (message) => this.#pipe.send(message),
      serve: (verb, args) => this.#inTurn(() => this.#serve(verb, args)),
      onFault: parts.onFault,
    });
    this.#orders = new Calls({
      // A channel that is closed: the exit follows, and settles everything.
      send: (message) => void this.#process.send(message, undefined, undefined, () => undefined),
      serve: (verb) => Promise.reject(new Error(verb)),
      onFault: parts.onFault,
    });
    this.#process.on('message', (message) => this.#received(message, this.#orders, 'reply'));
    this.#process.on('error', (error) => {
      parts.onFault(error);
      if (this.pid === undefined) this.#over(error.message);
    });
    this.#process.once('exit', (code, signal) => this.#over(signal ?? `exit status ${code}`));
    // A worker that nobody can talk to is none.
    this.#process.once('disconnect', () => {
      if (!this.#dismissed) this.kill();
    });
    this.#heartbeat = this.#watchLife();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  hand(socket: Socket, arrival: Arrival): void {
    const done = () => {
      this.#handing.delete(socket);
      // Ours alone: the one that was sent is the worker's by now.
      socket.destroy();
    };
    this.#handing.add(socket);
    this.#process.send({ kind: 'arrival', arrival }, socket, { keepOpen: true }, done);
  }

  call(verb: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#orders.call(verb, ...args);
  }

  /** It ends by itself once nobody is at the other end of its channel. */
  dismiss(): void {
    this.#dismissed = true;
    if (this.#process.connected) this.#process.disconnect();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #over(how: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.ready = false;
    clearInterval(this.#heartbeat);
    for (const socket of this.#handing) socket.destroy();
    this.#handing.clear();
    this.#questions.end();
    this.#orders.end();
    this.#parts.onGone(how);
  }

  /** One that hangs (a loop, a disk that does not answer) keeps its sessions, names and places for ever. */
  #watchLife(): NodeJS.Timeout {
    const { pingMs = pingMsDefault } = this.#parts;
    let missed = 0;
    let lookedMs = performance.now();
    const look = () => {
      const nowMs = performance.now();
      // Where this process stood still itself, the silence says nothing.
      missed = nowMs - lookedMs > 2 * pingMs ? 0 : missed + 1;
      lookedMs = nowMs;
      if (missed > pingsMissedMax) {
        this.#parts.onFault(new Error(`worker process ${this.pid} does not answer, and is ended`));
        this.kill();
        return;
      }
      this.call('ping').then(
        (told) => {
          missed = 0;
          return this.#tellVitals(told);
        },
        () => undefined,
      );
    };
    return setInterval(look, pingMs).unref();
  }

  /** Nothing is told before it is ready. */
  #tellVitals(told: unknown): void {
    if (told === null || this.#isBroken) return;
    if (isVitals(told)) this.#parts.onVitals?.(told);
    else this.#end('impossible vitals');
  }

  #received(message: unknown, calls: Calls, says: 'call' | 'reply'): void {
    if (this.#isBroken) return;
    if (isMessage(message) && isOf(says, message)) calls.received(message);
    else this.#end('a message of no known kind');
  }

  async #inTurn<T>(answer: () => Promise<T>): Promise<T> {
    this.#answering += 1;
    if (this.#answering === answeringMax) this.#pipe.hold(true);
    try {
      return await answer();
    } finally {
      this.#answering -= 1;
      if (this.#answering === answeringMax / 2) this.#pipe.hold(false);
    }
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
      throw this.#broken(`${verb.slice(0, 32)} with impossible arguments`);
    const answer = this.#parts.monitor[verb] as (...given: unknown[]) => Promise<unknown>;
    return answer(...args);
  }

  #end(what: string): void {
    this.#parts.onFault(this.#broken(what));
  }

  /** A worker that breaks the seam is not to be reasoned with. */
  #broken(what: string): Error {
    this.#isBroken = true;
    this.kill();
    return new Error(`worker process ${this.pid} sent ${what}, and was ended`);
  }
}

function start({ entry, nodeOptions, environment, workingDirectory }: WorkerProgram): ChildProcess {
  return fork(entry, [], {
    execArgv: [...nodeOptions],
    cwd: workingDirectory,
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => environmentKept.has(name) || environment.includes(name),
      ),
    ),
    serialization: 'json',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
}

/** Where the process did not come to be there is none, and nobody at the other end of this one. */
function pipeOf(process: ChildProcess): Socket {
  const pipe = process.stdio[pipeDescriptor];
  return pipe instanceof Socket ? pipe : new Socket();
}

/** A worker asks and notes through the pipe, and answers in the channel. */
function isOf(says: 'call' | 'reply', { kind }: Message): boolean {
  return says === 'call'
    ? kind === 'call' || kind === 'note'
    : kind === 'reply' || kind === 'failure';
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, id, verb, args } = message as Record<string, unknown>;
  switch (kind) {
    case 'call':
      return typeof id === 'number' && typeof verb === 'string' && Array.isArray(args);
    case 'note':
      return typeof verb === 'string' && Array.isArray(args);
    case 'reply':
    case 'failure':
      return typeof id === 'number';
    default:
      return false;
  }
}
