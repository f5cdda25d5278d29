import { connect, type Socket } from 'node:net';
import t from 'tap';
import { login, passwordRequest, rawClient, serve, serviceRequest, until } from './harness.ts';

// ssh2 has no timer at all: silent sockets never reached the application and stayed for ever.

async function silentSocket(port: number, greeting = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  socket.write(greeting);
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

t.test('a client that says nothing is closed', async (t) => {
  const served = await serve(t, { limits: { identMsMax: 50 } });
  await closed(await silentSocket(served.port));
  t.equal(served.peers.length, 0);
  t.match(served.notices[0], { text: 'no ident in time' });
});

t.test('a client that dribbles its identification string is closed', async (t) => {
  const served = await serve(t, { limits: { identMsMax: 100 } });
  const socket = await silentSocket(served.port, 'SSH-2.0-');
  const dribble = setInterval(() => socket.write('x'), 10);
  await closed(socket);
  clearInterval(dribble);
  t.match(served.notices[0], { text: 'no ident in time' });
});

t.test('a client that stops in the key exchange is closed', async (t) => {
  const served = await serve(t, { limits: { handshakeMsMax: 50 } });
  await closed(await silentSocket(served.port, 'SSH-2.0-idle\r\n'));
  t.match(served.notices[0], { text: 'no handshake in time' });
});

t.test('a client that does not log in is closed, and its peer hears of it once', async (t) => {
  const served = await serve(t, { limits: { loginMsMax: 100 } });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'wrong'));
  await client.next(51);
  await client.closed;
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['login-timeout']);
});

t.test('none of the deadlines ends a login that was in time', async (t) => {
  const served = await serve(t, {
    limits: { identMsMax: 200, handshakeMsMax: 200, loginMsMax: 200 },
  });
  await login(t, served);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(served.reception.connections, 1);
});

t.test('an identification string is at most 255 bytes, whole or in pieces', async (t) => {
  const served = await serve(t);
  await closed(await silentSocket(served.port, `SSH-2.0-${'x'.repeat(260)}\r\n`));
  await closed(await silentSocket(served.port, `SSH-2.0-${'x'.repeat(300)}`));
  const longest = await rawClient(t, served, { ident: 'x'.repeat(255 - 2 - 8) });
  await until(() => served.peers.length === 1);
  t.equal(served.peers[0]?.client.length, 253);
  t.notOk(longest.isClosed);
});

t.test('what is not SSH is closed, not half-closed', async (t) => {
  const served = await serve(t);
  for (const greeting of [
    'GET / HTTP/1.1\r\n\r\n',
    'SSH-1.5-old\r\n',
    '\r\n\r\n',
    '\0'.repeat(9),
  ]) {
    const socket = connect({ port: served.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).resume();
    socket.write(greeting);
    const beat = setInterval(() => socket.write('more'), 5);
    if (greeting.startsWith('\0')) socket.write('\n');
    await closed(socket);
    clearInterval(beat);
  }
  t.equal(served.reception.connections, 0);
});

t.test('a client that answers no keepalive is destroyed', async (t) => {
  const served = await serve(t, { limits: { keepaliveMs: 30, keepalivesMissedMax: 2 } });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'good'));
  await client.next(52);
  // It reads nothing any more, and its socket stays open.
  client.socket.pause();
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['connection-lost']);
});

t.test('a client that answers keepalives stays', async (t) => {
  const served = await serve(t, { limits: { keepaliveMs: 20, keepalivesMissedMax: 2 } });
  await login(t, served);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(served.reception.connections, 1);
});
