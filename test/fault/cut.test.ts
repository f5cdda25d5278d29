import t from 'tap';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { startExchange, type LiveServer, type LiveUser } from '../fixtures/live-server.ts';
import {
  ConnectionLost,
  connectLive,
  putFast,
  writeFrom,
  type LiveClient,
} from './fixtures/live-client.ts';
import { sha256 } from './fixtures/hand.ts';
import { startProxy } from './fixtures/proxy.ts';
import { seededRandom } from './fixtures/random.ts';

const WRITE = 2;
const CREAT = 8;
const seen = '/agencies/alameda/outgoing';

t.setTimeout(180_000);

/** One go at finishing an upload as a client does that was cut off: STAT, then on from there. */
async function goOn(client: LiveClient, path: string, content: Buffer): Promise<void> {
  const { size } = await client.sftp.stat(path).catch((error: unknown) => {
    if (error instanceof ConnectionLost) throw error;
    return { size: 0 };
  });
  const handle = await client.sftp.open(path, WRITE | CREAT);
  await writeFrom(client.sftp, handle, content, size);
  await client.sftp.close(handle);
}

function descriptors(server: LiveServer): number {
  return readdirSync(`/proc/${server.pid}/fd`).length;
}

/** Waits until the server holds no more than it did; how long that takes is not the point. */
async function settled(server: LiveServer, descriptorsMax: number): Promise<number> {
  for (let attempt = 0; attempt < 200 && descriptors(server) > descriptorsMax; attempt += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return descriptors(server);
}

async function check(
  server: LiveServer,
  dora: LiveUser,
  name: string,
  content: Buffer,
): Promise<void> {
  const state = await connectLive(server, dora);
  t.equal(sha256(await state.sftp.get(`${seen}/${name}`)), sha256(content));
  await state.end();
}

t.test('twenty cuts at random bytes, and the upload is whole in the end', async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy } = await startExchange(t);
  const proxy = await startProxy(t, server.sftpPort);
  const warm = await connectLive(server, amy);
  await putFast(warm.sftp, '/outgoing/warm', randomBytes(1000));
  await warm.end();
  const before = descriptors(server);
  const content = randomBytes(5_000_000);
  const sizes: number[] = [];
  while (proxy.cuts < 20) {
    // From the middle of the key exchange to some hundred KiB of the upload.
    proxy.weather = {
      cutAfterBytes: random.int(5) === 0 ? random.int(4_000) : 4_000 + random.int(200_000),
    };
    try {
      const client = await connectLive(server, amy, proxy.port);
      sizes.push((await client.sftp.stat('/outgoing/big').catch(() => ({ size: 0 }))).size);
      await goOn(client, '/outgoing/big', content);
      await client.end();
      break;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }
  t.comment(`${proxy.cuts} cuts; the upload had ${sizes.join(', ')} bytes at each new login`);
  t.same(
    sizes,
    sizes.toSorted((a, b) => a - b),
    'nothing that was there went away',
  );
  proxy.weather = {};
  const client = await connectLive(server, amy, proxy.port);
  await goOn(client, '/outgoing/big', content);
  await client.end();
  await check(server, dora, 'big', content);
  t.ok((await settled(server, before)) <= before, `no descriptor leaked (${before})`);
  t.match(await server.api('GET', '/v1/audit/verification'), { ok: true });
  t.same((await server.all('/v1/sessions')).length, 0);
  t.notMatch(server.log(), /internal fault/);
});

t.test('half-open: the old connection says nothing more, a new session takes over', async (t) => {
  const { server, dora, amy } = await startExchange(t);
  const proxy = await startProxy(t, server.sftpPort);
  const content = randomBytes(3_000_000);
  proxy.weather = { stallAfterBytes: 800_000 };
  const stalled = await connectLive(server, amy, proxy.port);
  const hanging = putFast(stalled.sftp, '/outgoing/big', content);
  hanging.catch(() => undefined);
  const second = await connectLive(server, amy);
  let size = 0;
  for (let attempt = 0; attempt < 200 && size < 500_000; attempt += 1) {
    size = (await second.sftp.stat('/outgoing/big').catch(() => ({ size: 0 }))).size;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.equal((await server.all('/v1/sessions')).length, 2, 'the dead session still counts as one');
  await goOn(second, '/outgoing/big', content);
  await check(server, dora, 'big', content);
  stalled.destroy();
  proxy.close();
  await t.rejects(hanging);
  await second.end();
  t.same(
    (await server.all<{ path: string }>('/v1/files?agency=alameda&path=/outgoing')).map(
      ({ path }) => path,
    ),
    ['/outgoing/big'],
  );
  t.notMatch(server.log(), /internal fault/);
});

t.test('one byte at a time', async (t) => {
  const { server, dora, amy } = await startExchange(t);
  const proxy = await startProxy(t, server.sftpPort);
  proxy.weather = { oneByteWrites: true };
  const content = randomBytes(20_000);
  const client = await connectLive(server, amy, proxy.port);
  await putFast(client.sftp, '/outgoing/small', content);
  t.ok((await client.sftp.get('/outgoing/small')).equals(content));
  await client.end();
  await check(server, dora, 'small', content);
});
