import t from 'tap';
import { randomBytes } from 'node:crypto';
import { openExchange } from '../fixtures/exchange.ts';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import type { VirtualPath } from '../../server/domain/virtual-path.ts';
import { createFiles } from '../../server/files/files.ts';
import type { BlobStore } from '../../server/blobs/store.ts';

const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const content = randomBytes(100_000);
const readOnly = {
  read: true,
  write: false,
  append: false,
  create: false,
  truncate: false,
  exclusive: false,
};

/** A disk whose fsync takes until the test says so. */
function slowDisk(): { wrap: (store: BlobStore) => BlobStore; go: () => void } {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const wrap = (store: BlobStore): BlobStore => ({
    open: (blobId, options) => store.open(blobId, options),
    remove: (blobId) => store.remove(blobId),
    list: () => store.list(),
    space: () => store.space(),
    admit: (bytes) => store.admit(bytes),
    create: async (blobId) => {
      const file = await store.create(blobId);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await gate;
        await sync();
      };
      return file;
    },
  });
  return { wrap, go: () => go() };
}

t.test('a resume waits for the session before it, which is over and still settling', async (t) => {
  // Its handles were gone, so there was nothing to revoke, and its upload was still "receiving": three looks in a
  // millisecond, and the client was told that the file is being received.
  const disk = slowDisk();
  const exchange = await openExchange(t, { store: disk.wrap });
  const first = await exchange.connect(amyOf);
  const handle = await first.open('/outgoing/f', PUT);
  await first.write(handle, 0, content);
  const dropped = first.drop();
  const second = await exchange.connect(amyOf);
  const opening = second.open('/outgoing/f', WRITE | CREAT);
  await new Promise((resolve) => setTimeout(resolve, 100));
  disk.go();
  const resumed = await opening;
  t.equal((await second.fstat(resumed)).size, content.length);
  await second.close(resumed);
  await dropped;
  t.ok((await second.get('/outgoing/f')).equals(content));
});

t.test('a session that ends while its CLOSE is under way takes nothing back', async (t) => {
  // The end of the session found the upload gone, took it for given up and destroyed the key of what was published.
  const exchange = await openExchange(t);
  const identity = await exchange.login(amyOf);
  const flags = { ...readOnly, read: false, write: true, create: true };
  const path = '/outgoing/f' as VirtualPath;
  const opened = await exchange.files.request(identity, { kind: 'open', path, flags, change: {} });
  const { openId, blob } = opened.grant;
  const report = {
    kind: 'received',
    size: 3,
    sha256: 'ab'.repeat(32),
    root: new Uint8Array(32),
    content: null,
    bytesRead: 0,
    bytesWritten: 3,
    change: {},
  } as const;
  const closing = exchange.files.request(identity, { kind: 'close', openId, report });
  // As a monitor does whose worker died after it had asked for the CLOSE.
  const ending = exchange.files.sessionEnded(identity.sessionId);
  await Promise.all([closing, ending]);
  const kept = await exchange.database.read(({ query }) =>
    query.selectFrom('blobs').selectAll().where('id', '=', blob.blobId).executeTakeFirstOrThrow(),
  );
  t.equal(kept.state, 'published');
  t.ok(kept.wrapped_key !== null, 'the key of what is published is there');
  t.match(await exchange.events({ event: 'file.closed.1' }), [{ state: 'published' }], 'one end');
});

t.test(
  'a download whose file does not even close well has an end, and the client the reason',
  async (t) => {
    const exchange = await openExchange(t);
    const amy = await exchange.connect(amyOf);
    await amy.put('/outgoing/f', content);
    const identity = await exchange.login(amyOf);
    const opened = await exchange.monitor.request(identity.sessionId, {
      kind: 'open',
      path: '/outgoing/f' as VirtualPath,
      flags: readOnly,
      change: {},
    });
    if (!opened.ok) throw new Error(opened.refusal.reason);
    const { openId } = opened.value.grant;
    const report = {
      kind: 'partial',
      size: 0,
      content: null,
      bytesRead: 7,
      bytesWritten: 0,
    } as const;
    t.match(await exchange.monitor.request(identity.sessionId, { kind: 'close', openId, report }), {
      ok: true,
    });
    const [last] = (await exchange.events({ event: 'file.closed.1' })).slice(-1);
    t.match(last, { state: 'incomplete', bytesRead: 7 });
  },
);

/** A disk of which files can't be opened for a while, as when the process has no descriptors left. */
function deafDisk() {
  const state = { isDeaf: false, open: 0, most: 0, readBytesMax: 0 };
  const wrap = (store: BlobStore): BlobStore => ({
    create: (blobId) => store.create(blobId),
    remove: (blobId) => store.remove(blobId),
    list: () => store.list(),
    space: () => store.space(),
    admit: (bytes) => store.admit(bytes),
    open: async (blobId, options) => {
      if (state.isDeaf) throw new Fault('storage-failed', 'EMFILE: too many open files');
      state.open += 1;
      state.most = Math.max(state.most, state.open);
      const file = await store.open(blobId, options);
      const read = file.read.bind(file);
      file.read = (position, into) => {
        state.readBytesMax = Math.max(state.readBytesMax, into.length);
        return read(position, into);
      };
      const close = file.close.bind(file);
      file.close = async () => {
        state.open -= 1;
        await close();
      };
      return file;
    },
  });
  return { state, wrap };
}

t.test('a disk that could not be read once keeps no name and loses no byte', async (t) => {
  // The settlement of a dead worker's upload failed with EMFILE: nothing would ever settle it again before a restart,
  // and its uploader was told "file busy" until then.
  const disk = deafDisk();
  const exchange = await openExchange(t, { store: disk.wrap });
  const first = await exchange.connect(amyOf);
  const handle = await first.open('/outgoing/f', PUT);
  await first.write(handle, 0, content);
  await first.ok(first.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  disk.state.isDeaf = true;
  // Nobody is there to let go of it.
  const files = createFiles(exchange.parts, exchange.store, async () => undefined);
  await t.rejects(files.sessionEnded(first.sessionId), { code: 'storage-failed' });
  const identity = await exchange.login(amyOf);
  const flags = { ...readOnly, read: false, write: true, create: true };
  const path = '/outgoing/f' as VirtualPath;
  const open = () => files.request(identity, { kind: 'open', path, flags, change: {} });
  await t.rejects(open(), { code: 'storage-failed' }, 'as long as it cannot be read');
  disk.state.isDeaf = false;
  const { grant } = await open();
  t.match(grant, { resumed: true, blob: { size: content.length } }, 'all that was durable');
});

t.test('uploads of a dead worker are looked through a few at a time', async (t) => {
  // All at once, each with a mebibyte to read into and a descriptor.
  const disk = deafDisk();
  const exchange = await openExchange(t, { store: disk.wrap });
  const amy = await exchange.connect(amyOf);
  const large = Buffer.alloc(2 * limits.inlineBytesMax, 'x');
  for (let file = 0; file < 30; file += 1) {
    const handle = await amy.open(`/outgoing/f${file}`, PUT);
    await amy.write(handle, 0, large);
    await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  }
  disk.state.most = 0;
  await exchange.files.sessionEnded(amy.sessionId);
  t.equal(disk.state.most, 8);
  t.ok(disk.state.readBytesMax < large.length + 1000, `${disk.state.readBytesMax} bytes for a few`);
  const left = await exchange.database.read(({ query }) =>
    query.selectFrom('uploads').selectAll().where('state', '=', 'receiving').execute(),
  );
  t.same(left, []);
});

t.test('a worker that lies about an end is refused, and takes no name by it', async (t) => {
  // A size of 1e300 failed in SQLite at every retry, and 'read' of an upload left its row as it was.
  const exchange = await openExchange(t);
  const identity = await exchange.login({ ...amyOf, quotaBytes: 1000 });
  const flags = { ...readOnly, read: false, write: true, create: true };
  const path = '/outgoing/f' as VirtualPath;
  const opened = await exchange.files.request(identity, { kind: 'open', path, flags, change: {} });
  const { openId } = opened.grant;
  const partial = { kind: 'partial', content: null, bytesRead: 0, bytesWritten: 0 } as const;
  for (const report of [
    { ...partial, size: 1e300 },
    { ...partial, size: 1001 },
    { ...partial, size: -1 },
    { ...partial, size: 0.5 },
    { ...partial, size: 0, bytesWritten: 1e300 },
    { kind: 'read', bytesRead: 0, whole: true } as const,
  ])
    await t.rejects(exchange.files.request(identity, { kind: 'close', openId, report }), {
      code: 'handle-invalid',
    });
  exchange.files.noteProgress(identity.sessionId, {
    bytesRead: 0,
    bytesWritten: 0,
    files: [{ openId, bytes: 1e15 }],
  });
  t.equal(exchange.parts.opens.progressOf(openId), 1000, 'no more than it may write');
  await exchange.files.sessionEnded(identity.sessionId);
  const again = await exchange.connect(amyOf);
  await again.put('/outgoing/f', content);
  t.ok((await again.get('/outgoing/f')).equals(content));
});
