import t from 'tap';
import { randomBytes } from 'node:crypto';
import { startExchange, type LiveServer, type LiveUser } from '../fixtures/live-server.ts';
import {
  ConnectionLost,
  connectLive,
  putFast,
  writeFrom,
  type LiveClient,
} from './fixtures/live-client.ts';
import { sha256 } from './fixtures/hand.ts';
import { descriptors, settledDescriptors, settledSessions } from './fixtures/processes.ts';
import { startProxy, type Proxy, type Weather } from './fixtures/proxy.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

/** All of them in every run; `CUTS=20` for a quick look. */
const cutsMax = Number(process.env['CUTS'] ?? 200);
const READ = 1;
const WRITE = 2;
const CREAT = 8;
const seen = '/agencies/alameda/outgoing';

t.setTimeout(600_000);

/** One go at finishing an upload as a client does that was cut off: STAT, then on from there. */
async function goOn(client: LiveClient, path: string, content: Buffer): Promise<void> {
  const { size } = await client.sftp.stat(path).catch(zeroUnlessLost);
  const handle = await client.sftp.open(path, WRITE | CREAT);
  await writeFrom(client.sftp, handle, content, size);
  await client.sftp.close(handle);
}

/** As a client goes on with a download: from the byte that it has. */
async function readOn(client: LiveClient, path: string, got: Buffer[]): Promise<void> {
  const handle = await client.sftp.open(path, READ);
  for (let at = got.reduce((sum, { length }) => sum + length, 0); ;) {
    const data = await client.sftp.read(handle, at, 32_768);
    if (data === null) break;
    got.push(data);
    at += data.length;
  }
  await client.sftp.close(handle);
}

function zeroUnlessLost(error: unknown): { size: number } {
  if (error instanceof ConnectionLost) throw error;
  return { size: 0 };
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

type Link = { readonly server: LiveServer; readonly amy: LiveUser; readonly proxy: Proxy };

/** From the middle of the key exchange to some hundred KiB of the transfer. */
function cutPoint(random: Random): number {
  return random.int(5) === 0 ? random.int(4_000) : 4_000 + random.int(200_000);
}

/** Half of the connections begin a new key exchange somewhere in the transfer, so that some cuts fall into one. */
function rekeySometimes(client: LiveClient, random: Random): NodeJS.Timeout | undefined {
  return random.int(2) === 0 ? undefined : setTimeout(() => client.rekey(), random.int(40)).unref();
}

/** Logs in again and again until `go` comes to its end or `cuts` were made. @returns whether it came to its end */
async function throughCuts(
  { server, amy, proxy }: Link,
  { cuts, random }: { readonly cuts: number; readonly random: Random },
  weather: () => Weather,
  go: (client: LiveClient) => Promise<void>,
): Promise<boolean> {
  const until = proxy.cuts + cuts;
  while (proxy.cuts < until) {
    proxy.weather = weather();
    let rekeying: NodeJS.Timeout | undefined;
    try {
      const client = await connectLive(server, amy, proxy.port);
      rekeying = rekeySometimes(client, random);
      await go(client);
      await client.end();
      return true;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      clearTimeout(rekeying);
    }
  }
  return false;
}

t.test(
  `${cutsMax} cuts at random bytes of uploads and downloads, and all is whole in the end`,
  async (t) => {
    const random = seededRandom();
    t.comment(`seed ${random.seed}`);
    const { server, dora, amy } = await startExchange(t);
    const proxy = await startProxy(t, server.sftpPort);
    const link = { server, amy, proxy };
    const warm = await connectLive(server, amy);
    await putFast(warm.sftp, '/outgoing/warm', randomBytes(1000));
    await warm.end();
    const before = descriptors(server.pid);
    let rounds = 0;
    let finished = 0;
    for (; proxy.cuts < cutsMax; rounds += 1) {
      const content = randomBytes(1_500_000);
      const path = `/outgoing/big-${rounds}`;
      const sizes: number[] = [];
      const upload = async (client: LiveClient) => {
        sizes.push((await client.sftp.stat(path).catch(zeroUnlessLost)).size);
        await goOn(client, path, content);
      };
      const some = { cuts: 10, random };
      if (await throughCuts(link, some, () => ({ cutAfterBytes: cutPoint(random) }), upload))
        finished += 1;
      t.same(
        sizes,
        sizes.toSorted((a, b) => a - b),
        'nothing that was there went away',
      );
      proxy.weather = {};
      const whole = await connectLive(server, amy, proxy.port);
      await goOn(whole, path, content);
      await whole.end();
      await check(server, dora, `big-${rounds}`, content);

      const got: Buffer[] = [];
      const weather = () => ({ cutAfterServerBytes: cutPoint(random) });
      const download = (client: LiveClient) => readOn(client, path, got);
      if (await throughCuts(link, some, weather, download)) finished += 1;
      proxy.weather = {};
      const rest = await connectLive(server, amy, proxy.port);
      await readOn(rest, path, got);
      await rest.end();
      t.equal(
        sha256(Buffer.concat(got)),
        sha256(content),
        'a download that went on where it was cut',
      );
    }
    t.comment(
      `${proxy.cuts} cuts in ${rounds} uploads and downloads; ${finished} came through between cuts`,
    );
    t.ok(
      (await settledDescriptors(server.pid, before)) <= before,
      `no descriptor leaked (${before})`,
    );
    t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
    t.equal(await settledSessions(server, 0), 0);
    const open = (await server.all<{ state: string }>('/v1/transfers')).filter(({ state }) =>
      ['sending', 'receiving'].includes(state),
    );
    t.same(open, [], 'every transfer has an end');
    t.notMatch(server.log(), /internal fault/);
  },
);

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
