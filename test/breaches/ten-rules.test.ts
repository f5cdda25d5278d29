// The ten rules of breaches.md section 2.1, each shown once on the real server, beside the rows that they come from.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../server/config.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { operations } from '../../server/sftp/operations.ts';
import { packet } from '../../server/sftp/protocol.ts';
import {
  loginRequest,
  passwordRequest,
  rawClient,
  rawChannel,
  serviceRequest,
  uint32,
  channelData,
} from '../connection/harness.ts';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { LiveServer, freePort, rsaKey, startExchange } from '../fixtures/live-server.ts';
import { productSources } from './fixtures/sources.ts';
import {
  enter,
  keyOf,
  liveSessions,
  openGate,
  signedLogin,
  verdict,
} from './fixtures/strangers.ts';

t.setTimeout(180_000);

const served = startExchange(t);

t.test('R1: a login is a proof that fits in every part, and a password is a text', async (t) => {
  const { server } = await served;
  const password = 'correct horse battery staple';
  await server.addUser('pat', 'alameda', { loginMethods: [['password']] });
  await server.api('PUT', '/v1/users/pat/password', { password });
  const gate = await openGate(t, server);
  // The change flag makes ssh2 hand out an object in place of the text.
  const change = loginRequest(
    'pat',
    'password',
    Buffer.of(1),
    wireString(password),
    wireString('new'),
  );
  for (const hostile of [
    change,
    loginRequest('pat', 'none'),
    loginRequest('pat', 'hostbased'),
    loginRequest('pat', 'password'),
  ]) {
    const client = await rawClient(t, gate);
    t.not(await verdict(client, serviceRequest(), hostile), 'in');
    client.socket.destroy();
  }
  const weak = rsaKey(2048).publicKey;
  await t.rejects(
    server.api('POST', '/v1/users/pat/keys', { publicKey: weak, label: 'weak' }),
    /weak|3072/,
  );
  const client = await rawClient(t, gate);
  t.equal(await verdict(client, serviceRequest(), passwordRequest('pat', password)), 'in');
  client.socket.destroy();
});

t.test('R2: there are no links on this server', async (t) => {
  const { server, amy } = await served;
  const login = await connectLive(server, amy);
  const { sftp } = login;
  await sftp.put('/outgoing/real', Buffer.from('x'));
  const asked = [
    sftp.request(packet.SYMLINK, (w) => w.string('/etc/passwd').string('/outgoing/link')),
    sftp.request(packet.READLINK, (w) => w.string('/outgoing/real')),
    sftp.extended('hardlink@openssh.com', (w) =>
      w.string('/outgoing/real').string('/outgoing/hard'),
    ),
  ];
  for (const reply of asked) t.equal((await sftp.status(reply)).code, 8);
  await login.end();
});

t.test('R3: requests are served from one table, by one authoriser', async (t) => {
  const callers = (pattern: RegExp) =>
    productSources()
      .filter(({ file, text }) => !file.endsWith('.gen.ts') && pattern.test(text))
      .map(({ file }) => file);
  t.same(callers(/\boperations\[/), ['server/sftp/server.ts']);
  t.same(callers(/\bfunction decide\(/), ['server/policy/decide.ts']);
  t.same(callers(/insertInto\('ledger'\)/), ['server/ledger/ledger.ts']);
  t.ok(Object.values(operations).every((operation) => typeof operation?.run === 'function'));
});

t.test('R4: strangers are counted before anything is computed for them', async (t) => {
  const { server } = await served;
  // An address of their own: what they are kept out for must not be held against the other tests.
  const from = { host: '127.0.0.1', port: server.sftpPort, localAddress: '127.0.99.9' };
  const sockets = Array.from({ length: 60 }, () => connect(from));
  let [heard, closed] = [0, 0];
  for (const socket of sockets) {
    socket.on('error', () => undefined).on('close', () => (closed += 1));
    socket.once('data', () => (heard += 1));
  }
  while (heard + closed < sockets.length) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(heard <= 32, `${heard} from one address were greeted`);
  for (const socket of sockets) socket.destroy();
});

t.test('R5: what cannot be parsed ends one connection, and nothing else', async (t) => {
  const { server, amy } = await served;
  const gate = await openGate(t, server);
  const other = await connectLive(server, amy, gate.port);
  for (const length of ['ffffffff', '7fffffff', '80000000', '00000000']) {
    const socket = connect(gate.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.end(
      Buffer.concat([Buffer.from('SSH-2.0-bad\r\n'), Buffer.from(length, 'hex'), Buffer.alloc(64)]),
    );
    await new Promise((resolve) => socket.on('close', resolve));
    const client = await enter(t, gate, amy);
    const channel = await rawChannel(client);
    client.send(
      channelData(channel, Buffer.concat([Buffer.from(length, 'hex'), Buffer.alloc(9, 1)])),
    );
    await Promise.race([client.closed, client.next(97)]);
    client.socket.destroy();
  }
  t.ok(await other.sftp.stat('/outgoing'), 'who was there before still is');
  await other.end();
});

t.test('R6: one reply for each request, whatever becomes of it', async (t) => {
  const { server, amy } = await served;
  const login = await connectLive(server, amy);
  const { sftp } = login;
  const paths = ['/outgoing', '/outgoing/none', '\0', '../..', 'a\\b', ''];
  const types: number[] = [packet.STAT, packet.LSTAT, packet.REMOVE, packet.RMDIR, packet.REALPATH];
  types.push(packet.OPENDIR, packet.READLINK, packet.CLOSE, packet.FSTAT, packet.READDIR, 99);
  const asked = Array.from({ length: 300 }, (_, index) =>
    sftp.request(types[index % types.length]!, (writer) =>
      writer.string(paths[index % paths.length]!),
    ),
  );
  const replies = await Promise.all(asked);
  t.equal(new Set(replies.map(({ id }) => id)).size, replies.length);
  t.equal(new Set(sftp.answered).size, sftp.answered.length, 'none is answered twice');
  await login.end();
});

t.test('R7: what was acknowledged is there after a crash', async (t) => {
  const { server, amy } = await served;
  const { sftp } = await connectLive(server, amy);
  await sftp.put('/outgoing/acknowledged', Buffer.alloc(200_000, 7));
  await server.stop('SIGKILL');
  await server.start();
  const again = await connectLive(server, amy);
  t.ok(Buffer.alloc(200_000, 7).equals(await again.sftp.get('/outgoing/acknowledged')));
  await again.end();
});

t.test('R8: a session is asked for a shell, a command and more, in vain', async (t) => {
  const { server, amy } = await served;
  const gate = await openGate(t, server);
  const client = await enter(t, gate, amy);
  const id = await rawChannel(client, { subsystem: false });
  const asked: readonly (readonly [string, Buffer])[] = [
    ['shell', Buffer.alloc(0)],
    ['exec', wireString('id')],
    ['subsystem', wireString('netconf')],
    ['pty-req', Buffer.concat([wireString('xterm'), uint32(80, 24, 0, 0), wireString('')])],
    ['x11-req', Buffer.concat([Buffer.of(0), wireString('a'), wireString('b'), uint32(0)])],
    ['auth-agent-req@openssh.com', Buffer.alloc(0)],
  ];
  for (const [type, rest] of asked) {
    client.send(Buffer.concat([Buffer.of(98), uint32(id), wireString(type), Buffer.of(1), rest]));
    const answer = await Promise.race([
      client.next(99).then(() => 'yes'),
      client.next(100).then(() => 'no'),
    ]);
    t.equal(answer, 'no', type);
  }
  client.socket.destroy();
});

t.test('R9: without its keys, or with a variable that is none, it does not start', async (t) => {
  const start = async (change: (server: LiveServer) => void, environment = {}) => {
    const directory = t.testdir();
    const server = new LiveServer(directory, [await freePort(), await freePort()], environment);
    t.teardown(() => server.stop());
    change(server);
    await t.rejects(server.start(), /the server ended with 1/);
  };
  await start(() => undefined, { WAYBILL_ALLOW_ALL: '1' });
  await start(() => undefined, { WAYBILL_PROFILE: 'none' });
  const { server, amy } = await served;
  await server.stop();
  const key = join(server.directory, 'keys/master.key');
  const mode = statSync(key).mode & 0o777;
  t.equal(mode, 0o600);
  const kept = readFileSync(key);
  rmSync(key);
  await t.rejects(server.start(), /master key .* is missing/);
  t.notOk(existsSync(key), 'and it makes no other in its place');
  writeFileSync(key, kept, { mode: 0o600 });
  await server.start();
  const gate = await openGate(t, server);
  const client = await rawClient(t, gate);
  t.equal(await verdict(client, serviceRequest(), signedLogin(client, 'amy', keyOf(amy))), 'in');
  t.equal((await liveSessions(server)).length, 1);
});

t.test(
  'R10: administration has an address of its own, which is this host unless said otherwise',
  async (t) => {
    const { server } = await served;
    t.not(server.adminPort, server.sftpPort);
    t.equal(readConfig({}).admin.host, '127.0.0.1');
    const { adminPort } = server;
    const reachable = await new Promise<boolean>((resolve) => {
      const socket = connect({ port: adminPort, host: '127.0.0.2' });
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
      t.teardown(() => socket.destroy());
    });
    t.notOk(reachable, 'not on another address of the host');
  },
);
