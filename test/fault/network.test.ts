import t from 'tap';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import { connectLive, putFast, writeFrom } from './fixtures/live-client.ts';
import { descriptors, settledDescriptors, settledSessions } from './fixtures/processes.ts';
import { startProxy, type Weather } from './fixtures/proxy.ts';
import { seededRandom } from './fixtures/random.ts';

const PUT = 2 | 8 | 16;
const random = seededRandom();

t.setTimeout(300_000);
t.comment(`seed ${random.seed}`);

const links: readonly {
  readonly title: string;
  readonly weather: Weather;
  readonly bytes: number;
}[] = [
  { title: 'one byte at a time, both ways', weather: { oneByteWrites: true }, bytes: 60_000 },
  { title: 'writes that end anywhere', weather: { pieces: random }, bytes: 3_000_000 },
  { title: '40 ms away', weather: { latencyMs: 20 }, bytes: 500_000 },
  { title: '400 kB/s', weather: { bytesPerSecond: 400_000 }, bytes: 500_000 },
];

for (const { title, weather, bytes } of links) {
  t.test(`${title}: login, upload, a new key exchange, download`, async (t) => {
    const { server, dora, amy } = await startExchange(t);
    const before = descriptors(server.pid);
    const proxy = await startProxy(t, server.sftpPort);
    proxy.weather = weather;
    const content = randomBytes(bytes);
    const client = await connectLive(server, amy, proxy.port);
    const sending = putFast(client.sftp, '/outgoing/f', content);
    client.rekey();
    await sending;
    t.ok((await client.sftp.get('/outgoing/f')).equals(content));
    await client.end();
    const state = await connectLive(server, dora);
    t.ok((await state.sftp.get('/agencies/alameda/outgoing/f')).equals(content));
    await state.end();
    t.ok((await settledDescriptors(server.pid, before)) <= before, 'no descriptor leaked');
    t.equal(await settledSessions(server, 0), 0);
    t.notMatch(server.log(), /internal fault/);
  });
}

async function transferOf(server: LiveServer, username: string): Promise<{ state: string }> {
  const [transfer] = await server.all<{ state: string }>(`/v1/transfers?username=${username}`);
  return transfer!;
}

t.test(
  'half-open for good: the keepalive notices, and the upload is a partial',
  // The server asks after 15 s of silence and gives up at the fifth: test/connection/deadlines.test.ts has it in short.
  { skip: process.env['EVERY'] === '1' ? false : 'takes over a minute: EVERY=1 runs it' },
  async (t) => {
    const { server, amy } = await startExchange(t);
    const before = descriptors(server.pid);
    const proxy = await startProxy(t, server.sftpPort);
    proxy.weather = { stallAfterBytes: 800_000 };
    const stalled = await connectLive(server, amy, proxy.port);
    const handle = await stalled.sftp.open('/outgoing/f', PUT);
    const hanging = writeFrom(stalled.sftp, handle, randomBytes(3_000_000), 0);
    hanging.catch(() => undefined);
    for (let look = 0; look < 240; look += 1) {
      if ((await transferOf(server, 'amy'))?.state === 'partial') break;
      await sleep(500);
    }
    t.match(await transferOf(server, 'amy'), { state: 'partial' });
    t.equal(await settledSessions(server, 0), 0);
    t.ok((await settledDescriptors(server.pid, before)) <= before, 'no descriptor leaked');
    stalled.destroy();
    await t.rejects(hanging);
  },
);
