import t from 'tap';
import { randomBytes } from 'node:crypto';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { ProcessMemory, type MemoryAccount } from '../../server/memory/budget.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { WireWriter } from '../../server/sftp/wire.ts';
import { openExchange } from '../fixtures/exchange.ts';

const amy = { username: 'amy', agency: 'alameda' } as const;
const PUT = 2 | 8 | 16;
const MiB = 1024 * 1024;
/** A READ or WRITE of the largest size and its blocks: what one request may add before anything is looked at. */
const requestBytes = MiB;

/** A channel in a process that has nothing to give beyond the minimum. */
function poorAccount(): MemoryAccount {
  const processMemoryBytesMax = limits.channelMemoryBytesMin;
  return new ProcessMemory({ ...limits, processMemoryBytesMax }).session().channel();
}

function richAccount(): MemoryAccount {
  return new ProcessMemory({ ...limits, processMemoryBytesMax: 1024 * MiB }).session().channel();
}

/** The most that the account ever had. */
function watched(account: MemoryAccount): { readonly bytes: number } {
  const most = { bytes: 0 };
  const charge = account.charge.bind(account);
  account.charge = (bytes) => {
    charge(bytes);
    most.bytes = Math.max(most.bytes, account.bytes);
  };
  return most;
}

// 64 files with 31 scattered blocks each never came to a batch: 128 MiB stayed in memory for as long as they were open.
t.test('scattered writes to many files are bounded, and not one byte is lost', async (t) => {
  const exchange = await openExchange(t);
  for (const [name, account, bound] of [
    ['rich', richAccount(), limits.sessionMemoryBytesMax + 2 * requestBytes],
    ['poor', poorAccount(), limits.channelMemoryBytesMin + requestBytes],
  ] as const) {
    const most = watched(account);
    const client = await exchange.connect(amy, account);
    const handles: Buffer[] = [];
    for (let file = 0; file < 16; file += 1) {
      const handle = await client.open(`/outgoing/${name}-${file}`, PUT);
      handles.push(handle);
      for (let block = 0; block < 31; block += 1)
        await client.write(handle, block * 65_536 + 7, Buffer.of(block + 1));
    }
    t.ok(most.bytes <= bound, `${name}: ${most.bytes} bytes at most`);
    for (const handle of handles) await client.close(handle);
    const content = await client.get(`/outgoing/${name}-3`);
    t.equal(content.length, 30 * 65_536 + 8);
    for (let block = 0; block < 31; block += 1) t.equal(content[block * 65_536 + 7], block + 1);
    await client.drop();
    t.equal(account.bytes, 0, 'the account is even');
  }
});

t.test('short of memory, uploads and downloads go on and are right', async (t) => {
  const exchange = await openExchange(t);
  const account = poorAccount();
  const most = watched(account);
  const client = await exchange.connect(amy, account);
  const content = randomBytes(9 * MiB + 12_345);
  await client.put('/outgoing/f', content);
  t.ok((await client.get('/outgoing/f')).equals(content));
  t.ok(most.bytes < limits.channelMemoryBytesMin + 3 * requestBytes, `${most.bytes} bytes at most`);
  const handle = await client.open('/outgoing/f', 3);
  await client.write(handle, 70_000, Buffer.from('over the old content'));
  await client.close(handle);
  content.write('over the old content', 70_000);
  t.ok((await client.get('/outgoing/f')).equals(content), 'a rewrite, too');
  await client.drop();
  t.equal(account.bytes, 0);
});

t.test('who asks for much and reads nothing costs a bounded amount', async (t) => {
  const exchange = await openExchange(t);
  for (const account of [richAccount(), poorAccount()]) {
    const most = watched(account);
    const client = await exchange.connect(amy, account);
    await client.put('/outgoing/f', Buffer.alloc(4 * MiB, 1));
    const handle = await client.open('/outgoing/f', 1);
    client.pause();
    for (let index = 0; index < 400; index += 1)
      client.raw(
        new WireWriter(packet.READ)
          .u32(index + 1000)
          .string(handle)
          .u64((index % 16) * 255 * 1024)
          .u32(255 * 1024)
          .finish(),
      );
    // It owes to take them.
    while (!client.server.flow.outstanding) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let turn = 0; turn < 300; turn += 1) await new Promise(setImmediate);
    t.ok(most.bytes < 8 * MiB, `${most.bytes} bytes at most`);
    await client.drop();
    t.equal(account.bytes, 0);
  }
});

t.test('a channel at rest holds nothing, and goes on where it was', async (t) => {
  const exchange = await openExchange(t);
  const account = richAccount();
  const client = await exchange.connect(amy, account);
  const content = randomBytes(3 * MiB);
  await client.put('/outgoing/f', content);
  const reading = await client.open('/outgoing/f', 1);
  for (let at = 0; at < MiB; at += 32_768) await client.read(reading, at, 32_768);
  const writing = await client.open('/outgoing/g', PUT);
  await client.write(writing, 0, content.subarray(0, 100_000));
  const listing = Buffer.from(
    (await client.request(packet.OPENDIR, (writer) => writer.string('/outgoing'))).body.string(),
  );
  t.ok(account.bytes > MiB);
  await new Promise(setImmediate);
  t.notOk(client.server.flow.outstanding, 'it owes nothing');
  await client.server.rest();
  // What it wrote is on its way to disk; the listing has told nothing yet, so it keeps its few entries.
  while (account.bytes > 8 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok((await client.read(reading, MiB, 32_768))?.equals(content.subarray(MiB, MiB + 32_768)));
  await client.write(writing, 100_000, content.subarray(100_000, 200_000));
  await client.close(writing);
  t.ok((await client.get('/outgoing/g')).equals(content.subarray(0, 200_000)));
  const { type } = await client.request(packet.READDIR, (writer) => writer.string(listing));
  t.equal(type, packet.NAME);
  await client.close(listing);
  await client.close(reading);
  await client.drop();
  t.equal(account.bytes, 0);
});

t.test('a directory at rest in the middle tells the rest, once each', async (t) => {
  const exchange = await openExchange(t);
  const client = await exchange.connect(amy);
  const names = Array.from({ length: 700 }, (_, index) => `d${String(index).padStart(4, '0')}`);
  for (const name of names) await client.mkdir(`/outgoing/${name}`);
  const opened = await client.request(packet.OPENDIR, (writer) => writer.string('/outgoing'));
  const handle = Buffer.from(opened.body.string());
  const seen: string[] = [];
  for (;;) {
    const { type, body } = await client.request(packet.READDIR, (writer) => writer.string(handle));
    if (type !== packet.NAME) break;
    for (let left = body.u32(); left > 0; left -= 1) {
      seen.push(body.text());
      body.text();
      for (let field = 0; field < 8; field += 1) body.u32();
    }
    await client.server.rest();
  }
  t.same(seen, names);
});

t.test('a message that is not finished is owed, and holds its bytes', async (t) => {
  const exchange = await openExchange(t);
  const account = poorAccount();
  const client = await exchange.connect(amy, account);
  await new Promise(setImmediate);
  t.same(client.server.flow.outstanding, false);
  const word = Buffer.alloc(4);
  word.writeUInt32BE(limits.sftpMessageBytesMax);
  client.raw(word);
  client.raw(Buffer.alloc(limits.sftpMessageBytesMax - 1, packet.STAT));
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  t.ok(client.server.flow.outstanding);
  t.ok(account.bytes <= limits.sftpMessageBytesMax);
  await client.drop();
  t.equal(account.bytes, 0);
});

t.test(
  'a disk that fills refuses WRITE with a reason, and takes it again when there is room',
  async (t) => {
    let full = false;
    const exchange = await openExchange(t, {
      store: (store) => ({
        create: (blobId) => store.create(blobId),
        open: (blobId, options) => store.open(blobId, options),
        remove: (blobId) => store.remove(blobId),
        list: () => store.list(),
        space: () => store.space(),
        admit: (bytes) => {
          if (full && bytes > 0) throw new Fault('storage-full');
        },
      }),
    });
    const client = await exchange.connect(amy);
    await client.put('/outgoing/there', Buffer.from('before'));
    const handle = await client.open('/outgoing/f', PUT);
    await client.write(handle, 0, Buffer.alloc(100_000, 1));
    full = true;
    await t.rejects(client.write(handle, 100_000, Buffer.of(2)), {
      code: 4,
      message: /no room left/,
    });
    t.equal((await client.get('/outgoing/there')).toString(), 'before', 'downloads go on');
    await t.rejects(client.close(handle), { code: 4 }, 'bytes are missing, so it is not published');
    t.equal((await client.stat('/outgoing/f')).size, 100_000, 'and what came stays for a resume');
    t.match(await exchange.events({ event: 'request.refused.1' }), [{ reason: 'storage-full' }]);
    full = false;
    const resumed = await client.open('/outgoing/f', 2);
    await client.write(resumed, 100_000, Buffer.of(2));
    await client.close(resumed);
    t.equal((await client.get('/outgoing/f')).length, 100_001);
    // A hole is stored as zeros: growing a file is no way round.
    full = true;
    const sparse = await client.open('/outgoing/sparse', PUT);
    await client.ok(
      client.request(packet.FSETSTAT, (writer) => writer.string(sparse).u32(1).u64(50_000_000)),
    );
    await t.rejects(client.close(sparse), { code: 4, message: /no room left/ });
  },
);
