import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { limits } from '../domain/limits.ts';
import { unmetered, type MemoryUse } from '../memory/budget.ts';
import { BlockCipher, blockCount, blocksPerBatch, randomNonce } from './block-cipher.ts';
import type { NonceSource } from './block-cipher.ts';
import type { ContentReader } from './content-reader.ts';
import { Draft } from './draft.ts';
import { EarlyFile } from './early-file.ts';
import { verifiedPrefixOf } from './recovery.ts';
import { SealedBlocks } from './sealed-blocks.ts';
import type { BlobFile, BlobStore } from './store.ts';
import { formerFile, newFile, prepareResume, type FileOptions } from './upload-file.ts';

export type FinishedContent = {
  /** Bytes of plaintext. */
  readonly size: number;
  /** SHA-256 of the plaintext, 64 hex digits. */
  readonly sha256: string;
  readonly root: Uint8Array;
};

/** `makeDurable` does what `flush` does, and returns how many bytes of plaintext a recovery would find. */
export type OnFile = (makeDurable: () => Promise<number>) => Promise<void>;

export type WriterOptions = FileOptions & {
  readonly takeNonce?: NonceSource;
  /** Told when what was `content` has become a file; what it throws is a failure of the disk. */
  readonly onFile?: OnFile;
};

type WriterParts = {
  readonly store: BlobStore;
  readonly memory: MemoryUse;
  readonly file: BlobFile;
  readonly cipher: BlockCipher;
  readonly base: ContentReader | null;
  readonly onFile: OnFile | undefined;
};

const nothing = Buffer.alloc(0);

/**
 * Receives the content of one file: any offsets, any order. `write` and `truncate` take effect in memory during the
 * call, so calls are in effect in the order they are made, whether or not the caller waits; what needs the disk runs as
 * jobs, one after the other. The first failure on the disk stays: everything throws it but `abandon` and `discard`.
 * End with one of `finish`, `abandon` and `discard`; a `finish` that failed still needs `abandon` or `discard`.
 */
export class ContentWriter {
  readonly #store: BlobStore;
  readonly #memory: MemoryUse;
  readonly #sealed: SealedBlocks;
  readonly #draft: Draft;
  readonly #early: EarlyFile | null;
  #changed = false;
  #ended = false;
  #jobs: Promise<unknown> = Promise.resolve();
  #pumping = false;
  #waiting: (() => void)[] = [];
  #closed: Promise<void> | null = null;
  #salvaged = false;

  /**
   * A new blob. It starts as the content of `base` where one is given; the writer closes `base`, also when this fails.
   *
   * @throws Fault `storage-full` or `storage-failed`
   */
  static async create(
    store: BlobStore,
    blob: BlobGrant,
    base: ContentReader | null,
    options: WriterOptions = {},
  ): Promise<ContentWriter> {
    const { memory = unmetered, takeNonce = randomNonce, onFile } = options;
    try {
      const cipher = new BlockCipher(blob.blobId, blob.dataKey, takeNonce);
      const file = await newFile(store, blob, options);
      return new ContentWriter({ store, memory, file, cipher, base, onFile }, null);
    } catch (error) {
      await base?.close();
      throw error;
    }
  }

  /**
   * A partial upload goes on. Of the stored bytes, what is behind the first `blob.size` of plaintext is thrown away.
   *
   * @throws Fault `content-corrupt` when they are fewer or another's, `storage-full` or `storage-failed`
   */
  static async reopen(
    store: BlobStore,
    blob: BlobGrant,
    options: WriterOptions = {},
  ): Promise<ContentWriter> {
    const { memory = unmetered, takeNonce = randomNonce, onFile } = options;
    const cipher = new BlockCipher(blob.blobId, blob.dataKey, takeNonce);
    const file = await formerFile(store, blob, options);
    try {
      const resumedBytes = await prepareResume(file, cipher, blob.size);
      return new ContentWriter({ store, memory, file, cipher, base: null, onFile }, resumedBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(parts: WriterParts, resumedBytes: number | null) {
    const { store, memory, file, cipher, base, onFile } = parts;
    this.#store = store;
    this.#memory = memory;
    this.#sealed = new SealedBlocks(file, cipher, resumedBytes, memory, () => this.#wake());
    this.#draft = new Draft(this.#sealed, resumedBytes ?? 0, base, memory);
    this.#early = file instanceof EarlyFile ? file : null;
    if (this.#early !== null && onFile !== undefined)
      this.#early.onReal = () => this.#tellOfFile(parts, onFile);
  }

  /** Bytes of plaintext, as a STAT should show them. */
  get size(): number {
    return this.#draft.size;
  }

  /** Whether anything was written or the size was changed. */
  get changed(): boolean {
    return this.#changed;
  }

  /**
   * After `flush`, `finish` or `abandon`: the stored bytes, which are durable once they are in the database. Null where
   * they are a file.
   */
  get content(): Uint8Array | null {
    return this.#early?.content ?? null;
  }

  /** Whether `abandon` could keep only what had reached the disk, if that. */
  get salvaged(): boolean {
    return this.#salvaged;
  }

  /** Blocks that its writes have begun so far. */
  get blocksBegun(): number {
    return this.#draft.dirty.begun;
  }

  /**
   * Takes `data`, which the caller may use again at once. Returns a promise when as much as may be is on its way to disk:
   * wait for it before the next write.
   *
   * @throws Fault `storage-full`, `storage-failed` (also for too many separate ranges) or `range-invalid`
   */
  write(offset: number, data: Buffer): void | Promise<void> {
    this.#check();
    if (data.length === 0) return undefined;
    const end = offset + data.length;
    if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(end)) {
      throw new Fault('range-invalid');
    }
    this.#store.admit(data.length);
    const crowded = this.#draft.put(offset, data);
    this.#changed = true;
    this.#pump();
    if (crowded !== null) return this.#job(() => this.#draft.fillDirty(crowded));
    return this.#pendingBytes > this.#dirtyBytesMax ? this.#room() : undefined;
  }

  /** Brings to disk what is in memory, unsynced, and keeps no buffers. A failure stays for the next call to throw. */
  async rest(): Promise<void> {
    if (this.#ended || this.#sealed.failure !== null) return;
    const end = blockCount(this.size);
    const seal = () => this.#sticky(() => this.#draft.sealDirty(end));
    if (this.#draft.dirty.bytes > 0) await this.#job(seal).catch(() => undefined);
    const early = this.#early;
    if (early !== null && this.#changed)
      await this.#job(() => this.#sticky(() => early.becomeReal())).catch(() => undefined);
    this.#draft.rest();
  }

  /**
   * What was written, over what was there before; fewer than `length` bytes only at the end. The buffer is the caller's.
   *
   * @throws Fault `content-corrupt`, `storage-full` or `storage-failed`, also as a rejection
   */
  read(offset: number, length: number): Buffer | Promise<Buffer> {
    this.#check();
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return nothing;
    return this.#draft.fromMemory(offset, end) ?? this.#job(() => this.#draft.gather(offset, end));
  }

  /**
   * Sets the size; what comes in by growing is zeros, whatever was there before.
   *
   * @throws Fault `range-invalid`, `storage-full` or `storage-failed`
   */
  async truncate(size: number): Promise<void> {
    this.#check();
    if (!Number.isSafeInteger(size) || size < 0) throw new Fault('range-invalid');
    if (size === this.size) return;
    this.#changed = true;
    if (size > this.size) {
      this.#draft.grow(size);
      return;
    }
    this.#draft.cut(size);
    await this.#job(() => this.#sticky(() => this.#draft.cutFile()));
  }

  /**
   * Everything taken so far is durable in the file when this resolves, or else it is `content`.
   *
   * @throws Fault `storage-full` or `storage-failed`
   */
  flush(): Promise<void> {
    this.#check();
    const end = blockCount(this.size);
    return this.#job(() => this.#sticky(() => this.#sync(end)));
  }

  async #sync(blocks: number): Promise<void> {
    await this.#draft.sealDirty(blocks);
    await this.#sealed.sync();
  }

  /** A job of its own, as what made the file waits for its write. An end that comes before says all itself. */
  #tellOfFile({ file, cipher }: WriterParts, onFile: OnFile): void {
    const makeDurable = async () => {
      await this.#sync(blockCount(this.size));
      return verifiedPrefixOf(file, cipher);
    };
    const tell = async () => (this.#ended ? undefined : onFile(makeDurable));
    // A failure stays for the next call to throw.
    void this.#job(() => this.#sticky(tell)).catch(() => undefined);
  }

  /**
   * The upload is whole: fills holes with zeros and the rest from the base, and makes the file final and durable, or
   * else the `content` final.
   *
   * @throws Fault `storage-full`, `storage-failed` or `content-corrupt` (of the base)
   */
  async finish(): Promise<FinishedContent> {
    this.#check();
    this.#store.admit(this.#draft.missingBytes);
    this.#ended = true;
    const finished = await this.#job(() => this.#sticky(() => this.#settleWhole()));
    await this.#closeSettled();
    return finished;
  }

  /**
   * The upload is cut off: makes what is there without a gap from the start durable, or else the `content`, and throws
   * the rest away. After a failure it keeps what did reach the disk.
   *
   * @returns bytes of plaintext that `reopen` can go on from
   * @throws Fault `storage-failed` when not even that much is possible
   */
  async abandon(): Promise<number> {
    this.#ended = true;
    try {
      return await this.#job(() => this.#settlePartial());
    } catch {
      this.#salvaged = true;
      return await this.#sealed.salvage(this.#draft.sealedPrefix);
    } finally {
      await this.#closeSettled();
    }
  }

  /** Gives up what is in memory and closes. The blob stays as it is: the caller removes it. Idempotent. */
  async discard(): Promise<void> {
    this.#ended = true;
    this.#closed ??= this.#close();
    await this.#closed;
  }

  get #dirtyBytesMax(): number {
    return this.#memory.isOver ? limits.dirtyBytesShortMax : limits.dirtyBytesMax;
  }

  get #pendingBytes(): number {
    return this.#draft.dirty.bytes + this.#sealed.bytesInFlight;
  }

  #check(): void {
    this.#sealed.check();
    if (this.#ended) throw new Fault('handle-invalid');
  }

  #job<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#jobs.then(job);
    this.#jobs = run.catch(() => undefined);
    return run;
  }

  /** A failure in `work` is one that the client must hear of, whichever request comes next. */
  async #sticky<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#sealed.check();
      return await work();
    } catch (error) {
      this.#sealed.fail(error);
      throw error;
    }
  }

  /** Has a batch written when there is one. Each batch is a job of its own, so that other jobs get their turn. */
  #pump(): void {
    if (this.#pumping || this.#ended || this.#sealed.failure !== null) return;
    const crowded = this.#draft.dirty.bytes >= this.#dirtyBytesMax / 2;
    if (this.#draft.dirty.wholeCount < blocksPerBatch && !crowded) return;
    this.#pumping = true;
    void this.#writeBatch();
  }

  async #writeBatch(): Promise<void> {
    const batch = (): Promise<number> => this.#draft.sealRun(this.#draft.dirty.nextRun());
    try {
      await this.#job(() => this.#sticky(batch));
    } catch {
      // It stays: the next call throws it.
    }
    this.#pumping = false;
    this.#pump();
    this.#wake();
  }

  async #room(): Promise<void> {
    while (
      this.#pendingBytes > this.#dirtyBytesMax &&
      this.#sealed.failure === null &&
      !this.#ended
    ) {
      // The limit may have come down since the last look.
      this.#pump();
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    this.#sealed.check();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #settleWhole(): Promise<FinishedContent> {
    this.#draft.setFinal();
    await this.#draft.settleBlocks();
    const sha256 = await this.#draft.sha256();
    const root = await this.#sealed.finishWhole(this.size);
    return { size: this.size, sha256, root };
  }

  async #settlePartial(): Promise<number> {
    this.#sealed.check();
    const size = this.#draft.realPrefix;
    if (size < this.size) this.#draft.cut(size);
    await this.#draft.settleBlocks();
    await this.#sealed.finishPartial(size);
    return size;
  }

  async #closeSettled(): Promise<void> {
    try {
      await this.discard();
    } catch {
      // What matters is durable already.
    }
  }

  async #close(): Promise<void> {
    this.#wake();
    await this.#jobs;
    await Promise.all([this.#sealed.close(), this.#draft.close()]);
  }
}
