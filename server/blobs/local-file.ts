import { Fault } from '../domain/faults.ts';
import { call, faulting } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import type { BlobFile } from './store.ts';

/** One open file of a local disk. */
export class LocalFile implements BlobFile {
  readonly #fs: FileSystem;
  readonly #descriptor: number;
  /** What makes the file's name durable; null once it is. */
  #syncNames: (() => Promise<void>) | null;
  #running = 0;
  #idle: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  constructor(fileSystem: FileSystem, descriptor: number, syncNames: (() => Promise<void>) | null) {
    this.#fs = fileSystem;
    this.#descriptor = descriptor;
    this.#syncNames = syncNames;
  }

  size(): Promise<number> {
    return this.#run(async () => {
      const stats = await call<{ size: number }>((done) => this.#fs.fstat(this.#descriptor, done));
      return stats.size;
    });
  }

  read(position: number, target: Buffer): Promise<number> {
    return this.#run(async () => {
      let filled = 0;
      while (filled < target.length) {
        const bytes = await call<number>((done) =>
          this.#fs.read(
            this.#descriptor,
            target,
            filled,
            target.length - filled,
            position + filled,
            done,
          ),
        );
        if (bytes === 0) break;
        filled += bytes;
      }
      return filled;
    });
  }

  write(position: number, buffers: readonly Buffer[]): Promise<void> {
    return this.#run(async () => {
      let at = position;
      let rest = buffers.filter((buffer) => buffer.length > 0);
      while (rest.length > 0) {
        const parts = rest;
        const bytes = await call<number>((done) =>
          this.#fs.writev(this.#descriptor, parts, at, done),
        );
        if (bytes === 0) throw new Error('the file system takes no bytes');
        at += bytes;
        rest = withoutFirst(rest, bytes);
      }
    });
  }

  truncate(bytes: number): Promise<void> {
    return this.#run(() => call((done) => this.#fs.ftruncate(this.#descriptor, bytes, done)));
  }

  sync(): Promise<void> {
    return this.#run(async () => {
      // Side by side, as each waits for the disk; both have to end before the file may be closed.
      const content = call<void>((done) => this.#fs.fsync(this.#descriptor, done));
      for (const end of await Promise.allSettled([content, this.#syncNames?.()])) {
        if (end.status === 'rejected') throw end.reason;
      }
      this.#syncNames = null;
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // The number of a descriptor that is closed too early may already be another file's.
    if (this.#running > 0) await new Promise<void>((idle) => (this.#idle = idle));
    await faulting(() => call((done) => this.#fs.close(this.#descriptor, done)));
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed !== null) throw new Fault('handle-invalid');
    this.#running += 1;
    try {
      return await faulting(operation);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    }
  }
}

function withoutFirst(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip >= buffer.length) skip -= buffer.length;
    else {
      rest.push(skip === 0 ? buffer : buffer.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
