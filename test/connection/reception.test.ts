import { createPublicKey, sign, verify } from 'node:crypto';
import { connect, Socket } from 'node:net';
import ssh2 from 'ssh2';
import t from 'tap';
import {
  generateHostKey,
  hostKeyFingerprint,
  hostKeySigner,
  publicKeyLine,
} from '../../server/connection/host-keys.ts';
import { assertHooks, bindingAvailable } from '../../server/connection/reception.ts';
import { asWireClient, sampleProtocol } from '../../server/connection/ssh2-internals.ts';
import { rawClient, rawLogin, serve, until } from './harness.ts';

t.test('close destroys those who are there', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  await served.reception.close();
  await client.closed;
  t.equal(served.reception.connections, 0);
  t.same(served.closed.length, 1);
});

t.test('those who have not logged in can be sent away alone', async (t) => {
  const served = await serve(t);
  const known = await rawLogin(t, served);
  const stranger = await rawClient(t, served);
  await until(() => served.peers.length === 2);
  served.reception.endStrangers('server-stopping');
  await stranger.closed;
  t.same(served.closed, ['server-stopping']);
  t.notOk(known.isClosed);
});

t.test('a socket that never became a peer is reported once', async (t) => {
  const served = await serve(t);
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('SSH-2.0-x\r\n');
  await until(() => served.reception.connections === 1);
  socket.destroy();
  await until(() => served.gone.length > 0);
  t.equal(served.gone.length, 1);
  t.same(served.closed, []);
});

t.test('endAll tells every client why', async (t) => {
  const served = await serve(t);
  const clients = [await rawLogin(t, served), await rawClient(t, served)];
  await until(() => served.peers.length === 2);
  served.reception.endAll('server-stopping');
  served.reception.endAll('administrator');
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
  await until(() => served.reception.connections === 0);
  t.match(served.faults, [{ message: 'the session side failed' }]);
  t.same(served.closed, ['idle']);
});

t.test('start-up names the hook that an ssh2 lacks', async (t) => {
  assertHooks();
  t.throws(() => assertHooks('1.18.0'), { message: /ssh2 1\.17\.0.*version|version 1\.17\.0/ });
  t.throws(() => assertHooks('1.17.0', {}), { message: /lacks Protocol\._handlers/ });
  // Without its class's methods.
  const own = Object.entries(sampleProtocol());
  for (const [name, hook] of [
    ['_kexinit', '_kexinit'],
    ['_skipNextInboundPacket', '_skipNextInboundPacket'],
    ['_offer', '_offer'],
    ['', 'cleanup'],
  ] as const)
    t.throws(
      () => assertHooks('1.17.0', Object.fromEntries(own.filter(([each]) => each !== name))),
      { message: `ssh2 1.17.0 lacks Protocol.${hook}, which server/connection relies on` },
    );
  for (const [name, value, hook] of [
    ['_cipher', {}, 'Protocol._cipher._onWrite'],
    ['_packetRW', { write: {} }, 'Protocol._packetRW'],
    ['_offer', { lists: { kex: {} } }, 'KexInit.lists.kex.array'],
    ['_offer', { lists: { kex: { array: [] } } }, 'KexInit.lists.serverHostKey.array'],
  ] as const)
    t.throws(
      () => assertHooks('1.17.0', Object.assign(sampleProtocol(), { [name]: value })),
      { message: `ssh2 1.17.0 lacks ${hook}, which server/connection relies on` },
      hook,
    );
  t.throws(() => asWireClient({}), { message: /lacks Client\._sock/ });
  t.throws(() => asWireClient({ _sock: new Socket() }), { message: /lacks Client\._protocol/ });
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
  t.throws(() => hostKeySigner(rsa), { message: /ssh-rsa is not taken/ });
  t.throws(() => hostKeySigner('nonsense'), { message: /not readable/ });
  t.throws(() => hostKeySigner(publicKeyLine(generateHostKey())), { message: /public key/ });
});
