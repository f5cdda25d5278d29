import t from 'tap';
import type { Test } from 'tap';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import {
  finishedBytes,
  inlineStoredBytesMax,
  mayBeFinished,
  mayBePartial,
  partialOf,
} from '../../server/blobs/inline-content.ts';
import { verifiedPrefix } from '../../server/blobs/recovery.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { BlobGrant } from '../../server/domain/grants.ts';
import { limits } from '../../server/domain/limits.ts';
import { block, faultOf, newBlob, patterned, readAll, scratchStore, sha256 } from './fixtures.ts';

const { inlineBytesMax } = limits;
const inline = { inlineBytesMax };

async function idsIn(store: BlobStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids;
}

async function finished(writer: ContentWriter, blob: BlobGrant): Promise<BlobGrant> {
  return { ...blob, ...(await writer.finish()), content: writer.content };
}

async function put(store: BlobStore, content: Buffer, blob = newBlob()): Promise<BlobGrant> {
  const writer = await ContentWriter.create(store, blob, null, inline);
  for (let at = 0; at < content.length; at += 32_768)
    await writer.write(at, content.subarray(at, at + 32_768));
  return finished(writer, blob);
}

t.test('what is small makes no file, and has the bytes that a file would have', async (t) => {
  const { store } = await scratchStore(t);
  const sizes = [0, 1, inlineBytesMax - 1, inlineBytesMax, inlineBytesMax + 1];
  for (const size of [...sizes, block - 1, block, block + 1]) {
    const content = patterned(size);
    const blob = await put(store, content);
    t.same([blob.size, blob.sha256], [size, sha256(content)], `${size} bytes`);
    t.ok((await readAll(store, blob)).equals(content));
    const isInline = size <= inlineBytesMax;
    t.equal(blob.content !== null, isInline);
    t.same(await idsIn(store), isInline ? [] : [blob.blobId]);
    if (blob.content === null) {
      await store.remove(blob.blobId);
      continue;
    }
    t.equal(blob.content.length, finishedBytes(size));
    t.ok(mayBeFinished(blob.content, size) && blob.content.length <= inlineStoredBytesMax);
    const file = await store.create(blob.blobId);
    await file.write(0, [Buffer.from(blob.content)]);
    await file.close();
    t.ok((await readAll(store, { ...blob, content: null })).equals(content), 'as a file, too');
    await store.remove(blob.blobId);
  }
});

t.test('every byte of it is vouched for', async (t) => {
  const { store } = await scratchStore(t);
  const blob = await put(store, patterned(100));
  for (let at = 0; at < blob.content!.length; at += 1) {
    const content = Uint8Array.from(blob.content!);
    content[at]! ^= 1;
    t.equal(await faultOf(() => readAll(store, { ...blob, content })), 'content-corrupt', `${at}`);
  }
  for (const content of [blob.content!.subarray(0, -1), new Uint8Array([...blob.content!, 0])])
    t.equal(await faultOf(() => readAll(store, { ...blob, content })), 'content-corrupt');
  const old = await put(store, patterned(100, 1), { ...newBlob(), ...idOf(blob) });
  const rolledBack = { ...blob, content: old.content };
  t.equal(await faultOf(() => readAll(store, rolledBack)), 'content-corrupt', 'an earlier version');
  t.notOk(mayBeFinished(blob.content!, 99) || mayBeFinished(blob.content!, 101));
  t.notOk(mayBeFinished(new Uint8Array(finishedBytes(inlineBytesMax + 1)), inlineBytesMax + 1));
});

function idOf({ blobId, dataKey }: BlobGrant) {
  return { blobId, dataKey };
}

t.test('it can be the base of what is written over it', async (t) => {
  const { store } = await scratchStore(t);
  const old = patterned(20_000);
  const base = await put(store, old);
  const cases: readonly [string, (writer: ContentWriter) => unknown, Buffer][] = [
    [
      'append',
      (writer) => writer.write(20_000, Buffer.from('more')),
      Buffer.concat([old, Buffer.from('more')]),
    ],
    [
      'overwrite',
      (writer) => writer.write(5, Buffer.from('new')),
      Buffer.concat([old.subarray(0, 5), Buffer.from('new'), old.subarray(8)]),
    ],
    ['truncate', (writer) => writer.truncate(7), old.subarray(0, 7)],
    [
      'grow beyond a block',
      (writer) => writer.write(2 * block, Buffer.from('end')),
      Buffer.concat([old, Buffer.alloc(2 * block - old.length), Buffer.from('end')]),
    ],
  ];
  for (const [name, change, expected] of cases) {
    const blob = newBlob();
    const reader = await ContentReader.open(store, base);
    const writer = await ContentWriter.create(store, blob, reader, inline);
    await change(writer);
    const changed = await finished(writer, blob);
    t.equal(changed.content === null, expected.length > inlineBytesMax, name);
    t.ok((await readAll(store, changed)).equals(expected), name);
  }
});

/** A flushed upload, and what the database would have of it. */
async function kept(t: Test, content: Buffer) {
  const { store } = await scratchStore(t);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null, inline);
  await writer.write(0, content);
  await writer.flush();
  return { store, blob, writer, content: writer.content };
}

t.test('what was kept is a partial after a crash, and goes on from there', async (t) => {
  const content = patterned(50_000);
  const { store, blob, writer, content: stored } = await kept(t, content.subarray(0, 1000));
  await writer.discard();
  const size = await verifiedPrefix(store, { ...blob, content: stored });
  t.equal(size, 1000);
  const partial = { ...blob, size, content: partialOf(stored!, size) };
  t.ok(mayBePartial(partial.content, size));
  t.ok((await readAll(store, partial)).equals(content.subarray(0, 1000)), 'the uploader sees it');
  for (const end of [2000, inlineBytesMax, content.length]) {
    // As a worker that died leaves one: beside the content it is nothing.
    if (end === content.length) await (await store.create(blob.blobId)).close();
    const again = await ContentWriter.reopen(store, partial, inline);
    t.equal(again.size, 1000);
    await again.write(1000, content.subarray(1000, end));
    const whole = await finished(again, blob);
    t.equal(whole.content === null, end > inlineBytesMax, `${end} bytes`);
    t.ok((await readAll(store, whole)).equals(content.subarray(0, end)));
  }
});

t.test('what grows after it was kept is in the file, all of it', async (t) => {
  const content = patterned(3 * block);
  const { store, blob, writer, content: stored } = await kept(t, content.subarray(0, 1000));
  t.ok(stored !== null);
  await writer.write(1000, content.subarray(1000));
  await writer.flush();
  t.equal(writer.content, null);
  t.equal(await verifiedPrefix(store, blob), content.length, 'durable in the file');
  t.equal(await verifiedPrefix(store, { ...blob, content: stored }), 1000, 'the older is whole');
  t.ok((await readAll(store, await finished(writer, blob))).equals(content));
});

t.test('a cut-off upload is bytes, too, and keeps no hole', async (t) => {
  const { store } = await scratchStore(t);
  for (const [writes, size] of [
    [[[0, 500]], 500],
    [
      [
        [0, 500],
        [600, 10],
      ],
      500,
    ],
    [[[10, 500]], 0],
    [[], 0],
  ] as const) {
    const blob = newBlob();
    const writer = await ContentWriter.create(store, blob, null, inline);
    for (const [at, length] of writes) await writer.write(at, patterned(length));
    t.equal(await writer.abandon(), size);
    const partial = { ...blob, size, content: partialOf(writer.content!, size) };
    t.ok(mayBePartial(partial.content, size));
    t.ok((await readAll(store, partial)).equals(patterned(500).subarray(0, size)));
  }
  t.same(await idsIn(store), []);
});

t.test('a handle that rests holds no bytes in memory', async (t) => {
  const { store } = await scratchStore(t);
  let held = 0;
  const memory = {
    charge: (bytes: number) => void (held += bytes),
    release: (bytes: number) => void (held -= bytes),
    room: Infinity,
    isOver: false,
    mayScatter: true,
    scatter: () => undefined,
  };
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null, { ...inline, memory });
  await writer.write(0, patterned(1000));
  await writer.flush();
  t.ok(held > 1000);
  await writer.rest();
  t.equal(held, 0);
  t.same(await idsIn(store), [blob.blobId]);
  t.ok((await readAll(store, await finished(writer, blob))).equals(patterned(1000)));
  t.equal(held, 0);
});

t.test('where no file can be made, what was taken before is still there', async (t) => {
  const { store } = await scratchStore(t);
  const full: BlobStore = Object.assign(Object.create(store) as BlobStore, {
    create: () => Promise.reject(new Fault('storage-full')),
    admit: () => undefined,
  });
  const blob = newBlob();
  const writer = await ContentWriter.create(full, blob, null, inline);
  await writer.write(0, patterned(block));
  t.equal(await faultOf(() => writer.flush()), 'storage-full');
  t.equal(await faultOf(() => writer.finish()), 'storage-full', 'and nothing passes for whole');
  t.equal(await writer.abandon(), 0);
});
