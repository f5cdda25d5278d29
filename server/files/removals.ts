import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '../blobs/store.ts';

/** From a refusal to the next round of tries: twice as long each time that nothing goes. */
const retryMsMin = 1_000;
const retryMsMax = 60_000;
/** In one round: a disk that refuses is in trouble already, but one blob that is stuck is to hold up no other. */
const refusalsMax = 16;
/** What lies behind them goes with the next start. */
const refusedMax = 100_000;
/** How long a stop waits: what follows it is the database's end, and must not be cut off. */
const stopMsMax = 3_000;

export type RemovalParts = {
  readonly store: Pick<BlobStore, 'remove'>;
  /** Told of the first that is refused where none was. */
  readonly onFault: (error: unknown) => void;
};

/**
 * Takes bytes off the disk that no row speaks for any more, as those of destroyed blobs, whose keys are gone before. What
 * the disk refuses is tried again until it goes; what a stop leaves, the next start sweeps (sweep.ts).
 */
export class Removals {
  readonly #parts: RemovalParts;
  readonly #refused = new Set<string>();
  readonly #underWay = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #waitMs = retryMsMin;
  #isStopped = false;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** Blobs whose bytes the disk did not let go yet. */
  get refused(): number {
    return this.#refused.size;
  }

  /** It never rejects. @returns whether they are gone: otherwise they go later, behind a stop with the next start */
  async remove(blobId: string): Promise<boolean> {
    if (this.#isStopped) return false;
    const removal = this.#try(blobId);
    this.#underWay.add(removal);
    const isGone = await removal;
    this.#underWay.delete(removal);
    if (!isGone) this.#retryLater();
    return isGone;
  }

  /** Waits for what is under way, and tries once more what was refused; not for long. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    let isLate = false;
    const ended = (async () => {
      await Promise.all(this.#underWay);
      await this.#retry(() => !isLate);
    })();
    await Promise.race([ended, sleep(stopMsMax, undefined, { ref: false })]);
    isLate = true;
  }

  async #try(blobId: string): Promise<boolean> {
    try {
      await this.#parts.store.remove(blobId);
    } catch (error) {
      if (this.#refused.size === 0) this.#parts.onFault(error);
      // Behind the others, which come first in the next round.
      this.#refused.delete(blobId);
      if (this.#refused.size < refusedMax) this.#refused.add(blobId);
      return false;
    }
    this.#refused.delete(blobId);
    return true;
  }

  #retryLater(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      const retried = this.#retry(() => !this.#isStopped).finally(() => {
        this.#timer = undefined;
        this.#underWay.delete(retried);
        if (this.#refused.size > 0) this.#retryLater();
      });
      this.#underWay.add(retried);
    }, this.#waitMs).unref();
  }

  /** One round, one after the other. */
  async #retry(mayGoOn: () => boolean): Promise<void> {
    const before = [...this.#refused];
    let refusals = 0;
    for (const blobId of before) {
      if (!mayGoOn() || refusals === refusalsMax) break;
      if (!(await this.#try(blobId))) refusals += 1;
    }
    const isBetter = this.#refused.size < before.length;
    this.#waitMs = isBetter ? retryMsMin : Math.min(2 * this.#waitMs, retryMsMax);
  }
}
