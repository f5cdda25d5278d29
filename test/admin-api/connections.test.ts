import { connect, type AddressInfo } from 'node:net';
import { setTimeout as pauseMs } from 'node:timers/promises';
import t from 'tap';
import { createAdminApi } from '../../admin-api/app.ts';
import { limits } from '../../server/domain/limits.ts';
import { openApi } from './fixtures/api.ts';

/** Sends bytes and gives back all that comes until the server closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket
      .on('data', (piece) => (received += piece.toString()))
      .on('error', reject)
      .on('close', () => resolve(received));
  });
}

t.test('what is not a request is a problem too', async (t) => {
  const { app } = await openApi(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const cases: [bytes: string, status: number][] = [
    ['SSH-2.0-OpenSSH_9.2\r\n', 400],
    ['\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ];
  for (const [bytes, status] of cases) {
    const [head = '', body = ''] = (await exchange(port, bytes)).split('\r\n\r\n');
    t.match(head, `HTTP/1.1 ${status} `);
    t.match(head, 'application/problem+json');
    t.match(JSON.parse(body), { status, code: 'message-malformed' });
  }
});

t.test('who sends too slowly is cut off', async (t) => {
  const { app } = await openApi(t, {
    limits: { ...limits, apiHeadersMsMax: 200, apiRequestMsMax: 400 },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const started = Date.now();
  const slowHead = exchange(port, 'GET / HTTP/1.1\r\nHost:');
  const slowBody = exchange(
    port,
    'POST /v1/agencies HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
  );
  t.match(await slowHead, /^HTTP\/1\.1 408 /);
  t.match(await slowBody, /^HTTP\/1\.1 401 |^HTTP\/1\.1 408 /);
  t.ok(Date.now() - started < 10_000);
});

// What carries an approved change out has no socket. One that took longer than a body may ended the process: the timer
// looked for one to answer on.
t.test('what comes over no socket takes as long as it takes', async (t) => {
  const { app, call } = await openApi(t, { limits: { ...limits, apiRequestMsMax: 20 } });
  app.addHook('preHandler', () => pauseMs(100));
  t.equal((await call('GET', '/v1/agencies')).status, 200);
});

t.test('the API listens where it is told, and stops', async (t) => {
  const { parts } = await openApi(t);
  const api = createAdminApi(parts);
  const { address, port } = await api.listen('127.0.0.1', 0);
  t.equal(address, '127.0.0.1');
  t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  await api.close();
  await t.rejects(fetch(`http://127.0.0.1:${port}/livez`));
});
