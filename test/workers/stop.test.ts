import t from 'tap';
import { randomBytes } from 'node:crypto';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { isAlive, until, workerPids } from './fixtures.ts';

const content = randomBytes(600_000);

for (const workers of ['0', '2']) {
  t.test(`a graceful stop lets transfers finish, WAYBILL_WORKERS=${workers}`, async (t) => {
    const { server, amy, ken } = await startExchange(t, { WAYBILL_WORKERS: workers });
    const [busy, idle] = [await connectLive(server, amy), await connectLive(server, ken)];
    const handle = await busy.sftp.open('/outgoing/f', 0x1a);
    await busy.sftp.write(handle, 0, content.subarray(0, 200_000));
    const stopped = server.stop('SIGTERM');
    await t.rejects(
      idle.sftp.closed.then(() => Promise.reject(new Error('told goodbye'))),
      { message: 'told goodbye' },
      'who has nothing open is told goodbye at once',
    );
    await t.rejects(connectLive(server, ken), 'nobody comes in any more');
    await busy.sftp.write(handle, 200_000, content.subarray(200_000, 400_000));
    await t.rejects(busy.sftp.open('/outgoing/g', 0x1a), { message: /the server is stopping/ });
    await busy.sftp.write(handle, 400_000, content.subarray(400_000));
    await busy.sftp.close(handle);
    await stopped;
    await server.start();
    const again = await connectLive(server, amy);
    t.ok((await again.sftp.get('/outgoing/f')).equals(content));
    await again.end();
  });
}

t.test('a transfer that takes longer than the stop may is kept as a partial', async (t) => {
  const { server, amy } = await startExchange(t, { WAYBILL_STOP_SECONDS: '1' });
  const client = await connectLive(server, amy);
  const handle = await client.sftp.open('/outgoing/f', 0x1a);
  await client.sftp.write(handle, 0, content.subarray(0, 200_000));
  await server.stop('SIGTERM');
  await server.start();
  const again = await connectLive(server, amy);
  t.equal((await again.sftp.stat('/outgoing/f')).size, 200_000);
  await again.end();
});

t.test('a second signal does not wait', async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  const handle = await client.sftp.open('/outgoing/f', 0x1a);
  await client.sftp.write(handle, 0, content.subarray(0, 200_000));
  const pids = workerPids(server);
  const stopped = server.stop('SIGTERM');
  await until(() => server.log().includes('"stopping"'));
  process.kill(server.pid, 'SIGTERM');
  await stopped;
  await until(() => pids.every((pid) => !isAlive(pid)));
  t.pass('the process and its workers are gone, with the upload open');
});
