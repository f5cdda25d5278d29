import type { BlobFile, BlobStore } from '../../server/blobs/store.ts';
import { Fault } from '../../server/domain/faults.ts';

/** Bytes of one blob, and what was done to them since the last sync. */
type Held = { bytes: Buffer; size: number; readonly unsynced: Change[] };
type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly bytes: number };

/** Blobs in memory, after the contract of `BlobStore`. With a journal it knows what a crash would leave. */
export class MemoryStore implements BlobStore {
  readonly #blobs = new Map<string, Held>();
  readonly #journal: boolean;
  /** What was durable, where that is less than what is there. */
  readonly #durable = new Map<string, Buffer>();
  openFiles = 0;

  constructor(options: { journal?: boolean } = {}) {
    this.#journal = options.journal ?? false;
  }

  get count(): number {
    return this.#blobs.size;
  }

  async create(blobId: string): Promise<BlobFile> {
    if (this.#blobs.has(blobId)) throw new Fault('storage-failed');
    const held: Held = { bytes: Buffer.alloc(0), size: 0, unsynced: [] };
    this.#blobs.set(blobId, held);
    return this.#file(blobId, held, true);
  }

  async open(blobId: string, options: { readonly write: boolean }): Promise<BlobFile> {
    const held = this.#blobs.get(blobId);
    if (held === undefined) throw new Fault('content-corrupt', 'the stored content is missing');
    return this.#file(blobId, held, options.write);
  }

  async remove(blobId: string): Promise<void> {
    this.#blobs.delete(blobId);
    this.#durable.delete(blobId);
  }

  async *list(): AsyncIterable<string> {
    yield* this.#blobs.keys();
  }

  admit(): void {
    // There is always room.
  }

  async space(): Promise<{ bytesTotal: number; bytesFree: number }> {
    return { bytesTotal: 2 ** 40, bytesFree: 2 ** 39 };
  }

  /** The bytes as they lie there. */
  raw(blobId: string): Buffer {
    const held = this.#blobs.get(blobId)!;
    return Buffer.from(held.bytes.subarray(0, held.size));
  }

  /** Puts other bytes there, durable at once. */
  replace(blobId: string, bytes: Buffer): void {
    this.#blobs.set(blobId, { bytes: Buffer.from(bytes), size: bytes.length, unsynced: [] });
    this.#durable.set(blobId, Buffer.from(bytes));
  }

  /** Power is lost: of each change since the last sync `survives` says how many of its bytes got to the disk. */
  crash(blobId: string, survives: (bytes: number) => number): void {
    const held = this.#blobs.get(blobId)!;
    const disk: Held = { bytes: Buffer.alloc(0), size: 0, unsynced: [] };
    put(disk, 0, this.#durable.get(blobId) ?? Buffer.alloc(0));
    for (const change of held.unsynced) {
      if (change.kind === 'truncate') {
        if (survives(1) > 0) resize(disk, change.bytes);
      } else {
        const bytes = survives(change.bytes.length);
        if (bytes > 0) put(disk, change.position, change.bytes.subarray(0, bytes));
      }
    }
    this.replace(blobId, disk.bytes.subarray(0, disk.size));
  }

  #file(blobId: string, held: Held, writable: boolean): BlobFile {
    let open = true;
    this.openFiles += 1;
    const check = (write: boolean): void => {
      if (!open) throw new Error('a blob is used after its close');
      if (write && !writable) throw new Error('a blob that was opened to read is written');
    };
    const note = (change: () => Change): void => {
      if (this.#journal) held.unsynced.push(change());
    };
    return {
      size: async () => held.size,
      read: async (position, target) => {
        check(false);
        return position >= held.size ? 0 : held.bytes.copy(target, 0, position, held.size);
      },
      write: async (position, buffers) => {
        check(true);
        const bytes = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
        put(held, position, bytes);
        note(() => ({ kind: 'write', position, bytes: Buffer.from(bytes) }));
      },
      truncate: async (bytes) => {
        check(true);
        resize(held, bytes);
        note(() => ({ kind: 'truncate', bytes }));
      },
      sync: async () => {
        check(true);
        if (!this.#journal) return;
        held.unsynced.length = 0;
        this.#durable.set(blobId, Buffer.from(held.bytes.subarray(0, held.size)));
      },
      close: async () => {
        if (open) this.openFiles -= 1;
        open = false;
      },
    };
  }
}

function put(held: Held, position: number, bytes: Buffer): void {
  const end = position + bytes.length;
  if (end > held.bytes.length) {
    const larger = Buffer.alloc(Math.max(end, 2 * held.bytes.length));
    held.bytes.copy(larger, 0, 0, held.size);
    held.bytes = larger;
  }
  bytes.copy(held.bytes, position);
  held.size = Math.max(held.size, end);
}

function resize(held: Held, size: number): void {
  if (size > held.size) put(held, held.size, Buffer.alloc(size - held.size));
  else {
    held.bytes.fill(0, size, held.size);
    held.size = size;
  }
}
