import fs from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import type { FileSystem } from '../../server/blobs/file-system.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { verifiedPrefix } from '../../server/blobs/recovery.ts';
import type { BlobGrant } from '../../server/domain/grants.ts';
import {
  block,
  failingFileSystem,
  faultOf,
  newBlob,
  patterned,
  publish,
  readAll,
  scratchDirectory,
  scratchStore,
  sha256,
} from './fixtures.ts';
import type { Call } from './fixtures.ts';

const content = patterned(52 * block + 99);

/** An upload with everything in it: order, disorder, a rewrite, a flush, a truncate. */
async function upload(writer: ContentWriter): Promise<string> {
  await writer.write(0, content.subarray(0, 100));
  await writer.flush();
  for (let at = 0; at < 40 * block; at += 30_000)
    await writer.write(at, content.subarray(at, Math.min(at + 30_000, 40 * block)));
  await writer.write(50 * block, Buffer.alloc(3 * block, 'x'));
  await writer.flush();
  await writer.truncate(51 * block + 7);
  await writer.write(5 * block + 5, Buffer.from('rewritten'));
  await writer.read(5 * block, 100);
  await writer.write(5 * block + 5, content.subarray(5 * block + 5, 5 * block + 14));
  await writer.write(40 * block, content.subarray(40 * block));
  return (await writer.finish()).sha256;
}

/** Runs the upload with the Nth call failing, once or from then on. Returns false when there was no Nth call. */
async function failNth(
  t: Test,
  nth: number,
  only: Call,
  code: string,
  lasting: boolean,
): Promise<boolean> {
  let count = 0;
  let failed = false;
  const failing = failingFileSystem((call) => {
    if (call !== only) return null;
    count += 1;
    const fails = lasting ? count >= nth : count === nth;
    failed ||= fails;
    return fails ? code : null;
  });
  const directory = scratchDirectory(t);
  const healthy = await openLocalDisk(directory);
  const store = await openLocalDisk(directory, failing);
  const name = `${only} ${nth} ${code}${lasting ? ' and on' : ''}`;
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  const fault = await faultOf(async () => {
    if ((await upload(writer)) !== sha256(content)) throw new Error(`${name}: hash`);
  });
  if (!failed) return false;
  if (fault === 'none') throw new Error(`${name}: nobody heard of it`);
  const expected = code === 'ENOSPC' ? 'storage-full' : 'storage-failed';
  if (fault !== expected) throw new Error(`${name}: ${fault}`);
  for (const next of [
    () => writer.write(0, content),
    () => writer.flush(),
    () => writer.finish(),
  ]) {
    const again = await faultOf(next);
    if (again !== expected && only !== 'read') throw new Error(`${name}: then ${again}`);
  }
  await settle(name, healthy, blob, writer);
  return true;
}

/** Whatever failed, what abandon or recovery say is there is there, and the upload can go on from it. */
async function settle(
  name: string,
  healthy: Awaited<ReturnType<typeof openLocalDisk>>,
  blob: BlobGrant,
  writer: ContentWriter,
) {
  let size = 0;
  const fault = await faultOf(async () => (size = await writer.abandon()));
  if (fault !== 'none') size = await verifiedPrefix(healthy, blob);
  const partial = { ...blob, size };
  const kept = await readAll(healthy, partial);
  if (fault === 'none' && !kept.equals(content.subarray(0, size)))
    throw new Error(`${name}: kept bytes differ`);
  const resumed = await ContentWriter.reopen(healthy, partial);
  await resumed.write(0, content);
  const finished = await resumed.finish();
  if (!(await readAll(healthy, { ...blob, ...finished })).equals(content))
    throw new Error(`${name}: not resumed`);
}

for (const [call, code] of [
  ['writev', 'ENOSPC'],
  ['writev', 'EIO'],
  ['fsync', 'EIO'],
  ['fsync', 'ENOSPC'],
  ['ftruncate', 'EIO'],
  ['read', 'EIO'],
] as const) {
  t.test(`${code} at every ${call}`, async (t) => {
    let nth = 1;
    for (; await failNth(t, nth, call, code, false); nth += 1)
      await failNth(t, nth, call, code, true);
    t.ok(nth > 1, `${nth - 1} calls`);
  });
}

t.test('a full disk keeps what did reach it', async (t) => {
  let room = 10;
  const { store } = await scratchStore(
    t,
    failingFileSystem((call) => (call === 'writev' && (room -= 1) < 0 ? 'ENOSPC' : null)),
  );
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  const big = patterned(400 * block);
  const fault = await faultOf(async () => {
    for (let at = 0; at < big.length; at += 32_768)
      await writer.write(at, big.subarray(at, at + 32_768));
  });
  t.equal(fault, 'storage-full');
  const size = await writer.abandon();
  t.equal(size, 160 * block);
  t.ok((await readAll(store, { ...blob, size })).equals(big.subarray(0, size)));
});

t.test('after a failed fsync nothing on disk is believed', async (t) => {
  let failing = true;
  const { store } = await scratchStore(
    t,
    failingFileSystem((call) => (call === 'fsync' && failing ? 'EIO' : null)),
  );
  const writer = await ContentWriter.create(store, newBlob(), null);
  await writer.write(0, content);
  t.equal(await faultOf(() => writer.flush()), 'storage-failed');
  failing = false;
  t.equal(await writer.abandon(), 0);
});

t.test('short reads and writes are gone on with', async (t) => {
  const stingy: FileSystem = {
    ...(fs as unknown as FileSystem),
    read: (fd, target, offset, length, position, done) =>
      fs.read(fd, target, offset, Math.min(length, 10_007), position, done),
    writev: (fd, buffers, position, done) => {
      const first = Buffer.concat(buffers).subarray(0, 10_007);
      fs.write(fd, first, 0, first.length, position, (error, bytes) => done(error, bytes));
    },
  };
  const { store } = await scratchStore(t, stingy);
  const blob = await publish(store, content);
  t.equal(blob.sha256, sha256(content));
  t.ok((await readAll(store, blob)).equals(content));
});
