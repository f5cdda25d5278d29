import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pauseMs } from 'node:timers/promises';
import t from 'tap';
import { Fault } from '../../server/domain/faults.ts';
import { ledger } from '../fixtures/ledger.ts';
import { dispositionOf } from '../../admin-api/download.ts';
import { fileAt, openApi, upload, withAnn, worldWith, type World } from './fixtures/api.ts';

const block = 65_536;

/** Waits for the row that is written once the answer is out. */
async function closedRow(world: World): Promise<Record<string, unknown>> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const row = (await world.ledgerRows('file.closed.1')).findLast(
      (row) => (row['actor'] as { kind: string }).kind === 'admin',
    );
    if (row !== undefined) return row;
    await pauseMs(10);
  }
  throw new Error('the download was not recorded');
}

async function listen(
  world: World,
): Promise<{ readonly get: (path: string) => Promise<IncomingMessage> }> {
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${world.key}`, 'user-agent': 'test/1' };
  return {
    get: (path) =>
      new Promise(
        (resolve, reject) =>
          void httpRequest({ port, path, headers }, resolve).on('error', reject).end(),
      ),
  };
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

t.test('a download is whole, told by its digests, and recorded', async (t) => {
  const content = randomBytes(3 * block + 17);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const world = await worldWith(t, {
    '/outgoing/big "1" é.bin': content,
    '/outgoing/empty': Buffer.alloc(0),
  });
  const file = await fileAt(world, '/outgoing/big "1" é.bin');
  const { get } = await listen(world);
  const response = await get(`/v1/files/${String(file.id)}/content`);
  t.match(response.headers, {
    'content-length': String(content.length),
    'content-type': 'application/octet-stream',
    etag: `"${sha256}"`,
    'repr-digest': `sha-256=:${createHash('sha256').update(content).digest('base64')}:`,
    'content-disposition': `attachment; filename="big _1_ _.bin"; filename*=UTF-8''big%20%221%22%20%C3%A9.bin`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  t.equal(response.headers['accept-ranges'], 'bytes');
  t.ok((await bytesOf(response)).equals(content));
  const row = await closedRow(world);
  t.match(row, {
    agency: 'alpine',
    path: '/outgoing/big "1" é.bin',
    state: 'completed',
    bytesRead: content.length,
    size: content.length,
    sha256,
    outcome: 'success',
    actor: { kind: 'admin', name: 'tester' },
  });
  const opened = (await world.ledgerRows('file.opened.1')).at(-1);
  t.match(opened, { transfer: row['transfer'], mode: 'read', actor: { kind: 'admin' } });
  const reads = (await world.ledgerRows('api.read.1')).filter((read) =>
    String(read['url']).endsWith('/content'),
  );
  t.equal(reads.length, 1);
  t.equal(reads[0]?.['session'], response.headers['x-request-id']);
  const transfer = (await world.call('GET', `/v1/transfers/${String(row['transfer'])}`)).body;
  t.strictSame(Object.keys(transfer).sort(), [
    'agency',
    'bytes',
    'client',
    'direction',
    'endedAt',
    'fileId',
    'id',
    'ledger',
    'login',
    'path',
    'sessionId',
    'sha256',
    'size',
    'source',
    'startedAt',
    'state',
    'username',
    'version',
  ]);
  t.match(transfer, {
    direction: 'download',
    username: 'admin:tester',
    state: 'completed',
    bytes: content.length,
    sha256,
    client: 'test/1',
    sessionId: response.headers['x-request-id'],
    fileId: file.id,
    endedAt: String,
  });
  const empty = await get(
    `/v1/files/${String((await fileAt(world, '/outgoing/empty')).id)}/content`,
  );
  t.equal(empty.headers['content-length'], '0');
  t.equal((await bytesOf(empty)).length, 0);
  t.strictSame(world.faults, []);
});

t.test('content that is corrupt is never served', async (t) => {
  const content = randomBytes(40 * block);
  const world = await worldWith(t, { '/outgoing/a.bin': content });
  const file = await fileAt(world, '/outgoing/a.bin');
  const { get } = await listen(world);
  const flip = (position: number) => {
    for (const name of fs.readdirSync(world.blobDirectory, { recursive: true, encoding: 'utf8' })) {
      const path = `${world.blobDirectory}/${name}`;
      if (!fs.statSync(path).isFile()) continue;
      const bytes = fs.readFileSync(path);
      bytes[position] = (bytes[position] ?? 0) ^ 1;
      fs.writeFileSync(path, bytes);
    }
  };
  flip(35 * block);
  const cut = await get(`/v1/files/${String(file.id)}/content`);
  t.equal(cut.statusCode, 200);
  const received: Buffer[] = [];
  await t.rejects(async () => {
    for await (const piece of cut) received.push(piece as Buffer);
  }, 'the connection is cut');
  const got = Buffer.concat(received);
  t.ok(
    got.length < content.length && got.equals(content.subarray(0, got.length)),
    'what was sent was right',
  );
  t.match(await closedRow(world), {
    state: 'incomplete',
    outcome: 'failed',
    reason: 'content-corrupt',
    sha256: null,
  });
  flip(100);
  world.clock.nowMs += 1;
  const refused = await get(`/v1/files/${String(file.id)}/content`);
  t.equal(refused.statusCode, 500);
  t.match(JSON.parse((await bytesOf(refused)).toString()), { code: 'content-corrupt' });
  t.equal(refused.headers['etag'], undefined);
  t.match((await world.call('GET', '/v1/transfers?direction=download')).body.items, [
    { state: 'incomplete', bytes: 0 },
    { state: 'incomplete' },
  ]);
});

t.test('a client that leaves, or reads slowly, costs little', async (t) => {
  const content = randomBytes(400 * block);
  const world = await worldWith(t, { '/outgoing/a.bin': content });
  const file = await fileAt(world, '/outgoing/a.bin');
  const { get } = await listen(world);
  const response = await get(`/v1/files/${String(file.id)}/content`);
  response.pause();
  await pauseMs(300);
  response.destroy();
  const row = await closedRow(world);
  t.match(row, { state: 'incomplete', outcome: 'failed', reason: null });
  t.ok(
    (row['bytesRead'] as number) < content.length,
    `no more was read than the sockets hold (${String(row['bytesRead'])})`,
  );
  t.strictSame(world.files.opens.get(row['transfer'] as string), undefined);
});

t.test('a file that is replaced during its download goes out as it was', async (t) => {
  const content = randomBytes(300 * block);
  const world = await worldWith(t, { '/outgoing/a.bin': content });
  const file = await fileAt(world, '/outgoing/a.bin');
  const { get } = await listen(world);
  const response = await get(`/v1/files/${String(file.id)}/content`);
  await upload(world, '/outgoing/a.bin', Buffer.from('new'));
  t.ok((await bytesOf(response)).equals(content));
});

t.test('a download that cannot be recorded does not happen', async (t) => {
  let broken = false;
  const world = await openApi(t, {
    ledger: {
      append: (unit, entry) =>
        broken ? Promise.reject(new Error('disk')) : ledger.append(unit, entry),
    },
  });
  await withAnn(world);
  await upload(world, '/outgoing/a.bin', randomBytes(10));
  const file = await fileAt(world, '/outgoing/a.bin');
  broken = true;
  const { status, body, headers } = await world.call('GET', `/v1/files/${String(file.id)}/content`);
  t.equal(status, 500);
  t.match(body, { code: 'internal' });
  for (const name of ['content-disposition', 'etag', 'repr-digest'])
    t.equal(headers[name], undefined, name);
  t.match(await closedRow(world), { state: 'incomplete', bytesRead: 0 }, 'and its open is closed');
});

t.test('names of attachments', async (t) => {
  t.equal(
    dispositionOf('plain.txt'),
    `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`,
  );
  t.equal(
    dispositionOf(`a'b(c)*"\\%.x`),
    `attachment; filename="a'b(c)*___.x"; filename*=UTF-8''a%27b%28c%29%2A%22%5C%25.x`,
  );
});

t.test('a download whose file cannot even be closed has an end all the same', async (t) => {
  // The failure of that hid the one before it, and the download stayed open until the next start.
  const world = await worldWith(t, { '/outgoing/a.bin': randomBytes(3 * block) });
  const open = world.store.open.bind(world.store);
  Object.assign(world.store, {
    open: async (blobId: string, options: { readonly write: boolean }) => {
      const file = await open(blobId, options);
      const close = file.close.bind(file);
      return Object.assign(file, {
        read: async () => {
          throw new Fault('storage-failed');
        },
        close: async () => {
          await close();
          throw new Error('EIO');
        },
      });
    },
  });
  const { id } = await fileAt(world, '/outgoing/a.bin');
  const { body } = await world.call('GET', `/v1/files/${String(id)}/content`);
  t.match(body, { code: 'storage-failed' });
  t.match(await closedRow(world), { state: 'incomplete', reason: 'storage-failed' });
  t.strictSame([...world.files.opens.all()], []);
});
