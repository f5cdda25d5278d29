import fs from 'node:fs';
import t from 'tap';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { limits } from '../../server/domain/limits.ts';
import {
  block,
  blobPath,
  failingFileSystem,
  faultOf,
  newBlob,
  patterned,
  publish,
  readAll,
  scratchStore,
  sha256,
} from './fixtures.ts';

t.test('in order: the hash is taken on the way, nothing is read back', async (t) => {
  const calls: string[] = [];
  const spying = failingFileSystem((call) => {
    calls.push(call);
    return null;
  });
  const { store } = await scratchStore(t, spying);
  const content = patterned(50 * block + 321);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  t.equal(writer.changed, false);
  for (let at = 0; at < content.length; at += 32_768)
    await writer.write(at, content.subarray(at, at + 32_768));
  t.equal(writer.changed, true);
  const finished = await writer.finish();
  t.equal(finished.sha256, sha256(content));
  t.equal(finished.size, content.length);
  t.equal(calls.includes('read'), false);
  t.ok(calls.filter((call) => call === 'writev').length <= 6, 'in batches of 1 MiB');
  t.ok((await readAll(store, { ...blob, ...finished })).equals(content));
});

t.test(
  'sequential reads come from memory, one disk read a window; random ones read their blocks',
  async (t) => {
    let bytesRead = 0;
    let reads = 0;
    const { directory, store } = await scratchStore(t);
    const content = patterned(64 * block);
    const blob = await publish(store, content);
    const counted: typeof store = {
      ...store,
      open: async (id, options) => {
        const file = await store.open(id, options);
        return Object.assign(Object.create(file) as typeof file, {
          read: (position: number, target: Buffer) => {
            reads += 1;
            bytesRead += target.length;
            return file.read(position, target);
          },
          close: () => file.close(),
        });
      },
    };
    const sequential = await ContentReader.open(counted, blob);
    let promised = 0;
    for (let at = 0; at < content.length; at += 32_768) {
      const piece = sequential.read(at, 32_768);
      if (piece instanceof Promise) promised += 1;
      await piece;
    }
    await sequential.close();
    t.ok(promised <= 8, `${promised} of 128 waited`);
    t.ok(reads <= 2 + 4 + 1, `${reads} disk reads for 4 windows`);
    bytesRead = 0;
    const random = await ContentReader.open(counted, blob);
    for (const index of [40, 3, 22]) await random.read(index * block + 5, 1000);
    await random.close();
    t.ok(bytesRead < 3 * (block + 28) + 64 * 16 + 200, 'three blocks and the trailer');
    t.equal(await faultOf(() => random.read(0, 10)), 'handle-invalid');
    t.ok(fs.existsSync(blobPath(directory, blob.blobId)));
  },
);

t.test('a buffer that was read stays as it was', async (t) => {
  const { store } = await scratchStore(t);
  const content = patterned(80 * block);
  const blob = await publish(store, content);
  const reader = await ContentReader.open(store, blob);
  const kept: Buffer[] = [];
  for (let at = 0; at < content.length; at += 50_000) kept.push(await reader.read(at, 50_000));
  await reader.close();
  t.ok(Buffer.concat(kept).equals(content));
});

t.test('what is accepted is bounded: beyond that a write is a promise', async (t) => {
  const { store } = await scratchStore(t);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  const piece = patterned(32_768);
  let accepted = 0;
  let room: void | Promise<void> = undefined;
  while (room === undefined) {
    room = writer.write(accepted, piece);
    accepted += piece.length;
  }
  t.ok(accepted <= limits.dirtyBytesMax + 2 * piece.length && accepted >= limits.dirtyBytesMax / 2);
  await room;
  t.equal(writer.write(accepted, piece), undefined, 'there is room again');
  await writer.discard();
  await writer.discard();
  t.equal(await faultOf(() => writer.write(0, piece)), 'handle-invalid');
});

t.test('blocks in any order, memory bounded, a hole at the start', async (t) => {
  const { store } = await scratchStore(t);
  const blob = newBlob();
  const content = patterned(130 * block + 17);
  const writer = await ContentWriter.create(store, blob, null);
  const order = Array.from({ length: 131 }, (_, at) => (at * 37) % 131);
  for (const index of order) {
    const half = index * block + 1000;
    await writer.write(half, content.subarray(half, (index + 1) * block));
  }
  for (const index of order)
    await writer.write(index * block, content.subarray(index * block, index * block + 1000));
  const finished = await writer.finish();
  t.equal(finished.sha256, sha256(content));
  t.ok((await readAll(store, { ...blob, ...finished })).equals(content));
});

t.test('an abandoned sparse upload keeps what has no hole below it', async (t) => {
  const { store } = await scratchStore(t);
  const cases: { pieces: [number, number][]; truncate?: number; kept: number }[] = [
    { pieces: [], kept: 0 },
    { pieces: [[1, 10]], kept: 0 },
    {
      pieces: [
        [0, 10],
        [11, 20],
      ],
      kept: 10,
    },
    {
      pieces: [
        [0, 10],
        [11, 20],
        [10, 1],
      ],
      kept: 31,
    },
    {
      pieces: [
        [block, block],
        [0, block - 1],
      ],
      kept: block - 1,
    },
    {
      pieces: [
        [2 * block, 40 * block],
        [0, 2 * block],
      ],
      kept: 42 * block,
    },
    {
      pieces: [
        [0, 3 * block],
        [3 * block + 1, 80 * block],
      ],
      kept: 3 * block,
    },
    { pieces: [[0, 3 * block]], truncate: 10 * block, kept: 3 * block },
    { pieces: [[0, 3 * block]], truncate: block + 5, kept: block + 5 },
  ];
  for (const { pieces, truncate, kept } of cases) {
    const content = patterned(90 * block);
    const blob = newBlob();
    const writer = await ContentWriter.create(store, blob, null);
    for (const [offset, length] of pieces)
      await writer.write(offset, content.subarray(offset, offset + length));
    if (truncate !== undefined) await writer.truncate(truncate);
    const size = await writer.abandon();
    t.equal(size, kept);
    t.ok((await readAll(store, { ...blob, size })).equals(content.subarray(0, kept)));
    const again = await ContentWriter.reopen(store, { ...blob, size });
    t.equal(again.size, kept);
    t.equal(again.changed, false);
    await again.write(kept, content.subarray(kept, kept + 5 * block));
    const finished = await again.finish();
    t.equal(finished.sha256, sha256(content.subarray(0, kept + 5 * block)));
    t.ok(
      (await readAll(store, { ...blob, ...finished })).equals(
        content.subarray(0, kept + 5 * block),
      ),
    );
  }
});

t.test('over a base: read through, kept below, cut off for good', async (t) => {
  const { store } = await scratchStore(t);
  const old = patterned(4 * block + 9, 1);
  const base = await publish(store, old);
  const open = async (): Promise<{ blob: ReturnType<typeof newBlob>; writer: ContentWriter }> => {
    const blob = newBlob();
    return {
      blob,
      writer: await ContentWriter.create(store, blob, await ContentReader.open(store, base)),
    };
  };

  const untouched = await open();
  t.equal(untouched.writer.size, old.length);
  t.ok((await untouched.writer.read(block - 5, 100)).equals(old.subarray(block - 5, block + 95)));
  t.equal(untouched.writer.changed, false, 'reading changes nothing');
  await untouched.writer.discard();

  const edited = await open();
  await edited.writer.write(2 * block + 3, Buffer.from('new'));
  const expected = Buffer.from(old);
  expected.write('new', 2 * block + 3);
  t.equal((await edited.writer.finish()).sha256, sha256(expected));

  const cut = await open();
  await cut.writer.truncate(block + 7);
  await cut.writer.truncate(3 * block);
  t.equal(cut.writer.changed, true);
  const zeros = Buffer.alloc(3 * block);
  old.copy(zeros, 0, 0, block + 7);
  t.ok((await cut.writer.read(0, 3 * block)).equals(zeros));
  t.equal((await cut.writer.finish()).sha256, sha256(zeros));

  const abandoned = await open();
  await abandoned.writer.write(0, Buffer.from('x'));
  const size = await abandoned.writer.abandon();
  const part = await readAll(store, { ...abandoned.blob, size });
  t.ok(
    size >= 1 && part.equals(Buffer.concat([Buffer.from('x'), old.subarray(1, size)])),
    'only what was copied',
  );
});

t.test('a base that is corrupt fails the upload and is never copied', async (t) => {
  const { directory, store } = await scratchStore(t);
  const base = await publish(store, patterned(3 * block));
  const path = blobPath(directory, base.blobId);
  const file = fs.readFileSync(path);
  file[32 + block + 28 + 100]! ^= 1;
  fs.writeFileSync(path, file);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, await ContentReader.open(store, base));
  await writer.write(0, Buffer.from('x'));
  t.equal(await faultOf(() => writer.read(block, 10)), 'content-corrupt');
  t.equal(await faultOf(() => writer.finish()), 'content-corrupt');
  const size = await writer.abandon();
  t.equal((await readAll(store, { ...blob, size })).length, size);
});

t.test('too many separate ranges are refused and nothing else breaks', async (t) => {
  const { store } = await scratchStore(t);
  const writer = await ContentWriter.create(store, newBlob(), null);
  for (let at = 0; at < limits.writtenRangesMax; at += 1)
    await writer.write(at * 100, Buffer.from('x'));
  t.equal(
    await faultOf(() => writer.write(limits.writtenRangesMax * 100, Buffer.from('x'))),
    'storage-failed',
  );
  await writer.write(1, Buffer.alloc(99));
  const expected = Buffer.alloc((limits.writtenRangesMax - 1) * 100 + 1);
  for (let at = 0; at < expected.length; at += 100) expected[at] = 0x78;
  t.equal((await writer.finish()).sha256, sha256(expected));
});

t.test('one byte far out costs little memory', async (t) => {
  const { store } = await scratchStore(t);
  const writer = await ContentWriter.create(store, newBlob(), null);
  await writer.write(2 ** 42, Buffer.from('x'));
  t.equal(writer.size, 2 ** 42 + 1);
  t.ok((await writer.read(2 ** 42 - 3, 10)).equals(Buffer.from('\0\0\0x')));
  t.equal(await writer.abandon(), 0);
  const other = await ContentWriter.create(store, newBlob(), null);
  t.equal(await faultOf(() => other.write(2 ** 53, Buffer.from('x'))), 'range-invalid');
  t.equal(await faultOf(() => other.write(-1, Buffer.from('x'))), 'range-invalid');
  t.equal(await faultOf(() => other.truncate(-1)), 'range-invalid');
  t.equal((await other.finish()).size, 0, 'a refused call leaves the writer as it was');
});

t.test('no nonce serves twice, whatever is rewritten', async (t) => {
  const { directory, store } = await scratchStore(t);
  const blob = newBlob();
  const seen = new Set<string>();
  let blocks = 0;
  const look = (): void => {
    const file = fs.readFileSync(blobPath(directory, blob.blobId));
    for (let at = 32; at < file.length; at += block + 28)
      seen.add(file.toString('hex', at, at + 12));
    blocks += 3;
  };
  const writer = await ContentWriter.create(store, blob, null);
  for (let round = 0; round < 5; round += 1) {
    await writer.write(0, Buffer.alloc(3 * block, 'same'));
    await writer.flush();
    look();
  }
  t.equal(seen.size, blocks);
  await writer.discard();
});
