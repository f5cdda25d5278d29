import { randomBytes } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import { DirectoryHandle } from './directory-handle.ts';
import { FileHandle } from './file-handle.ts';

const handleBytes = 8;

/** The open handles of one channel, by names that can't be guessed and mean nothing on another channel. */
export class Handles {
  readonly #files = new Map<string, FileHandle>();
  readonly #directories = new Map<string, DirectoryHandle>();
  readonly #filesOpen: () => number;
  #filesOpening = 0;
  /** Used by the request that is being served or was served last. */
  #used: FileHandle | DirectoryHandle | undefined;

  /** `filesOpen` counts those of the whole session: more channels give no more files. */
  constructor(filesOpen: () => number) {
    this.#filesOpen = filesOpen;
  }

  /** @throws Fault `handle-limit`, before anything is opened for it */
  checkRoom(kind: 'file' | 'directory'): void {
    const [open, most, what] =
      kind === 'file'
        ? [this.#filesOpen(), limits.fileHandlesMax, 'files']
        : [this.#directories.size, limits.directoryHandlesMax, 'directories'];
    if (open >= most) {
      throw new Fault('handle-limit', `${most} open ${what} at a time; close one`);
    }
  }

  /** Opens a file, which counts from the asking on: all channels of a session may ask at once. @throws Fault `handle-limit` */
  async opening(open: () => Promise<FileHandle>): Promise<FileHandle> {
    this.checkRoom('file');
    this.#filesOpening += 1;
    try {
      return await open();
    } finally {
      this.#filesOpening -= 1;
    }
  }

  add(handle: FileHandle | DirectoryHandle): Buffer {
    const name = randomBytes(handleBytes);
    if (handle instanceof FileHandle) this.#files.set(name.toString('hex'), handle);
    else this.#directories.set(name.toString('hex'), handle);
    this.#used = handle;
    return name;
  }

  file(name: Buffer): FileHandle {
    const handle = this.#files.get(name.toString('hex'));
    if (handle === undefined) throw new Fault('handle-invalid');
    this.#used = handle;
    return handle;
  }

  directory(name: Buffer): DirectoryHandle {
    const handle = this.#directories.get(name.toString('hex'));
    if (handle === undefined) throw new Fault('handle-invalid');
    this.#used = handle;
    return handle;
  }

  /** Takes a handle out of the table: whatever happens next, it is used no more. */
  take(name: Buffer): FileHandle | DirectoryHandle {
    const key = name.toString('hex');
    const handle = this.#files.get(key) ?? this.#directories.get(key);
    if (handle === undefined) throw new Fault('handle-invalid');
    this.#files.delete(key);
    this.#directories.delete(key);
    if (handle instanceof DirectoryHandle) handle.close();
    return handle;
  }

  get openFileCount(): number {
    return this.#files.size + this.#filesOpening;
  }

  /** All of them, or all but the one in use, hold nothing in memory once this resolves. */
  async rest(which: 'all' | 'unused'): Promise<void> {
    for (const handle of [...this.#files.values(), ...this.#directories.values()]) {
      if (which === 'all' || handle !== this.#used) await handle.rest();
    }
  }

  get openFiles(): IterableIterator<FileHandle> {
    return this.#files.values();
  }

  /** Empties the table and returns the files that were open. */
  takeAll(): readonly FileHandle[] {
    const files = [...this.#files.values()];
    for (const directory of this.#directories.values()) directory.close();
    this.#files.clear();
    this.#directories.clear();
    return files;
  }
}
