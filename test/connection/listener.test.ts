import { createPublicKey, sign, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import t from 'tap';
import {
  assertHooks,
  bindingAvailable,
  createListener,
  generateHostKey,
  hostKeyFingerprint,
  publicKeyLine,
} from '../../server/connection/listener.ts';
import { login, rawClient, rawLogin, serve, until } from './harness.ts';

t.test('a port in use is told as the socket tells it', async (t) => {
  const served = await serve(t);
  const second = createListener({
    hostKeys: [generateHostKey()],
    banner: '',
    onPeer: () => undefined as never,
    onFault: (error) => t.fail(String(error)),
  });
  await t.rejects(second.listen('127.0.0.1', served.port), { code: 'EADDRINUSE' });
  await second.close();
});

t.test('stopAccepting leaves those who are there', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  await served.listener.stopAccepting();
  await t.rejects(login(t, served), { code: 'ECONNREFUSED' });
  t.notOk(client.isClosed);
  await served.listener.close();
  await client.closed;
  t.equal(served.listener.connections, 0);
  t.same(served.closed.length, 1);
});

t.test('endAll tells every client why', async (t) => {
  const served = await serve(t);
  const clients = [await rawLogin(t, served), await rawClient(t, served)];
  await until(() => served.peers.length === 2);
  served.listener.endAll('server-stopping');
  served.listener.endAll('administrator');
  for (const client of clients) {
    const message = await client.next(1);
    t.equal(message?.readUInt32BE(1), 11);
    t.match(message?.toString('latin1'), 'the server is stopping');
    await client.closed;
  }
  await until(() => served.closed.length === 2);
  t.same(served.closed, ['server-stopping', 'server-stopping'], 'the first reason stands');
});

t.test('a client that does not read is ended all the same', async (t) => {
  const served = await serve(t, { limits: { disconnectMsMax: 50 } });
  const client = await rawLogin(t, served);
  client.socket.pause();
  served.peers[0]?.end('administrator');
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['administrator']);
});

t.test('a peer that is ended while it is announced, or that fails, ends alone', async (t) => {
  const served = await serve(t, {
    onPeer: (peer) => {
      if (peer.client.includes('end')) peer.end('administrator');
      if (peer.client.includes('fail')) throw new Error('the session side failed');
      return {
        authenticate: async () => ({ kind: 'disconnect' }),
        channel: () => undefined,
        closed: () => served.closed.push('idle'),
      };
    },
  });
  const ended = await rawClient(t, served, { ident: 'end' });
  await ended.closed;
  await rawClient(t, served, { ident: 'fail' }).then(
    (client) => client.closed,
    () => undefined,
  );
  await until(() => served.listener.connections === 0);
  t.match(served.faults, [{ message: 'the session side failed' }]);
  t.same(served.closed, ['idle']);
});

t.test('start-up names the hook that an ssh2 lacks', async (t) => {
  assertHooks();
  t.throws(() => assertHooks('1.18.0'), { message: /ssh2 1\.17\.0.*version|version 1\.17\.0/ });
  t.throws(() => assertHooks('1.17.0', {}), { message: /lacks Protocol\._handlers/ });
  t.type(bindingAvailable, 'boolean');
});

// ssh2's own generator makes a malformed Ed25519 key now and then.
t.test('a thousand new host keys can be read back, and sign', async (t) => {
  for (let i = 0; i < 1000; i += 1) {
    const text = generateHostKey();
    const key = ssh2.utils.parseKey(text) as ssh2.ParsedKey;
    const data = Buffer.from('data');
    const signature = sign(null, data, key.getPrivatePEM());
    const good =
      verify(null, data, createPublicKey(key.getPublicPEM()), signature) &&
      /^SHA256:[A-Za-z0-9+/]{43}$/.test(hostKeyFingerprint(text)) &&
      /^ssh-ed25519 AAAA[A-Za-z0-9+/=]+$/.test(publicKeyLine(text));
    if (!good) t.fail(text);
  }
});

// An RSA host key always advertises SHA-1 (server.js:232).
t.test('other host keys are refused at start-up', async (t) => {
  const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private;
  const create = (hostKeys: string[]) => (): unknown =>
    createListener({
      hostKeys,
      banner: '',
      onPeer: () => undefined as never,
      onFault: () => undefined,
    });
  t.throws(create([rsa]), { message: /ssh-rsa is not taken/ });
  t.throws(create([]), { message: /at least one/ });
  t.throws(create(['nonsense']), { message: /not readable/ });
  t.throws(create([publicKeyLine(generateHostKey())]), { message: /public key/ });
});
