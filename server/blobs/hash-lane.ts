import builtins, { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

/** Memory that changes hands: its first `length` bytes are looked at. */
export type LentPart = { readonly bytes: ArrayBuffer; readonly length: number };

export type HashQuestion = {
  readonly stream: number;
  readonly question:
    | { readonly kind: 'update'; readonly parts: readonly LentPart[] }
    | { readonly kind: 'digest' | 'forget' };
};

/** What was lent comes back with the answer. */
export type HashAnswer = {
  readonly digest: string | null;
  readonly parts: readonly LentPart[];
};

type Waiting = { resolve(answer: HashAnswer): void; reject(reason: unknown): void };

/** SHA-256 of one content, computed beside the thread that serves sessions. */
export interface LaneHash {
  /** Lends the memory; resolves with it when it was looked at. Rejects when the thread is gone, and the memory with it. */
  update(parts: readonly LentPart[]): Promise<readonly LentPart[]>;
  /** 64 hex digits. Ends it. */
  digest(): Promise<string>;
  forget(): void;
}

/**
 * A second thread of this process, which hashes. SHA-256 is more than half of what an upload costs and cannot be split, so
 * the session's thread goes on with the next bytes meanwhile (docs/decisions/0008). Answers come in the order of questions.
 * Memory is lent and not shared: to copy into shared memory costs twice as much, and nobody has to take care.
 */
export class HashLane {
  readonly #thread: threads.Worker;
  readonly #waiting: Waiting[] = [];
  #streams = 0;
  #gone = false;

  /** @throws what Node has against another thread */
  constructor() {
    this.#thread = new threads.Worker(new URL('./hash-thread.js', import.meta.url), {
      env: {},
      // Nor what the process was started with: it is meant for the process.
      execArgv: [],
      stdin: false,
    });
    this.#thread.unref();
    this.#thread.on('message', (answer: HashAnswer) => this.#waiting.shift()?.resolve(answer));
    this.#thread.on('error', () => this.#over());
    this.#thread.on('exit', () => this.#over());
  }

  get isGone(): boolean {
    return this.#gone;
  }

  open(): LaneHash {
    const stream = this.#streams++;
    const ask = (question: HashQuestion['question']) => this.#ask({ stream, question });
    return {
      update: async (parts) => (await ask({ kind: 'update', parts })).parts,
      digest: async () => {
        const { digest } = await ask({ kind: 'digest' });
        if (digest === null) throw new Error('nothing was hashed');
        return digest;
      },
      forget: () => void ask({ kind: 'forget' }).catch(() => undefined),
    };
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(asked: HashQuestion): Promise<HashAnswer> {
    if (this.#gone) return Promise.reject(new Error('the hashing thread is gone'));
    return new Promise((resolve, reject) => {
      // First, as it may throw: an answer that is waited for and not asked for would give every later one away.
      this.#thread.postMessage(asked, memoryOf(asked));
      this.#waiting.push({ resolve, reject });
    });
  }

  #over(): void {
    this.#gone = true;
    for (const waiting of this.#waiting.splice(0))
      waiting.reject(new Error('the hashing thread is gone'));
  }
}

function memoryOf({ question }: HashQuestion): ArrayBuffer[] {
  return question.kind === 'update' ? question.parts.map(({ bytes }) => bytes) : [];
}

let lane: HashLane | null = null;

/** The lane of this process, where it has one. Without it contents are hashed by the thread that receives them. */
export function hashLane(): HashLane | null {
  return lane?.isGone === false ? lane : null;
}

/**
 * Starts the lane, and takes away the plain ways to start another thread: under Node's permission model a thread can give
 * itself the rights that the process has not. A hurdle and no wall: who runs code of his own choice in a worker gets past
 * it, as he gets past the model by native code (docs/TRUST.md).
 */
export function startHashLane(): HashLane {
  lane = new HashLane();
  Object.defineProperty(threads.Worker.prototype, 'constructor', { value: undefined });
  Object.defineProperty(threads, 'Worker', { value: undefined });
  Object.defineProperty(builtins, 'register', { value: undefined });
  syncBuiltinESMExports();
  return lane;
}
