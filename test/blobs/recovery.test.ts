import fs from 'node:fs';
import t from 'tap';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { verifiedPrefix } from '../../server/blobs/recovery.ts';
import {
  block,
  blobPath,
  faultOf,
  newBlob,
  patterned,
  publish,
  readAll,
  scratchStore,
  sha256,
} from './fixtures.ts';

const stride = block + 28;

t.test('a kill at any byte of the file leaves a prefix that can be gone on from', async (t) => {
  const { directory, store } = await scratchStore(t);
  const content = patterned(18 * block + 500);
  const published = await publish(store, content);
  const { blobId, dataKey } = published;
  const path = blobPath(directory, blobId);
  const good = fs.readFileSync(path);
  const cases: [fileBytes: number, size: number][] = [
    [0, 0],
    [31, 0],
    [32, 0],
    [40, 0],
    [32 + stride - 1, 0],
    [32 + stride, block],
    [32 + 16 * stride, 16 * block],
    [32 + 16 * stride + 5, 16 * block],
    [32 + 18 * stride + 528, content.length],
    [good.length - 1, 18 * block],
    [good.length, content.length],
  ];
  for (const [fileBytes, size] of cases) {
    fs.writeFileSync(path, good.subarray(0, fileBytes));
    const found = await verifiedPrefix(store, { blobId, dataKey, content: null });
    t.equal(found, size, `${fileBytes} bytes`);
    const partial = { blobId, dataKey, size: found, root: null, sha256: null, content: null };
    t.ok((await readAll(store, partial)).equals(content.subarray(0, found)));
    const writer = await ContentWriter.reopen(store, partial);
    await writer.write(found, content.subarray(found));
    t.equal((await writer.finish()).sha256, sha256(content));
  }
});

t.test('a torn or flipped block ends the prefix, zeros and another blob too', async (t) => {
  const { directory, store } = await scratchStore(t);
  const content = patterned(5 * block);
  const blob = await publish(store, content);
  const other = await publish(store, content);
  const path = blobPath(directory, blob.blobId);
  const good = fs.readFileSync(path);
  for (const index of [0, 2, 4]) {
    const torn = Buffer.from(good);
    torn.fill(0, 32 + index * stride + 4096, 32 + index * stride + 8192);
    fs.writeFileSync(path, torn);
    t.equal(await verifiedPrefix(store, blob), index * block);
  }
  fs.writeFileSync(path, Buffer.alloc(good.length));
  t.equal(await verifiedPrefix(store, blob), 0);
  fs.copyFileSync(blobPath(directory, other.blobId), path);
  t.equal(await verifiedPrefix(store, blob), 0);
  t.equal(await verifiedPrefix(store, newBlob()), 0, 'a blob that was never made');
});

t.test('a block that holds a hole is never counted, even when it is on disk', async (t) => {
  const { store } = await scratchStore(t);
  const blob = newBlob();
  const content = patterned(4 * block);
  const writer = await ContentWriter.create(store, blob, null);
  await writer.write(0, content.subarray(0, block + 10));
  await writer.write(block + 11, content.subarray(block + 11));
  await writer.flush();
  t.equal(await verifiedPrefix(store, blob), block);
  await writer.write(block + 10, content.subarray(block + 10, block + 11));
  await writer.flush();
  t.equal(await verifiedPrefix(store, blob), content.length);
  await writer.truncate(2 * block + 5);
  await writer.truncate(3 * block);
  await writer.flush();
  t.equal(await verifiedPrefix(store, blob), 2 * block + 5, 'growing alone seals no hole');
  await writer.write(3 * block - 1, Buffer.from('x'));
  await writer.flush();
  t.equal(await verifiedPrefix(store, blob), 2 * block, 'now the third block has one');
  await writer.discard();
});

t.test('what a truncate cut off does not come back after a kill', async (t) => {
  const { store } = await scratchStore(t);
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  await writer.write(0, patterned(40 * block));
  await writer.flush();
  await writer.truncate(block + 100);
  t.equal(await verifiedPrefix(store, blob), block + 100);
  await writer.truncate(0);
  t.equal(await verifiedPrefix(store, blob), 0);
  await writer.discard();
});

t.test(
  'reopening throws away what is behind the size, and takes no file that is too short',
  async (t) => {
    const { directory, store } = await scratchStore(t);
    const content = patterned(3 * block);
    const published = await publish(store, content);
    const partial = { ...published, root: null, sha256: null };
    const writer = await ContentWriter.reopen(store, { ...partial, size: 2 * block });
    t.equal(fs.statSync(blobPath(directory, partial.blobId)).size, 32 + 2 * stride);
    t.equal(await writer.abandon(), 2 * block);
    t.equal(await faultOf(() => ContentWriter.reopen(store, partial)), 'content-corrupt');
    t.equal(
      await faultOf(() => ContentWriter.reopen(store, { ...partial, ...newBlob() })),
      'content-corrupt',
    );
  },
);
