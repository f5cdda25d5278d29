import { connect, type Socket } from 'node:net';
import t from 'tap';
import { rawClient, serviceRequest, uint32, type RawClient } from '../connection/harness.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { enter, liveSessions, openGate, signedLogin, keyOf } from './fixtures/strangers.ts';

t.setTimeout(180_000);

const served = startExchange(t);
const types = Array.from({ length: 256 }, (_, type) => type);

/** A message of that type with fields that could be read as anything. */
const message = (type: number) => Buffer.concat([Buffer.of(type), Buffer.alloc(40)]);

// libssh CVE-2018-10933: a client that said USERAUTH_SUCCESS (52) itself was let in. Erlang CVE-2025-32433: channel
// messages (80 and above) were acted upon before the login, with a shell as the result. The rule: what a message means
// depends on the state; each type has its states in one table, and everything else ends the connection.
t.test('libssh CVE-2018-10933: no message of 0 to 255 is a login', async (t) => {
  const { server } = await served;
  const gate = await openGate(t, server);
  await say(
    types,
    () => rawClient(t, gate),
    (client, type) => {
      if (client.received.some((payload) => payload[0] === 52)) t.fail(`message ${type} logs in`);
    },
  );
  t.same(await liveSessions(server), []);
});

t.test('Erlang CVE-2025-32433: 80 and above before the login end the connection', async (t) => {
  const { server, amy } = await served;
  const gate = await openGate(t, server);
  for (const type of types.filter((each) => each >= 80)) {
    const client = await rawClient(t, gate);
    // The good login behind it, in the same segment, must not be looked at.
    client.socket.cork();
    client.send(message(type), serviceRequest(), signedLogin(client, amy.username, keyOf(amy)));
    client.socket.uncork();
    await client.closed;
    if (client.received.some((payload) => payload[0] === 52 || payload[0]! >= 80))
      t.fail(`message ${type} is answered`);
  }
  t.same(await liveSessions(server), []);
});

t.test(
  'Erlang CVE-2025-32433: nor does any message in clear, before keys are agreed',
  async (t) => {
    const { server } = await served;
    const gate = await openGate(t, server);
    for (const type of types) {
      const { socket, heard } = await plain(gate.port);
      socket.write(clearPacket(message(type)));
      socket.end();
      await new Promise((resolve) => socket.on('close', resolve));
      // The server's identification and KEXINIT, and at most a reason for hanging up: nothing that starts a session.
      const answers = packetsOf(Buffer.concat(heard));
      if (answers.some((payload) => ![1, 2, 3, 4, 20].includes(payload[0]!)))
        t.fail(`message ${type} is answered with ${answers.map((payload) => payload[0]).join()}`);
    }
    t.same(await liveSessions(server), []);
  },
);

t.test('libssh CVE-2018-10933: after the login a session stays who it is', async (t) => {
  const { server, amy } = await served;
  const gate = await openGate(t, server);
  await say(
    types,
    () => enter(t, gate, amy),
    async (_, type) => {
      for (const session of await liveSessions(server))
        if (session.username !== 'amy') t.fail(`message ${type} makes a ${session.username}`);
    },
  );
});

// Erlang CVE-2026-23943 (and CVE-2025-26618's kin): a compressed packet of a stranger grew without bound. The rule:
// compression is not offered, so it cannot be agreed upon.
t.test('Erlang CVE-2026-23943: compression is not to be had', async (t) => {
  const { server } = await served;
  const gate = await openGate(t, server);
  const { socket, heard } = await plain(gate.port);
  socket.write(clearPacket(message(2)));
  socket.end();
  await new Promise((resolve) => socket.on('close', resolve));
  const kexinit = packetsOf(Buffer.concat(heard)).find((payload) => payload[0] === 20);
  t.ok(kexinit);
  t.notOk(kexinit?.includes('zlib'));
  const algorithms = ['zlib@openssh.com', 'zlib'];
  for (const compress of algorithms) {
    await t.rejects(rawClient(t, gate, { offer: onlyCompressed(compress) }), compress);
  }
  t.ok(await rawClient(t, gate), 'and who does not insist comes in');
});

/** Says each of them, on one connection for as long as the server keeps it. */
async function say(
  all: readonly number[],
  connectAgain: () => Promise<RawClient>,
  check: (client: RawClient, type: number) => unknown,
): Promise<void> {
  let client = await connectAgain();
  for (const type of all) {
    if (client.isClosed) client = await connectAgain();
    // Behind it one that is answered as unimplemented at any time.
    client.send(message(type), Buffer.of(8));
    await Promise.race([client.closed, client.next(3)]);
    await check(client, type);
  }
  client.socket.destroy();
}

async function plain(port: number): Promise<{ socket: Socket; heard: Buffer[] }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const heard: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (data: Buffer) => heard.push(data));
  socket.write('SSH-2.0-stranger\r\n');
  while (packetsOf(Buffer.concat(heard)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 2));
  return { socket, heard };
}

/** RFC 4253 section 6, without cipher and MAC. */
function clearPacket(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  return Buffer.concat([
    uint32(payload.length + padding + 1),
    Buffer.of(padding),
    payload,
    Buffer.alloc(padding),
  ]);
}

function packetsOf(bytes: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  let at = bytes.indexOf('\n') + 1;
  while (at > 0 && at + 5 < bytes.length) {
    const length = bytes.readUInt32BE(at);
    payloads.push(bytes.subarray(at + 5, at + 4 + length - bytes[at + 4]!));
    at += 4 + length;
  }
  return payloads;
}

function onlyCompressed(compress: string): object {
  const direction = {
    cipher: ['aes256-gcm@openssh.com'],
    mac: ['hmac-sha2-256'],
    compress: [compress],
    lang: [],
  };
  const kex = ['curve25519-sha256'];
  return { kex, serverHostKey: ['ssh-ed25519'], cs: direction, sc: direction };
}
