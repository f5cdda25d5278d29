import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The key that signs, and the one that is to take over. */
export type KeyPlace = 'current' | 'next';

const names: Readonly<Record<KeyPlace, string>> = {
  current: 'checkpoint-key',
  next: 'checkpoint-key.next',
};
const fileBytesMax = 4096;

/**
 * Where the sealed private parts are: in the data directory, and in no backup, as who has an old key could sign an old
 * ledger anew. What is written here is durable when it returns.
 */
export class CheckpointKeyFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(place: KeyPlace): string | null {
    const file = this.#fileOf(place);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined || found.size > fileBytesMax) return null;
    return readFileSync(file, 'utf8');
  }

  write(place: KeyPlace, text: string): void {
    const file = this.#fileOf(place);
    const unfinished = `${file}.new`;
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
    if (place === 'current') this.#overwrite(file);
    renameSync(unfinished, file);
    this.#syncNames();
  }

  /** The key that signed is destroyed: overwritten where it lies, and then the next has its place. */
  handOver(): void {
    const current = this.#fileOf('current');
    this.#overwrite(current);
    renameSync(this.#fileOf('next'), current);
    this.#syncNames();
  }

  /** A next key that never will be one. */
  removeNext(): void {
    const next = this.#fileOf('next');
    this.#overwrite(next);
    rmSync(next, { force: true });
    this.#syncNames();
  }

  #fileOf(place: KeyPlace): string {
    return join(this.#directory, names[place]);
  }

  /** Before its blocks are given back: a file system that writes elsewhere, and a disk that does, may keep the old ones. */
  #overwrite(file: string): void {
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes === 0) return;
    const descriptor = openSync(file, 'r+');
    try {
      writeSync(descriptor, randomBytes(bytes), 0, bytes, 0);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #syncNames(): void {
    const descriptor = openSync(dirname(this.#fileOf('current')), 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
