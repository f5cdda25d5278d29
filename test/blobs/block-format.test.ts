import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import fs from 'node:fs';
import t from 'tap';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import type { BlobGrant } from '../../server/domain/grants.ts';
import {
  block,
  blobPath,
  faultOf,
  newBlob,
  patterned,
  publish,
  readAll,
  scratchDirectory,
  scratchStore,
  sha256,
} from './fixtures.ts';
import { makeVectors } from './vectors.ts';
import type { Vectors } from './vectors.ts';

const vectorsFile = new URL('../../../docs/block-format-vectors.json', import.meta.url);
const stride = block + 28;

/** A reader written from docs/BLOCK-FORMAT.md alone. */
function readIndependently(
  file: Buffer,
  blobId: string,
  key: Buffer,
  size: number,
  root: Buffer,
): Buffer {
  const id = Buffer.from(blobId, 'hex');
  const header = Buffer.concat([
    Buffer.from('WAYBILL\n'),
    Buffer.from('0000000100010000', 'hex'),
    id,
  ]);
  if (!file.subarray(0, 32).equals(header)) throw new Error('header');
  const count = Math.ceil(size / block);
  const trailer = 32 + size + 28 * count;
  const tags = file.subarray(trailer, trailer + 16 * count);
  const chunks = Array.from({ length: Math.ceil(count / 4096) }, (_, at) =>
    tags.subarray(at * 65_536, (at + 1) * 65_536),
  );
  const digests = Buffer.concat(chunks.map((chunk) => createHash('sha256').update(chunk).digest()));
  if (!file.subarray(trailer + 16 * count).equals(digests)) throw new Error('digests');
  const rootKey = Buffer.from(hkdfSync('sha256', key, '', 'waybill blob root 1', 32));
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  const mac = createHmac('sha256', rootKey).update(Buffer.concat([header, length, digests]));
  if (!mac.digest().equals(root)) throw new Error('root');
  const blocks = Array.from({ length: count }, (_, index) => {
    const sealed = file.subarray(32 + index * stride, Math.min(trailer, 32 + (index + 1) * stride));
    const associated = Buffer.alloc(28);
    id.copy(associated);
    associated.writeBigUInt64BE(BigInt(index), 16);
    associated.writeUInt32BE(1, 24);
    const tag = sealed.subarray(-16);
    if (!tag.equals(tags.subarray(16 * index, 16 * index + 16))) throw new Error('tag');
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
      .setAAD(associated)
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  });
  return Buffer.concat(blocks);
}

t.test('the published vectors are what the writer writes', async (t) => {
  const published = JSON.parse(fs.readFileSync(vectorsFile, 'utf8')) as Vectors;
  t.same(await makeVectors(scratchDirectory(t)), published);
});

t.test('an independent reader reads the vectors and what the writer writes', async (t) => {
  const published = JSON.parse(fs.readFileSync(vectorsFile, 'utf8')) as Vectors;
  for (const { size, file, root, plaintextSha256 } of published.vectors) {
    if (file === undefined) continue;
    const key = Buffer.from(published.dataKey, 'hex');
    const plain = readIndependently(
      Buffer.from(file, 'hex'),
      published.blobId,
      key,
      size,
      Buffer.from(root, 'hex'),
    );
    t.equal(sha256(plain), plaintextSha256);
    t.ok(plain.equals(patterned(size)));
  }
  const { directory, store } = await scratchStore(t);
  for (const size of [0, 1, block - 1, block, block + 1, 20 * block + 9]) {
    const content = patterned(size, 3);
    const blob = await publish(store, content);
    const file = fs.readFileSync(blobPath(directory, blob.blobId));
    const root = Buffer.from(blob.root!);
    t.ok(
      readIndependently(file, blob.blobId, Buffer.from(blob.dataKey), size, root).equals(content),
      `${size}`,
    );
  }
});

t.test('no plaintext in the file', async (t) => {
  const { directory, store } = await scratchStore(t);
  const canary = Buffer.from('CANARY-123-45-6789-');
  const blob = await publish(store, Buffer.alloc(5 * block, canary));
  const file = fs.readFileSync(blobPath(directory, blob.blobId));
  t.equal(file.indexOf(canary.subarray(0, 8)), -1);
  t.equal(file.length, 32 + 5 * stride + 5 * 16 + 32);
});

/** Content of a read of everything, or the fault's code; anything wrong that is given out fails the test. */
async function outcome(read: () => Promise<Buffer>, content: Buffer): Promise<string> {
  let found: Buffer | null = null;
  const fault = await faultOf(async () => (found = await read()));
  return found !== null && !(found as Buffer).equals(content) ? 'wrong bytes' : fault;
}

t.test('one flipped bit anywhere is found, whatever is read first', async (t) => {
  const { directory, store } = await scratchStore(t);
  const content = patterned(3 * block + 100, 5);
  const blob = await publish(store, content);
  const path = blobPath(directory, blob.blobId);
  const good = fs.readFileSync(path);
  const trailer = 32 + content.length + 28 * 4;
  const places = new Set<number>();
  for (let at = 0; at < 32; at += 1) places.add(at);
  for (let index = 0; index < 4; index += 1) {
    const start = 32 + index * stride;
    const end = Math.min(trailer, start + stride);
    for (let at = start; at < start + 14; at += 1) places.add(at);
    for (let at = end - 18; at < end; at += 1) places.add(at);
    for (let at = start + 14; at < end - 18; at += 4099) places.add(at);
  }
  for (let at = trailer; at < good.length; at += 1) places.add(at);
  const wrong: string[] = [];
  for (const at of places) {
    const bad = Buffer.from(good);
    bad[at] = bad[at]! ^ (1 << (at % 8));
    fs.writeFileSync(path, bad);
    const result = await outcome(() => readAll(store, blob), content);
    if (result !== 'content-corrupt') wrong.push(`${at}: ${result}`);
  }
  t.same(wrong, []);
  fs.writeFileSync(path, good);
  t.equal(await outcome(() => readAll(store, blob), content), 'none');
});

t.test('good blocks before a bad one are served, the bad one never', async (t) => {
  const { directory, store } = await scratchStore(t);
  const content = patterned(6 * block);
  const blob = await publish(store, content);
  const path = blobPath(directory, blob.blobId);
  const file = fs.readFileSync(path);
  file[32 + 3 * stride + 500]! ^= 1;
  fs.writeFileSync(path, file);
  const reader = await ContentReader.open(store, blob);
  for (let at = 0; at < 3 * block; at += 32_768) {
    t.ok((await reader.read(at, 32_768)).equals(content.subarray(at, at + 32_768)));
  }
  t.equal(await faultOf(() => reader.read(3 * block, 1)), 'content-corrupt');
  t.equal(await faultOf(() => reader.read(3 * block - 1, 2)), 'content-corrupt');
  t.equal(await faultOf(() => reader.read(3 * block, 1)), 'content-corrupt', 'and again');
  t.ok((await reader.read(4 * block, 10)).equals(content.subarray(4 * block, 4 * block + 10)));
  await reader.close();
});

t.test('blocks that are swapped, rolled back, cut off or of another blob are found', async (t) => {
  const { directory, store } = await scratchStore(t);
  const content = patterned(3 * block + 10);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  const path = blobPath(directory, blob.blobId);
  await writer.write(0, patterned(3 * block + 10, 1));
  await writer.flush();
  const older = fs.readFileSync(path);
  await writer.write(0, content);
  const published = { ...blob, ...(await writer.finish()) };
  const good = fs.readFileSync(path);
  const other = await publish(store, content, { ...newBlob(), dataKey: blob.dataKey });
  const twin = fs.readFileSync(blobPath(directory, other.blobId));
  const sealed = (file: Buffer, index: number): Buffer =>
    file.subarray(32 + index * stride, 32 + (index + 1) * stride);
  const change = (edit: (file: Buffer) => Buffer | void): Buffer => {
    const file = Buffer.from(good);
    return edit(file) ?? file;
  };
  const files: Record<string, Buffer> = {
    swapped: change((file) => {
      sealed(good, 1).copy(file, 32);
      sealed(good, 0).copy(file, 32 + stride);
    }),
    'a block of before': change((file) => void sealed(older, 1).copy(file, 32 + stride)),
    'a block of before and its tag': change((file) => {
      sealed(older, 1).copy(file, 32 + stride);
      sealed(older, 1)
        .subarray(-16)
        .copy(file, 32 + content.length + 28 * 4 + 16);
    }),
    'the whole of before': older,
    'a block of another blob of the same key': change(
      (file) => void sealed(twin, 1).copy(file, 32 + stride),
    ),
    'another blob of the same key': twin,
    'cut by a byte': change((file) => file.subarray(0, -1)),
    'cut by the trailer': change((file) => file.subarray(0, 32 + content.length + 28 * 4)),
    'cut by a block': change((file) => file.subarray(0, 32 + 2 * stride)),
    'a byte longer': change((file) => Buffer.concat([file, Buffer.alloc(1)])),
    empty: Buffer.alloc(0),
  };
  for (const [name, file] of Object.entries(files)) {
    fs.writeFileSync(path, file);
    t.equal(await outcome(() => readAll(store, published), content), 'content-corrupt', name);
  }
  fs.writeFileSync(path, good);
  t.equal(await outcome(() => readAll(store, published), content), 'none');
  const grants: Record<string, BlobGrant> = {
    'another key': { ...published, dataKey: Buffer.alloc(32) },
    'another root': { ...published, root: Buffer.alloc(32) },
    'a root of another length': { ...published, root: Buffer.alloc(31) },
    'a smaller size': { ...published, size: content.length - 1 },
    'a larger size': { ...published, size: content.length + 1 },
    'a size of fewer blocks': { ...published, size: block },
  };
  for (const [name, grant] of Object.entries(grants)) {
    t.equal(await outcome(() => readAll(store, grant), content), 'content-corrupt', name);
  }
});

t.test('partial content: every block by its own tag', async (t) => {
  const { directory, store } = await scratchStore(t);
  const blob = newBlob();
  const content = patterned(2 * block + 50);
  const writer = await ContentWriter.create(store, blob, null);
  await writer.write(0, content);
  const partial = { ...blob, size: await writer.abandon() };
  t.ok((await readAll(store, partial)).equals(content));
  t.equal(
    await faultOf(() => readAll(store, { ...partial, size: content.length + 1 })),
    'content-corrupt',
  );
  const path = blobPath(directory, blob.blobId);
  const file = fs.readFileSync(path);
  for (const at of [5, 20, 40, 32 + stride + 9, file.length - 1]) {
    const bad = Buffer.from(file);
    bad[at]! ^= 0x10;
    fs.writeFileSync(path, bad);
    t.equal(await outcome(() => readAll(store, partial), content), 'content-corrupt', `byte ${at}`);
  }
});

t.test('a file of more than one chunk of tags', async (t) => {
  const { directory, store } = await scratchStore(t);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  const far = 4096 * block + 70_000;
  await writer.write(far, Buffer.from('the end'));
  const published = { ...blob, ...(await writer.finish()) };
  t.equal(published.size, far + 7);
  const reader = await ContentReader.open(store, published);
  t.equal((await reader.read(far - 1, 100)).toString('latin1'), '\0the end');
  const edge = 4096 * block;
  t.ok(
    (await reader.read(edge - 2 * block, 4 * block))
      .subarray(0, 2 * block + 70_000)
      .equals(Buffer.alloc(2 * block + 70_000)),
  );
  await reader.close();
  const path = blobPath(directory, blob.blobId);
  const handle = fs.openSync(path, 'r+');
  const trailer = 32 + published.size + 28 * 4098;
  fs.writeSync(handle, Buffer.from('x'), 0, 1, trailer + 4097 * 16);
  fs.closeSync(handle);
  const again = await ContentReader.open(store, published);
  t.equal((await again.read(0, 10)).length, 10, 'the first chunk is good');
  t.equal(await faultOf(() => again.read(far, 1)), 'content-corrupt');
  await again.close();
});
