import { createHash } from 'node:crypto';
import { ContentReader } from '../../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../../server/blobs/content-writer.ts';
import { verifiedPrefix } from '../../../server/blobs/recovery.ts';
import type { BlobStore } from '../../../server/blobs/store.ts';
import { Fault } from '../../../server/domain/faults.ts';
import type { BlobGrant } from '../../../server/domain/grants.ts';
import type { Random } from '../../fault/fixtures/random.ts';
import { seededRandom } from '../../fault/fixtures/random.ts';
import { block, newBlob } from '../../blobs/fixtures.ts';
import { MemoryStore } from '../memory-store.ts';
import { expect, withoutSome, type Suite } from '../suite.ts';
import { makeSteps, stepsOf, textOf, type Step } from './steps.ts';

/** Block files against the whole content in one buffer; `change` spoils the store, to see that it is noticed. */
export function blocksOf(
  change: (store: MemoryStore) => BlobStore = (store) => store,
): Suite<readonly Step[]> {
  return {
    name: 'blocks',
    unit: 'operations',
    async open() {
      const met = { files: 0, crashes: 0, corruptions: 0, detected: 0 };
      return {
        make: makeSteps,
        async run(steps) {
          const store = new MemoryStore({ journal: true });
          await new FileOfBlocks(store, change(store), met).run(steps);
          met.files += 1;
          return steps.length;
        },
        text: textOf,
        parse: stepsOf,
        smaller: withoutSome,
        figures: () =>
          `${met.files} files, ${met.crashes} crashes, ${met.corruptions} corruptions, ${met.detected} of them refused`,
        close: async () => undefined,
      };
    },
  };
}

export const blocks = blocksOf();

type Met = { crashes: number; corruptions: number; detected: number };

class FileOfBlocks {
  readonly #disk: MemoryStore;
  readonly #store: BlobStore;
  readonly #met: Met;
  #blob: BlobGrant = newBlob();
  #writer: ContentWriter | null = null;
  /** What the file should hold. */
  #content: Buffer = Buffer.alloc(0);
  /** Only where there are crashes, what blocks have held matters. */
  #crashes = false;
  /** Of each block, the hashes of all that it has held since the file began. */
  #held: Set<string>[] = [];
  /** What is durable without a gap, and the first block that was touched since. */
  #flushed = 0;
  #touched = Infinity;
  /** Where the first byte is that nobody wrote. */
  readonly #written: [number, number][] = [];
  /** Earlier bytes of the file, to roll back to. */
  #past: Buffer | null = null;

  constructor(disk: MemoryStore, store: BlobStore, met: Met) {
    this.#disk = disk;
    this.#store = store;
    this.#met = met;
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#crashes = steps.some(({ kind }) => kind === 'crash');
    this.#writer = await ContentWriter.create(this.#store, this.#blob, null);
    for (const step of steps) {
      await this.#step(step);
      expect(
        this.#writer === null || this.#writer.size === this.#content.length,
        `size ${this.#writer?.size} of ${this.#content.length}`,
      );
    }
    await this.#publish();
    await this.#writer?.discard();
    expect(this.#disk.openFiles === 0, `${this.#disk.openFiles} blobs are left open`);
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        return this.#write(step.at < 0 ? this.#content.length : step.at, step.length, step.seed);
      case 'truncate':
        return this.#truncate(step.at);
      case 'read':
        return this.#read(step.at, step.length);
      case 'flush':
        return this.#flush();
      case 'resume':
        return this.#resume();
      case 'crash':
        return this.#crash(step.seed);
      case 'publish':
        await this.#publish();
        return this.#begin();
      case 'spoil':
        return this.#spoil(step.seed);
    }
  }

  async #write(at: number, length: number, seed: number): Promise<void> {
    const data = Buffer.alloc(length, Buffer.of(seed & 255, (seed >> 8) & 255, 7, length & 255, 3));
    const writer = await this.#writing();
    if (length > 0) {
      this.#resize(Math.max(this.#content.length, at + length));
      data.copy(this.#content, at);
      this.#written.push([at, at + length]);
      this.#touch(at, at + length);
    }
    await writer.write(at, data);
    // The caller may use its buffer again.
    data.fill(0xee);
  }

  async #truncate(size: number): Promise<void> {
    const writer = await this.#writing();
    const from = Math.min(size, this.#content.length);
    const to = Math.max(size, this.#content.length);
    this.#resize(size);
    for (const range of this.#written) range[1] = Math.min(range[1], size);
    this.#touch(from, to);
    await writer.truncate(size);
  }

  async #read(at: number, length: number): Promise<void> {
    const expected = this.#content.subarray(at, at + length);
    if (this.#writer !== null) {
      expect(
        (await this.#writer.read(at, length)).equals(expected),
        `a read of ${length} at ${at} differs`,
      );
      return;
    }
    const reader = await ContentReader.open(this.#store, this.#blob);
    try {
      expect(
        (await reader.read(at, length)).equals(expected),
        `a read of ${length} at ${at} differs`,
      );
    } finally {
      await reader.close();
    }
  }

  async #flush(): Promise<void> {
    const writer = await this.#writing();
    await writer.flush();
    this.#past = this.#disk.raw(this.#blob.blobId);
    // The block with the first hole may go.
    const prefix = this.#prefix;
    this.#flushed = prefix === this.#content.length ? prefix : prefix - (prefix % block);
    this.#touched = Infinity;
  }

  /** The session ends, and the next one goes on. */
  async #resume(): Promise<void> {
    const writer = await this.#writing();
    const prefix = this.#prefix;
    const size = await writer.abandon();
    expect(size === prefix, `${size} kept of ${prefix}`);
    await this.#goOn(size);
    expect(size === 0 || (await this.#all()).equals(this.#content), 'the partial differs');
  }

  async #goOn(size: number): Promise<void> {
    this.#resize(size);
    this.#written.length = 0;
    this.#written.push([0, size]);
    this.#flushed = size;
    this.#touched = Infinity;
    this.#blob = { ...this.#blob, size };
    this.#writer = await ContentWriter.reopen(this.#store, this.#blob);
  }

  /** Power is lost: what comes back is a prefix of blocks that were once there, and all that was flushed and left alone. */
  async #crash(seed: number): Promise<void> {
    await (await this.#writing()).discard();
    this.#met.crashes += 1;
    const random = seededRandom(seed);
    this.#disk.crash(this.#blob.blobId, (bytes) => survivorsOf(random, bytes));
    const size = await verifiedPrefix(this.#store, this.#blob);
    const sure = Math.min(this.#flushed, this.#touched * block);
    const least =
      sure === this.#flushed && this.#touched === Infinity ? sure : sure - (sure % block);
    expect(size >= least, `${size} came back, ${least} was durable`);
    const back = await this.#all({ ...this.#blob, size });
    expect(back.length === size, 'as many bytes as recovery says');
    for (let index = 0; index * block < size; index += 1) {
      const bytes = back.subarray(index * block, (index + 1) * block);
      expect(
        this.#held[index]?.has(hashOf(bytes)) === true,
        `block ${index} holds what it never held`,
      );
    }
    this.#content = Buffer.from(back);
    await this.#goOn(size);
  }

  async #publish(): Promise<void> {
    if (this.#writer === null) return;
    const finished = await this.#writer.finish();
    this.#writer = null;
    expect(
      finished.sha256 === createHash('sha256').update(this.#content).digest('hex'),
      'the hash differs',
    );
    this.#blob = { ...this.#blob, ...finished };
    expect((await this.#all()).equals(this.#content), 'the published content differs');
  }

  /** A new file. */
  async #begin(): Promise<void> {
    if (this.#writer !== null) return;
    await this.#store.remove(this.#blob.blobId);
    this.#blob = newBlob();
    this.#content = Buffer.alloc(0);
    this.#held = [];
    this.#written.length = 0;
    this.#flushed = 0;
    this.#touched = Infinity;
    this.#past = null;
    this.#writer = await ContentWriter.create(this.#store, this.#blob, null);
  }

  async #writing(): Promise<ContentWriter> {
    if (this.#writer === null) await this.#begin();
    return this.#writer!;
  }

  /** The published file with other bytes on the disk: each read is right, or refused. */
  async #spoil(seed: number): Promise<void> {
    await this.#publish();
    const { blobId } = this.#blob;
    const good = this.#disk.raw(blobId);
    const bad = spoiled(good, this.#past, seededRandom(seed));
    this.#met.corruptions += 1;
    this.#disk.replace(blobId, bad);
    let refused = false;
    try {
      const reader = await ContentReader.open(this.#store, this.#blob);
      try {
        for (let at = 0; at < this.#content.length; at += 100_001) {
          const read = await refusedOr(() => reader.read(at, 100_001));
          if (read === null) refused = true;
          else
            expect(read.equals(this.#content.subarray(at, at + 100_001)), `other bytes at ${at}`);
        }
      } finally {
        await reader.close();
      }
    } finally {
      this.#disk.replace(blobId, good);
    }
    if (refused) this.#met.detected += 1;
  }

  async #all(blob = this.#blob): Promise<Buffer> {
    if (blob.size === 0) return Buffer.alloc(0);
    const reader = await ContentReader.open(this.#store, blob);
    try {
      return await reader.read(0, blob.size + 1);
    } finally {
      await reader.close();
    }
  }

  get #prefix(): number {
    let end = 0;
    for (const [from, to] of this.#written.toSorted(([a], [b]) => a - b)) {
      if (from > end) break;
      end = Math.max(end, to);
    }
    return Math.min(end, this.#content.length);
  }

  #resize(size: number): void {
    const content = Buffer.alloc(size);
    this.#content.copy(content);
    this.#content = content;
  }

  /** Notes what the blocks of a range hold now. */
  #touch(from: number, to: number): void {
    const first = Math.floor(from / block);
    this.#touched = Math.min(this.#touched, first);
    if (!this.#crashes) return;
    const real = this.#prefix;
    for (let index = first; index * block < Math.max(to, from + 1); index += 1) {
      const bytes = this.#content.subarray(index * block, (index + 1) * block);
      (this.#held[index] ??= new Set()).add(hashOf(bytes));
    }
    // A cut-off upload is cut back to its first hole, which may be in a block that nobody has touched now: what fills a hole
    // moves it on.
    const cut = Math.floor(real / block);
    if (real > cut * block && real < (cut + 1) * block)
      (this.#held[cut] ??= new Set()).add(hashOf(this.#content.subarray(cut * block, real)));
  }
}

function survivorsOf(random: Random, bytes: number): number {
  const kind = random.int(3);
  if (kind < 2) return kind * bytes;
  return Math.min(bytes, 4096 * random.int(1 + Math.ceil(bytes / 4096)));
}

function spoiled(good: Buffer, past: Buffer | null, random: Random): Buffer {
  const bytes = Buffer.from(good);
  const at = random.int(Math.max(1, bytes.length));
  switch (random.int(6)) {
    case 0:
    case 1:
      if (bytes.length > 0) bytes[at]! ^= 1 << random.int(8);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes, Buffer.alloc(1 + random.int(100), random.int(256))]);
    case 4: {
      // Two blocks change places.
      const sealed = block + 28;
      const blocks = Math.floor((bytes.length - 32) / sealed);
      if (blocks < 2) return bytes;
      const [a, b] = [random.int(blocks), random.int(blocks)].map(
        (index) => 32 + index * sealed,
      ) as [number, number];
      good.copy(bytes, a, b, b + sealed);
      good.copy(bytes, b, a, a + sealed);
      return bytes;
    }
    default:
      // Some of the blocks as they were before.
      if (past === null) return bytes;
      past.copy(bytes, 0, 0, random.int(2) === 0 ? past.length : Math.min(past.length, at));
      return bytes;
  }
}

async function refusedOr(work: () => Buffer | Promise<Buffer>): Promise<Buffer | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault && error.code === 'content-corrupt') return null;
    throw error;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}
