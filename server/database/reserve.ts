import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, statfsSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { diskReserveBytesOf } from '../domain/disk.ts';

export const reserveFileName = 'reserve';

const fullCodes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const pieceBytes = 1024 * 1024;
/** Given back at a time: what else writes to the full disk may be there first. */
const stepBytesMax = 4 * 1024 * 1024;
const stepBytesMin = 256 * 1024;
/** Steps that a small reserve has. */
const stepsMin = 16;

/**
 * Room on the disk that is the ledger's whoever fills the rest: a file of allocated blocks, cut a step at a time when
 * SQLite finds the disk full, and grown again when there is room. Logins, downloads and refusals go on being recorded
 * from it; uploads never write into it, as they stop before the disk is full.
 */
export class Reserve {
  readonly #directory: string;
  readonly #file: string;
  #releases = 0;

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory;
    this.#file = join(dataDirectory, reserveFileName);
  }

  /** @returns whether a step of room was given back */
  release(): boolean {
    this.#releases += 1;
    try {
      const { bytes } = this;
      if (bytes === 0) return false;
      const file = openSync(this.#file, 'r+');
      try {
        ftruncateSync(file, Math.max(0, bytes - this.#disk().step));
        // ext4 gives the blocks to others only once its journal says so.
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** For a start on a full disk: even opening the database needs some pages. What else is wrong that one finds. */
  releaseIfFull(): void {
    try {
      const { free, step } = this.#disk();
      if (free < step) this.release();
    } catch {
      // Opening the database says it better.
    }
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Grows by at most `bytesMax`, as long as as much stays free beside it: a disk on its way to full is left alone.
   *
   * @throws an error of the file system, other than of a disk, a quota or a file that is full
   */
  async take(bytesMax: number): Promise<void> {
    const releases = this.#releases;
    let have = this.bytes;
    let left = bytesMax;
    let file: FileHandle | undefined;
    try {
      file = await open(this.#file, 'a', 0o600);
      // Not zeros: a file system that compresses would keep nothing for them.
      const noise = randomBytes(pieceBytes);
      while (left > 0 && releases === this.#releases) {
        const { wanted, free } = this.#disk();
        const next = Math.min(pieceBytes, left, wanted - have);
        if (next <= 0 || free - next < wanted) break;
        const { bytesWritten } = await file.write(noise, 0, next);
        have += bytesWritten;
        left -= bytesWritten;
      }
      await file.sync();
    } catch (error) {
      if (!fullCodes.has((error as NodeJS.ErrnoException).code)) throw error;
    } finally {
      await file?.close();
    }
  }

  #disk(): { wanted: number; free: number; step: number } {
    const { bsize, blocks, bavail } = statfsSync(this.#directory);
    const wanted = diskReserveBytesOf(bsize * blocks);
    const step = Math.min(stepBytesMax, Math.max(stepBytesMin, Math.floor(wanted / stepsMin)));
    return { wanted, free: bsize * bavail, step };
  }
}
