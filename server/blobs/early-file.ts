import type { MemoryUse } from '../memory/budget.ts';
import { MemoryFile } from './memory-file.ts';
import type { BlobFile } from './store.ts';

export type EarlyFileParts = {
  /** Makes the real one, new and empty. */
  readonly makeFile: () => Promise<BlobFile>;
  /** Takes it away again. */
  readonly removeFile: () => Promise<void>;
  readonly memory: MemoryUse;
  /** What it may have before it has to be a real one. */
  readonly bytesMax: number;
  /** What is there already. */
  readonly content: Uint8Array | null;
};

/**
 * A file that is bytes in memory until it grows past `bytesMax`, or is told to become one. Until then `sync` makes
 * nothing durable: who has the bytes says where they go. Calls take effect in the order they are made.
 */
export class EarlyFile implements BlobFile {
  readonly #parts: EarlyFileParts;
  #early: MemoryFile;
  #real: BlobFile | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Called once everything is in the real file, which is not durable yet. */
  onReal: () => void = () => undefined;

  constructor(parts: EarlyFileParts) {
    this.#parts = parts;
    this.#early = new MemoryFile(parts.content ?? undefined, parts.memory);
  }

  /** Its bytes as they are now, a copy; null once they are in a real file. */
  get content(): Uint8Array<ArrayBuffer> | null {
    return this.#real === null ? new Uint8Array(this.#early.bytes) : null;
  }

  size(): Promise<number> {
    return this.#inTurn((file) => file.size());
  }

  read(position: number, target: Buffer): Promise<number> {
    return this.#inTurn((file) => file.read(position, target));
  }

  write(position: number, buffers: readonly Buffer[]): Promise<void> {
    const end = buffers.reduce((at, buffer) => at + buffer.length, position);
    const put = (file: BlobFile) => file.write(position, buffers);
    return this.#inTurn((file) => (end > this.#parts.bytesMax ? this.#become(put) : put(file)));
  }

  truncate(bytes: number): Promise<void> {
    const cut = (file: BlobFile) => file.truncate(bytes);
    return this.#inTurn((file) => (bytes > this.#parts.bytesMax ? this.#become(cut) : cut(file)));
  }

  sync(): Promise<void> {
    return this.#inTurn((file) => file.sync());
  }

  /** Keeps nothing in memory from here on. */
  becomeReal(): Promise<void> {
    return this.#inTurn(() => this.#become(async () => undefined));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#early.close();
      await this.#real?.close();
    });
  }

  get #file(): BlobFile {
    return this.#real ?? this.#early;
  }

  #inTurn<T>(work: (file: BlobFile) => Promise<T>): Promise<T> {
    const run = this.#last.then(() => work(this.#file));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** What is in memory stays there until the real file has it, and what is done to it now, for good. */
  async #become(change: (file: BlobFile) => Promise<void>): Promise<void> {
    if (this.#real !== null) return change(this.#real);
    const file = await this.#parts.makeFile();
    try {
      if (this.#early.bytes.length > 0) await file.write(0, [this.#early.bytes]);
      await change(file);
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.#parts.removeFile().catch(() => undefined);
      throw error;
    }
    this.#real = file;
    this.onReal();
    await this.#early.close();
    this.#early = new MemoryFile();
  }
}
