import type { BlobStore } from '../blobs/store.ts';
import type { DiskSpace } from './quota.ts';

/** How old a look may be: what is taken meanwhile is what opens at the same time are granted of one another's, too. */
const ageMsMax = 100;

/**
 * What the disk has left, as of a moment ago. Each OPEN to write asks, and the answer takes a thread and its wake-up; the
 * worker that writes has an eye on the disk of its own (server/blobs/disk-reserve.ts).
 */
export class RecentSpace {
  readonly #store: Pick<BlobStore, 'space'>;
  readonly #now: () => number;
  #last: { readonly atMs: number; readonly disk: DiskSpace } | undefined;

  constructor(store: Pick<BlobStore, 'space'>, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws Fault `storage-failed` where the disk cannot be asked */
  async look(): Promise<DiskSpace> {
    const atMs = this.#now();
    if (this.#last !== undefined && atMs - this.#last.atMs < ageMsMax) return this.#last.disk;
    const disk = await this.#store.space();
    this.#last = { atMs, disk };
    return disk;
  }
}
