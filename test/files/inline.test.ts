import t from 'tap';
import type { Test } from 'tap';
import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { finishedBytes } from '../../server/blobs/inline-content.ts';
import { limits } from '../../server/domain/limits.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { CloseReport } from '../../server/domain/requests.ts';
import type { VirtualPath } from '../../server/domain/virtual-path.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { recover } from '../../server/files/recovery.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange, type Exchange, type ExchangeClient } from '../fixtures/exchange.ts';

const READ = 1;
const WRITE = 2;
const APPEND = 4;
const PUT = WRITE | 8 | 16;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const { inlineBytesMax } = limits;
const block = 65_536;

async function filesOf(exchange: Exchange): Promise<number> {
  // What was discarded goes a moment later.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setTimeout(done, 5));
  let count = 0;
  for await (const _ of exchange.store.list()) count += 1;
  return count;
}

function blobsOf({ database }: Exchange) {
  return database.read(({ query }) =>
    query.selectFrom('blobs').selectAll().orderBy('created_at').orderBy('id').execute(),
  );
}

function fsync(client: ExchangeClient, handle: Buffer): Promise<void> {
  return client.ok(client.extended('fsync@openssh.com', (writer) => writer.string(handle)));
}

/** The data directory as a crash at this moment would leave it, opened again. */
async function crash(t: Test, exchange: Exchange): Promise<Exchange> {
  const after = `${exchange.directory}-${randomBytes(4).toString('hex')}`;
  cpSync(exchange.directory, after, { recursive: true });
  t.teardown(() => rmSync(after, { recursive: true, force: true }));
  return openExchange(t, { directory: after });
}

t.test('every size comes back, and only what is large has a file', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const sizes = [0, 1, inlineBytesMax - 1, inlineBytesMax, inlineBytesMax + 1];
  let files = 0;
  for (const size of [...sizes, block - 1, block, block + 1]) {
    const content = randomBytes(size);
    await amy.put(`/outgoing/f${size}`, content);
    t.equal((await amy.stat(`/outgoing/f${size}`)).size, size);
    t.ok((await amy.get(`/outgoing/f${size}`)).equals(content), `${size} bytes`);
    files += size > inlineBytesMax ? 1 : 0;
    t.equal(await filesOf(exchange), files);
  }
  for (const size of [inlineBytesMax, 1, block]) {
    const content = randomBytes(size);
    await amy.put('/outgoing/again', content);
    t.ok((await amy.get('/outgoing/again')).equals(content), `replaced by ${size} bytes`);
  }
  t.equal(await filesOf(exchange), files + 1);
  for (const { name } of await amy.list('/outgoing')) await amy.remove(`/outgoing/${name}`);
  t.equal(await filesOf(exchange), 0);
  for (const blob of await blobsOf(exchange))
    t.match(blob, { state: 'destroyed', wrapped_key: null, content: null });
  t.ok((await verifyLedger(exchange.database)).ok);
});

t.test('what is written over a small file starts from it', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('one two three'));
  const appending = await amy.open('/outgoing/f', WRITE | APPEND);
  await amy.write(appending, 0, Buffer.from(' four'));
  await amy.close(appending);
  t.equal((await amy.get('/outgoing/f')).toString(), 'one two three four');
  const over = await amy.open('/outgoing/f', WRITE | READ);
  await amy.write(over, 4, Buffer.from('TWO'));
  t.equal((await amy.read(over, 0, 7))?.toString(), 'one TWO');
  await amy.close(over);
  t.equal((await amy.get('/outgoing/f')).toString(), 'one TWO three four');
  await amy.close(await amy.open('/outgoing/f', WRITE));
  t.equal((await amy.get('/outgoing/f')).toString(), 'one TWO three four', 'nothing written');
  t.equal(await filesOf(exchange), 0);
});

t.test('after fsync a crash loses nothing, and the upload goes on', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const content = randomBytes(inlineBytesMax + 5000);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, content.subarray(0, 1000));
  await fsync(amy, handle);
  t.equal(await filesOf(exchange), 0);
  await amy.write(handle, 1000, content.subarray(1000, 2000));
  for (const end of [1500, inlineBytesMax, content.length]) {
    const after = await crash(t, exchange);
    const again = await after.connect(amyOf);
    t.equal((await again.stat('/outgoing/f')).size, 1000, 'what fsync was answered for');
    t.ok((await again.get('/outgoing/f')).equals(content.subarray(0, 1000)));
    const resumed = await again.open('/outgoing/f', WRITE);
    await again.write(resumed, 1000, content.subarray(1000, end));
    await again.close(resumed);
    t.ok((await again.get('/outgoing/f')).equals(content.subarray(0, end)), `up to ${end}`);
    t.equal(await filesOf(after), end > inlineBytesMax ? 1 : 0);
    t.ok((await verifyLedger(after.database)).ok);
  }
});

async function isFileInRow(exchange: Exchange): Promise<void> {
  while ((await blobsOf(exchange)).at(-1)!.content !== null)
    await new Promise((done) => setTimeout(done, 5));
}

// The story: a recovery trusts the bytes in the row, and the row of an upload that had once been small and kept there was
// never told of its file. Gigabytes that came after, all on the disk, were gone with a crash or with the worker.
t.test('an upload that grows after fsync is the row until the file is the truth', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const content = randomBytes(40 * block);
  const handle = await amy.open('/outgoing/f', PUT);
  const send = async (from: number, to: number) => {
    for (let at = from; at < to; at += 32_768)
      await amy.write(handle, at, content.subarray(at, Math.min(to, at + 32_768)));
  };
  const sizeAfterCrash = async () => {
    const again = await (await crash(t, exchange)).connect(amyOf);
    const found = await again.get('/outgoing/f');
    t.ok(found.equals(content.subarray(0, found.length)), 'what is there was sent');
    return found.length;
  };
  await send(0, 1000);
  await fsync(amy, handle);
  await send(1000, 20 * block);
  t.equal(await filesOf(exchange), 1, 'it went to disk');
  await isFileInRow(exchange);
  t.ok((await sizeAfterCrash()) > inlineBytesMax, 'the row says that it is the file');
  await fsync(amy, handle);
  t.equal(await sizeAfterCrash(), 20 * block);
  await send(20 * block, content.length);
  await amy.close(handle);
  t.ok((await amy.get('/outgoing/f')).equals(content));
});

t.test('a small partial that is resumed and grows is its file, too', async (t) => {
  const exchange = await openExchange(t);
  const content = randomBytes(20 * block);
  const first = await exchange.connect(amyOf);
  const cut = await first.open('/outgoing/f', PUT);
  await first.write(cut, 0, content.subarray(0, 1000));
  await first.drop();
  const amy = await exchange.connect(amyOf);
  const resumed = await amy.open('/outgoing/f', WRITE);
  for (let at = 1000; at < content.length; at += 32_768)
    await amy.write(resumed, at, content.subarray(at, Math.min(content.length, at + 32_768)));
  await isFileInRow(exchange);
  const after = await (await crash(t, exchange)).connect(amyOf);
  const found = await after.get('/outgoing/f');
  t.ok(found.length > inlineBytesMax);
  t.ok(found.equals(content.subarray(0, found.length)));
});

/** The store with files that a test makes fail. */
function failing(store: BlobStore, how: { sync?: boolean; write?: boolean }): BlobStore {
  const broken = async () => {
    throw new Fault('storage-failed');
  };
  return {
    open: (blobId, options) => store.open(blobId, options),
    remove: (blobId) => store.remove(blobId),
    list: () => store.list(),
    space: () => store.space(),
    admit: (bytes) => store.admit(bytes),
    create: async (blobId) => {
      const file = await store.create(blobId);
      if (how.sync === true) file.sync = broken;
      if (how.write === true) file.write = broken;
      return file;
    },
  };
}

// The story: fsync was answered for bytes in the row. The upload grew into a file on a disk that failed, nothing of the
// file could be kept, and so the upload was given up, with the durable bytes that it had in its row.
t.test('what fsync was answered for outlives a file that fails', async (t) => {
  for (const how of [{ sync: true }, { write: true }]) {
    const exchange = await openExchange(t, {
      directory: t.testdir({ [Object.keys(how)[0]!]: {} }),
      store: (store) => failing(store, how),
    });
    const amy = await exchange.connect(amyOf);
    const content = randomBytes(20 * block);
    const handle = await amy.open('/outgoing/f', PUT);
    await amy.write(handle, 0, content.subarray(0, 1000));
    await fsync(amy, handle);
    for (let at = 1000; at < content.length; at += 32_768)
      await amy
        .write(handle, at, content.subarray(at, Math.min(content.length, at + 32_768)))
        .catch(() => undefined);
    await t.rejects(amy.close(handle));
    t.ok((await amy.get('/outgoing/f')).equals(content.subarray(0, 1000)), JSON.stringify(how));
    if (how.write === true) t.equal(await filesOf(exchange), 0, 'a file that failed is gone');
  }
});

t.test('an upload that was cut to nothing after fsync has nothing', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, randomBytes(1000));
  await fsync(amy, handle);
  await amy.ok(amy.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(1).u64(0)));
  await amy.drop();
  const again = await exchange.connect(amyOf);
  await t.rejects(again.stat('/outgoing/f'), { code: 2 });
});

// The story: a worker that lies made a file and reported that it had written nothing. The row was destroyed and the file
// stayed until the next start; over a name that held nothing the report was taken as well.
t.test('an upload that is reported unchanged leaves no file', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('published'));
  const identity = await exchange.login(amyOf);
  const open = async (name: string) => {
    const flags = { read: false, write: true, append: false, exclusive: false };
    const path = `/outgoing/${name}` as VirtualPath;
    const asked = { kind: 'open', path, change: {} } as const;
    const request = { ...asked, flags: { ...flags, create: true, truncate: false } };
    const { grant } = await exchange.files.request(identity, request);
    const file = await exchange.store.create(grant.blob.blobId);
    await file.close();
    return grant.openId;
  };
  const report: CloseReport = { kind: 'unchanged', bytesRead: 0, change: {} };
  await exchange.files.request(identity, { kind: 'close', openId: await open('f'), report });
  t.equal(await filesOf(exchange), 0);
  await t.rejects(
    exchange.files.request(identity, { kind: 'close', openId: await open('new'), report }),
    { code: 'handle-invalid' },
  );
});

t.test('a session that ends leaves a small partial without a file', async (t) => {
  const exchange = await openExchange(t);
  const first = await exchange.connect(amyOf);
  const handle = await first.open('/outgoing/f', PUT);
  await first.write(handle, 0, Buffer.from('cut off'));
  await first.drop();
  const amy = await exchange.connect(amyOf);
  t.equal((await amy.get('/outgoing/f')).toString(), 'cut off');
  t.equal(await filesOf(exchange), 0);
  const resumed = await amy.open('/outgoing/f', WRITE | APPEND);
  await amy.write(resumed, 0, Buffer.from(', and on'));
  await amy.close(resumed);
  t.equal((await amy.get('/outgoing/f')).toString(), 'cut off, and on');
});

t.test('a CLOSE that is refused keeps what was sent as a partial', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ ...amyOf, quotaBytes: 1000 });
  const [one, two] = [await amy.open('/outgoing/a', PUT), await amy.open('/outgoing/b', PUT)];
  await amy.write(one, 0, randomBytes(600));
  await amy.write(two, 0, randomBytes(600));
  await amy.close(one);
  await t.rejects(amy.close(two), { message: /quota/ });
  t.equal(await filesOf(exchange), 0);
  t.same(
    (await amy.list('/outgoing')).map(({ name }) => name),
    ['a'],
    'what does not fit the quota is no partial either',
  );
});

t.test('what a worker forges is refused, or found when it is read', async (t) => {
  const exchange = await openExchange(t);
  const identity = await exchange.login(amyOf);
  const path = '/outgoing/f' as VirtualPath;
  const flags = { read: false, write: true, append: false, exclusive: false };
  const asked = { kind: 'open', path, change: {} } as const;
  const { grant } = await exchange.files.request(identity, {
    ...asked,
    flags: { ...flags, create: true, truncate: true },
  });
  const { openId } = grant;
  const received = (size: number, content: Uint8Array): CloseReport => ({
    kind: 'received',
    size,
    sha256: 'ab'.repeat(32),
    root: new Uint8Array(32),
    content,
    bytesRead: 0,
    bytesWritten: size,
    change: {},
  });
  const partial = { kind: 'partial', bytesRead: 0, bytesWritten: 0 } as const;
  const close = (report: CloseReport) =>
    exchange.files.request(identity, { kind: 'close', openId, report });
  for (const [what, report] of [
    ['too long', received(inlineBytesMax + 1, new Uint8Array(finishedBytes(inlineBytesMax + 1)))],
    ['short of its size', received(10, new Uint8Array(finishedBytes(10) - 1))],
    ['past its size', received(10, new Uint8Array(finishedBytes(10) + 1))],
    [
      'a partial with a trailer',
      { ...partial, size: 5, content: new Uint8Array(finishedBytes(5)) },
    ],
    ['a partial of nothing', { ...partial, size: 0, content: new Uint8Array(32) }],
  ] as const)
    await t.rejects(close(report), { code: 'handle-invalid' }, what);
  const keep = (content: Uint8Array | null, id = openId) =>
    exchange.files.request(identity, { kind: 'keep', openId: id, content });
  await t.rejects(keep(new Uint8Array(finishedBytes(inlineBytesMax) + 1)), {
    code: 'handle-invalid',
  });
  await t.rejects(keep(new Uint8Array(10), 'f'.repeat(32)), { code: 'handle-invalid' });
  await keep(new Uint8Array(10));
  await close(received(10, new Uint8Array(finishedBytes(10))));
  await t.rejects(keep(new Uint8Array(10)), { code: 'handle-invalid' }, 'after its end');
  const amy = await exchange.connect(amyOf);
  await t.rejects(amy.get('/outgoing/f'), { message: /corrupt|damaged|content/i });
  const reading = await exchange.files.request(identity, {
    ...asked,
    flags: { ...flags, read: true, write: false, create: false, truncate: false },
  });
  await t.rejects(keep(null, reading.grant.openId), { code: 'handle-invalid' }, 'no upload');
});

t.test('no plaintext is in the database', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const canary = 'a canary that sings in plain text ';
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, Buffer.from(canary.repeat(100)));
  await fsync(amy, handle);
  await amy.close(handle);
  for (const file of readdirSync(exchange.directory).filter((name) => name.includes('.db'))) {
    const bytes = readFileSync(`${exchange.directory}/${file}`);
    t.notOk(bytes.includes(canary.slice(0, 16)), file);
  }
  t.ok((await amy.get('/outgoing/f')).toString().startsWith(canary), 'and yet it is there');
});

// The story: a process was killed right after a commit that no disk had. The next start removed a file because of what the
// row said, and a power cut then took the row back: the file that it spoke for was gone.
t.test('a start makes the rows durable before it removes a file', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, randomBytes(1000));
  await fsync(amy, handle);
  const said: string[] = [];
  const { database, store, parts } = exchange;
  const write: Database['write'] = async (work, options) => {
    const value = await database.write(work, options);
    said.push(options?.durable ?? 'now');
    return value;
  };
  const remove = async (blobId: string) => {
    said.push('remove');
    await store.remove(blobId);
  };
  const spied: Database = {
    read: (work) => database.read(work),
    write,
    whenWritable: (work) => database.whenWritable(work),
    retry: (work) => database.retry(work),
  };
  await recover(
    { ...parts, database: spied },
    {
      open: (blobId, options) => store.open(blobId, options),
      create: (blobId) => store.create(blobId),
      remove,
      list: () => store.list(),
      space: () => store.space(),
      admit: (bytes) => store.admit(bytes),
    },
  );
  t.same(said.slice(0, 2), ['now', 'remove']);
});
