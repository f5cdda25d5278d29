import t from 'tap';
import { randomBytes } from 'node:crypto';
import { connectLive, type LiveClient } from '../fault/fixtures/live-client.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { isAlive, until, workerPids } from './fixtures.ts';

type Transfer = { readonly state: string; readonly bytes: number };
type Event = { readonly event: string; readonly closed?: string };

t.test(
  'a worker that dies costs its sessions and nothing else',
  { timeout: 120_000 },
  async (t) => {
    const { server, amy, ken } = await startExchange(t);
    const content = randomBytes(3_000_000);
    // A connection goes to the worker with the fewest, so these two are on different ones.
    const clients = [await connectLive(server, amy), await connectLive(server, ken)];
    const handles = await Promise.all(clients.map(({ sftp }) => sftp.open('/outgoing/f', 0x1a)));
    for (const [index, { sftp }] of clients.entries()) {
      for (let at = 0; at < 2_000_000; at += 100_000)
        await sftp.write(handles[index]!, at, content.subarray(at, at + 100_000));
    }
    const pids = workerPids(server);
    t.equal(pids.length, 2);
    process.kill(pids[0]!, 'SIGKILL');
    await until(() => !isAlive(pids[0]!));
    const alive = await Promise.all(clients.map(isServed));
    t.equal(alive.filter(Boolean).length, 1, 'one session went, one stayed');
    const [kept, lost] = alive[0] === true ? [0, 1] : [1, 0];
    for (let at = 2_000_000; at < content.length; at += 100_000)
      await clients[kept]!.sftp.write(handles[kept]!, at, content.subarray(at, at + 100_000));
    await clients[kept]!.sftp.close(handles[kept]!);

    await until(async () => {
      const { items } = await server.api<{ items: Transfer[] }>('GET', '/v1/transfers');
      return items.some(({ state }) => state === 'partial');
    });
    const closed = await server.all<Event>('/v1/audit?event=session.closed.1');
    t.match(closed, [{ closed: 'worker-lost' }]);
    t.match(server.log(), /a worker process died/);
    await until(() => workerPids(server).length === 2);

    const user = [amy, ken][lost]!;
    const again = await connectLive(server, user);
    const { size } = await again.sftp.stat('/outgoing/f');
    t.ok(size > 0 && size <= 2_000_000, `${size} bytes of the partial are there`);
    const resumed = await again.sftp.open('/outgoing/f', 0x0a);
    for (let at = size; at < content.length; at += 100_000)
      await again.sftp.write(resumed, at, content.subarray(at, at + 100_000));
    await again.sftp.close(resumed);
    for (const { sftp } of [again, clients[kept]!])
      t.ok((await sftp.get('/outgoing/f')).equals(content));
    await again.end();
    await clients[kept]!.end();
  },
);

async function isServed({ sftp }: LiveClient): Promise<boolean> {
  return sftp.stat('/').then(
    () => true,
    () => false,
  );
}

t.test('workers end with their monitor, and the next start waits for them', async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  const pids = workerPids(server);
  // One that is stopped cannot notice: it stands for one whose write is stuck in the disk.
  process.kill(pids[0]!, 'SIGSTOP');
  await server.stop('SIGKILL');
  await until(() => !isAlive(pids[1]!));
  client.destroy();
  const started = server.start();
  const first = await Promise.race([
    started.then(() => 'started'),
    new Promise((resolve) => setTimeout(() => resolve('waiting'), 1_500)),
  ]);
  t.equal(first, 'waiting');
  process.kill(pids[0]!, 'SIGCONT');
  await started;
  t.notOk(isAlive(pids[0]!));
  await (await connectLive(server, amy)).end();
});
