import * as fc from 'fast-check';
import t from 'tap';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { verifiedPrefix } from '../../server/blobs/recovery.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import type { BlobGrant } from '../../server/domain/grants.ts';
import { block, newBlob, patterned, publish, readAll, scratchStore, sha256 } from './fixtures.ts';

const positionMax = 8 * block;

/** The content as one buffer, and which of its bytes are no hole. */
class Model {
  content = Buffer.alloc(0);
  written = new Uint8Array(0);

  write(offset: number, data: Buffer): void {
    this.truncate(Math.max(this.content.length, offset + data.length));
    data.copy(this.content, offset);
    this.written.fill(1, offset, offset + data.length);
  }

  truncate(size: number): void {
    const content = Buffer.alloc(size);
    this.content.copy(content);
    this.content = content;
    const written = new Uint8Array(size);
    written.set(this.written.subarray(0, size));
    this.written = written;
  }

  get prefix(): number {
    const end = this.written.indexOf(0);
    return end < 0 ? this.content.length : end;
  }
}

const position = fc.oneof(
  fc.nat(300),
  fc
    .tuple(fc.nat(7), fc.integer({ min: -3, max: 3 }))
    .map(([at, by]) => Math.max(0, at * block + by)),
  fc.nat(positionMax - block),
);
const length = fc.oneof(
  fc.nat(40),
  fc.nat(40_000),
  fc.integer({ min: block - 2, max: block + 2 }),
  fc.nat(3 * block),
);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('write' as const), offset: position, length }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), length }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('read' as const), offset: position, length }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bulk' as const), offset: position }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), size: position }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Runs the steps against writer and model; `waits` says whether each call is waited for before the next. */
async function run(
  store: BlobStore,
  steps: readonly Step[],
  base: BlobGrant | null,
  baseContent: Buffer,
  waits: boolean,
) {
  let blob = newBlob();
  const model = new Model();
  model.truncate(baseContent.length);
  baseContent.copy(model.content);
  /** Bytes of the base are no holes, but need not be copied yet. */
  const fromBase = new Uint8Array(baseContent.length + 1);
  fromBase.fill(1, 0, baseContent.length);
  const reader = base === null ? null : await ContentReader.open(store, base);
  let writer = await ContentWriter.create(store, blob, reader);
  const waiting: Promise<unknown>[] = [];
  const settle = async (work: unknown): Promise<void> => {
    if (waits) await work;
    else waiting.push(Promise.resolve(work));
  };
  for (const [at, step] of steps.entries()) {
    if (step.kind === 'write' || step.kind === 'append') {
      const offset = step.kind === 'write' ? step.offset : model.content.length;
      const data = patterned(step.length, at + 1);
      model.write(data.length === 0 ? 0 : offset, data);
      const accepted = writer.write(offset, data);
      data.fill(0xee);
      await settle(accepted);
    } else if (step.kind === 'bulk') {
      // Enough for batches to be on their way while the next calls come.
      const data = patterned(40 * block, at + 1);
      model.write(step.offset, data);
      for (let from = 0; from < data.length; from += 32_768) {
        await settle(writer.write(step.offset + from, data.subarray(from, from + 32_768)));
      }
    } else if (step.kind === 'read') {
      const found = writer.read(step.offset, step.length);
      const expected = model.content.subarray(step.offset, step.offset + step.length);
      if (waits && !(await found).equals(expected)) throw new Error(`read ${at} differs`);
      await settle(found);
    } else if (step.kind === 'truncate') {
      model.truncate(step.size);
      fromBase.fill(0, step.size);
      await settle(writer.truncate(step.size));
    } else if (step.kind === 'flush') {
      await settle(writer.flush());
      if (waits && base === null) await checkCrashNow(store, blob, model);
    } else {
      const size = await writer.abandon();
      const hole = model.written.findIndex((written, at) => written === 0 && !fromBase[at]);
      if (size < model.prefix) throw new Error(`${size} kept of ${model.prefix}`);
      if (hole >= 0 && size > hole) throw new Error(`${size} kept over a hole at ${hole}`);
      model.truncate(size);
      model.written.fill(1);
      fromBase.fill(0);
      blob = { ...blob, size };
      if (!(await readAll(store, blob)).equals(model.content)) throw new Error('partial differs');
      writer = await ContentWriter.reopen(store, blob);
    }
    if (writer.size !== model.content.length)
      throw new Error(`size ${writer.size} of ${model.content.length}`);
  }
  await Promise.all(waiting);
  const finished = await writer.finish();
  if (finished.sha256 !== sha256(model.content)) throw new Error('sha256 differs');
  const published = { ...blob, ...finished };
  for (const pieceBytes of [32_768, 100_001]) {
    if (!(await readAll(store, published, pieceBytes)).equals(model.content))
      throw new Error('content differs');
  }
  await store.remove(blob.blobId);
}

/** What a kill right after a flush would leave: everything real but at most the block where the first hole is. */
async function checkCrashNow(store: BlobStore, blob: BlobGrant, model: Model): Promise<void> {
  const size = await verifiedPrefix(store, blob);
  const whole = model.prefix === model.content.length;
  const least = whole ? model.prefix : Math.floor(model.prefix / block) * block;
  if (size < least || size > model.prefix)
    throw new Error(`recovered ${size}, real ${model.prefix}`);
  const content = await readAll(store, { ...blob, size });
  if (!content.equals(model.content.subarray(0, size)))
    throw new Error('recovered content differs');
}

for (const waits of [true, false]) {
  t.test(waits ? 'one call after the other' : 'calls that overlap', async (t) => {
    const { store } = await scratchStore(t);
    const steps = fc.array(step, { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, (steps) => run(store, steps, null, Buffer.alloc(0), waits)),
      { numRuns: 100 },
    );
    t.pass('held');
  });

  t.test(waits ? 'over a base' : 'over a base, calls that overlap', async (t) => {
    const { store } = await scratchStore(t);
    const content = patterned(5 * block + 1234, 99);
    const base = await publish(store, content);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), (steps) =>
        run(store, steps, base, content, waits),
      ),
      { numRuns: 80 },
    );
    t.pass('held');
  });
}

t.test('reads of any kind, overlapping, are those of the buffer', async (t) => {
  const { store } = await scratchStore(t);
  const content = patterned(60 * block + 77);
  const blob = await publish(store, content);
  const offsets = fc.oneof(
    fc.nat(content.length + 10),
    fc.nat(60).map((at) => at * block),
  );
  const lengths = fc.oneof(
    fc.nat(100),
    fc.nat(300_000),
    fc.constant(32_768),
    fc.constant(2_500_000),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(offsets, lengths), { maxLength: 20 }),
      fc.boolean(),
      async (reads, inOrder) => {
        const reader = await ContentReader.open(store, blob);
        let next = 0;
        const found = reads.map(([offset, length]) => {
          const from = inOrder ? next : offset;
          next = from + length;
          return { from, length, data: reader.read(from, length) };
        });
        for (const { from, length, data } of found) {
          if (!(await data).equals(content.subarray(from, from + length)))
            throw new Error('differs');
        }
        await reader.close();
      },
    ),
    { numRuns: 100 },
  );
  t.pass('held');
});
