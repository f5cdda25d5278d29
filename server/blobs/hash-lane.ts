import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

/** Bytes that are shared with the thread, from their start. */
export type SharedPart = { readonly bytes: SharedArrayBuffer; readonly length: number };

export type HashQuestion = {
  readonly stream: number;
  readonly question:
    | { readonly kind: 'update'; readonly parts: readonly SharedPart[] }
    | { readonly kind: 'digest' | 'forget' };
};

export type HashAnswer = { readonly stream: number; readonly digest: string | null };

type Waiting = { resolve(digest: string | null): void; reject(reason: unknown): void };

/** SHA-256 of one content, computed beside the thread that serves sessions. */
export interface LaneHash {
  /** Resolves when the bytes were looked at and may change again; rejects when the thread is gone. */
  update(parts: readonly SharedPart[]): Promise<unknown>;
  /** 64 hex digits. Ends it. */
  digest(): Promise<string>;
  forget(): void;
}

/**
 * A second thread of this process, which hashes. SHA-256 is more than half of what an upload costs and cannot be split, so
 * the session's thread goes on with the next bytes meanwhile (docs/decisions/0008). Answers come in the order of questions.
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
      stdin: false,
    });
    this.#thread.unref();
    this.#thread.on('message', ({ digest }: HashAnswer) => this.#waiting.shift()?.resolve(digest));
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
      update: (parts) => ask({ kind: 'update', parts }),
      digest: async () => {
        const digest = await ask({ kind: 'digest' });
        if (digest === null) throw new Error('nothing was hashed');
        return digest;
      },
      forget: () => void ask({ kind: 'forget' }).catch(() => undefined),
    };
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(asked: HashQuestion): Promise<string | null> {
    if (this.#gone) return Promise.reject(new Error('the hashing thread is gone'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage(asked);
    });
  }

  #over(): void {
    this.#gone = true;
    for (const waiting of this.#waiting.splice(0))
      waiting.reject(new Error('the hashing thread is gone'));
  }
}

let lane: HashLane | null = null;

/** The lane of this process, where it has one. Without it contents are hashed by the thread that receives them. */
export function hashLane(): HashLane | null {
  return lane?.isGone === false ? lane : null;
}

/**
 * Starts the lane. After it no code of this process can start another thread: under Node's permission model a thread can
 * give itself the rights that the process has not (docs/TRUST.md).
 */
export function startHashLane(): HashLane {
  lane = new HashLane();
  Object.defineProperty(threads, 'Worker', { value: undefined });
  syncBuiltinESMExports();
  return lane;
}
