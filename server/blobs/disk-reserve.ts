import { diskReserveBytesOf } from '../domain/disk.ts';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';

type Space = { readonly bytesTotal: number; readonly bytesFree: number };

/**
 * Keeps uploads from the room that the database, its ledger and everybody's downloads need. The disk is looked at while
 * uploads run, once in `limits.diskLookMs` at most, and what was taken since counts as gone: no WRITE waits for a look.
 */
export class DiskReserve {
  readonly #space: () => Promise<Space>;
  readonly #now: () => number;
  /** What the last look found for uploads; unknown before the first, and once it is old. */
  #found = Infinity;
  #lookedMs = -Infinity;
  #looking = false;
  /** Bytes taken that the last look can't have seen. */
  #taken = 0;

  constructor(space: () => Promise<Space>, now: () => number = () => performance.now()) {
    this.#space = space;
    this.#now = now;
  }

  /** @throws Fault `storage-full` */
  admit(bytes: number): void {
    const ageMs = this.#now() - this.#lookedMs;
    if (!this.#looking && ageMs >= limits.diskLookMs) {
      // Nobody wrote meanwhile: the disk may have been cleared since, and the first upload would be refused for nothing.
      if (ageMs >= 2 * limits.diskLookMs) this.#found = Infinity;
      void this.#look();
    }
    if (this.#found - this.#taken - bytes < 0) {
      throw new Fault(
        'storage-full',
        'the server has no room left for uploads; what came so far is kept for a resume',
      );
    }
    this.#taken += bytes;
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const takenBefore = this.#taken;
    try {
      const { bytesFree, bytesTotal } = await this.#space();
      this.#found = bytesFree - diskReserveBytesOf(bytesTotal);
      // What was taken before the look may still have been in memory; the next look sees it.
      this.#taken -= takenBefore;
    } catch {
      // A disk that can't be asked fails the writes themselves.
    } finally {
      this.#lookedMs = this.#now();
      this.#looking = false;
    }
  }
}
