import fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import type { FileSystem } from '../../server/blobs/file-system.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import { Fault } from '../../server/domain/faults.ts';
import {
  blobPath,
  failingFileSystem,
  faultOf,
  newBlob,
  scratchDirectory,
  scratchStore,
} from './fixtures.ts';

t.test('a blob is a private file under its id', async (t) => {
  const directory = join(scratchDirectory(t), 'a', 'b');
  const store = await openLocalDisk(directory);
  const { blobId } = newBlob();
  const file = await store.create(blobId);
  await file.write(3, [Buffer.from('abc'), Buffer.alloc(0), Buffer.from('de')]);
  t.equal(await file.size(), 8);
  await file.truncate(7);
  await file.sync();
  const target = Buffer.alloc(10, 'x');
  t.equal(await file.read(3, target), 4, 'fewer where the file ends');
  t.equal(target.toString(), 'abcdxxxxxx');
  await file.close();
  await file.close();
  t.equal(await faultOf(() => file.size()), 'handle-invalid');
  t.equal(fs.statSync(blobPath(directory, blobId)).mode & 0o777, 0o600);
  t.equal(fs.statSync(join(directory, blobId.slice(0, 2))).mode & 0o777, 0o700);
  t.equal(fs.statSync(directory).mode & 0o777, 0o700);
});

t.test(
  'ids: only new ones are created, only hex ones are taken, missing ones are corrupt',
  async (t) => {
    const { directory, store } = await scratchStore(t);
    const { blobId } = newBlob();
    await (await store.create(blobId)).close();
    t.equal(await faultOf(() => store.create(blobId)), 'storage-failed');
    for (const bad of [
      '',
      '../../../../etc/passwd',
      blobId.toUpperCase() + 'G',
      `${blobId}/`,
      'a'.repeat(31),
    ]) {
      t.equal(await faultOf(() => store.create(bad)), 'internal');
      t.equal(await faultOf(() => store.open(bad, { write: false })), 'internal');
      t.equal(await faultOf(() => store.remove(bad)), 'internal');
    }
    const missing = newBlob().blobId;
    const fault: unknown = await store
      .open(missing, { write: false })
      .catch((error: unknown) => error);
    t.ok(
      fault instanceof Fault && fault.code === 'content-corrupt' && !fault.message.includes('/'),
    );
    const target = newBlob().blobId;
    fs.mkdirSync(join(directory, target.slice(0, 2)), { recursive: true });
    fs.symlinkSync('/etc/passwd', blobPath(directory, target));
    t.equal(
      await faultOf(() => store.open(target, { write: true })),
      'storage-failed',
      'links are not followed',
    );
  },
);

t.test('remove is idempotent, list shows what is there, space is plausible', async (t) => {
  const { directory, store } = await scratchStore(t);
  const ids = [newBlob().blobId, newBlob().blobId, newBlob().blobId];
  for (const id of ids) await (await store.create(id)).close();
  fs.writeFileSync(join(directory, 'note'), '');
  fs.writeFileSync(join(directory, ids[0]!.slice(0, 2), 'note'), '');
  t.same((await listed(store)).sort(), [...ids].sort());
  await store.remove(ids[0]!);
  await store.remove(ids[0]!);
  await store.remove('00'.repeat(16));
  t.same((await listed(store)).sort(), ids.slice(1).sort());
  const space = await store.space();
  t.ok(space.bytesFree > 0 && space.bytesTotal >= space.bytesFree);
});

async function listed(store: BlobStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids;
}

t.test('the first sync makes the name durable, remove does so too', async (t) => {
  const calls: string[] = [];
  const opened = new Map<number, string>();
  const directory = scratchDirectory(t);
  const spying: FileSystem = {
    ...(fs as unknown as FileSystem),
    open: (path, flags, mode, done) =>
      fs.open(path, flags, mode, (error, fd) => {
        if (!error) opened.set(fd, path.slice(directory.length));
        done(error, fd);
      }),
    fsync: (fd, done) => {
      calls.push(opened.get(fd)!);
      fs.fsync(fd, done);
    },
  };
  const store = await openLocalDisk(directory, spying);
  const [one, two] = ['ab'.repeat(16), `ab${'cd'.repeat(15)}`];
  const file = await store.create(one);
  await file.sync();
  t.same(
    calls.splice(0),
    [`/ab/${one}`, '/ab', ''],
    'the file, its directory, the directory of that',
  );
  await file.sync();
  t.same(calls.splice(0), [`/ab/${one}`]);
  await file.close();
  const other = await store.create(two);
  await other.sync();
  t.same(calls.splice(0), [`/ab/${two}`, '/ab']);
  await other.close();
  const again = await store.open(two, { write: true });
  await again.sync();
  t.same(calls.splice(0), [`/ab/${two}`, '/ab'], 'its maker may have died before the sync');
  await again.close();
  await store.remove(two);
  t.same(calls.splice(0), ['/ab']);
});

t.test('an errno becomes a fault that names no path', async (t) => {
  for (const [code, expected] of [
    ['ENOSPC', 'storage-full'],
    ['EDQUOT', 'storage-full'],
    ['EIO', 'storage-failed'],
    ['EMFILE', 'storage-failed'],
  ] as const) {
    let failing = false;
    const { store } = await scratchStore(
      t,
      failingFileSystem((call) => (failing && call !== 'close' ? code : null)),
    );
    const { blobId } = newBlob();
    const file = await store.create(blobId);
    failing = true;
    const works = [
      () => file.write(0, [Buffer.from('x')]),
      () => file.read(0, Buffer.alloc(1)),
      () => file.sync(),
      () => file.truncate(1),
      () => file.size(),
      () => store.create(newBlob().blobId),
      () => store.open(blobId, { write: true }),
      () => store.remove(blobId),
    ];
    for (const work of works) {
      const fault: unknown = await work().then(
        () => null,
        (error: unknown) => error,
      );
      t.ok(
        fault instanceof Fault && fault.code === expected && !fault.message.includes('/'),
        expected,
      );
      t.ok(fault instanceof Fault && fault.cause instanceof Error);
    }
    await file.close();
  }
});

t.test('close waits for what is under way', async (t) => {
  const { store } = await scratchStore(t);
  const file = await store.create(newBlob().blobId);
  const data = Buffer.alloc(1 << 20, 7);
  const writes = Array.from({ length: 8 }, (_, at) => file.write(at * data.length, [data]));
  const ends: string[] = [];
  const closing = file.close().then(() => ends.push('closed'));
  await Promise.all(writes.map((write) => write.then(() => ends.push('written'))));
  await closing;
  t.equal(ends.at(-1), 'closed');
});
