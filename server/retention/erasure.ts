import { setTimeout as sleep } from 'node:timers/promises';

const againMs = 5_000;

export type ErasureParts = {
  /** Empties the log of the database; false where somebody still reads from it. */
  readonly eraseLog: () => Promise<boolean>;
  readonly onFault: (error: unknown) => void;
};

/**
 * Empties the log of the database, in which the pages of before stand until then; where somebody reads from it, such as a
 * backup, again and again until it could be emptied. The end of the server empties it anyway.
 */
export class Erasure {
  readonly #parts: ErasureParts;
  readonly #stopping = new AbortController();
  #again: Promise<void> | undefined;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /** @returns whether it is empty now; otherwise it will be */
  async erase(): Promise<boolean> {
    if (await this.#try()) return true;
    this.#again ??= this.#untilDone().finally(() => (this.#again = undefined));
    return false;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#again;
  }

  async #untilDone(): Promise<void> {
    const { signal } = this.#stopping;
    do await sleep(againMs, undefined, { ref: false, signal }).catch(() => undefined);
    while (!signal.aborted && !(await this.#try()));
  }

  async #try(): Promise<boolean> {
    try {
      return await this.#parts.eraseLog();
    } catch (error) {
      this.#parts.onFault(error);
      return false;
    }
  }
}
