import t from 'tap';
import { randomBytes } from 'node:crypto';
import { openExchange } from '../fixtures/exchange.ts';
import type { VirtualPath } from '../../server/domain/virtual-path.ts';
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
    const report = { kind: 'partial', size: 0, bytesRead: 7, bytesWritten: 0 } as const;
    t.match(await exchange.monitor.request(identity.sessionId, { kind: 'close', openId, report }), {
      ok: true,
    });
    const [last] = (await exchange.events({ event: 'file.closed.1' })).slice(-1);
    t.match(last, { state: 'incomplete', bytesRead: 7 });
  },
);
