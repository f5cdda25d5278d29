import t from 'tap';
import { installGate, type GateLink } from '../../server/connection/message-gate.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import {
  passwordRequest,
  rawClient,
  rawLogin,
  serve,
  serviceRequest,
  uint32,
  until,
} from './harness.ts';

const allowedBeforeLogin = new Set([1, 2, 3, 4, 5, 7, 20, 50]);
const unassigned = (type: number): boolean =>
  !(
    (type >= 1 && type <= 7) ||
    type === 20 ||
    type === 21 ||
    (type >= 30 && type <= 82) ||
    (type >= 90 && type <= 100)
  );

// Erlang CVE-2025-32433 and libssh CVE-2018-10933: messages of another state, or of the server, were believed.
t.test('before the login every other message ends the connection, and none logs in', async (t) => {
  const served = await serve(t);
  for (let type = 0; type < 256; type += 1) {
    if (allowedBeforeLogin.has(type)) continue;
    const client = await rawClient(t, served);
    client.send(Buffer.concat([Buffer.of(type), Buffer.alloc(40)]));
    if (unassigned(type) && type < 80) {
      const answer = await client.next(3);
      if (answer === undefined) t.fail(`message ${type} is not answered as unimplemented`);
      client.socket.destroy();
    } else {
      await client.closed;
    }
    if (client.received.some((message) => message[0] === 52)) t.fail(`message ${type} logs in`);
  }
  t.same(served.proofs, []);
  t.same(served.channels, []);
  t.same(served.faults, []);
});

t.test('after the login what a client never says ends the connection', async (t) => {
  const served = await serve(t);
  for (const type of [5, 6, 21, 30, 31, 49, 51, 52, 53, 60, 61, 79, 91, 92]) {
    const client = await rawLogin(t, served);
    client.send(Buffer.concat([Buffer.of(type), Buffer.alloc(40)]));
    await client.closed;
  }
  t.same(served.faults, []);
});

t.test(
  'an unknown message is answered with its sequence number (RFC 4253 section 11.4)',
  async (t) => {
    const served = await serve(t);
    const client = await rawLogin(t, served, {});
    // With strict key exchange the count starts at NEWKEYS: service, password, then this one.
    client.send(Buffer.from([199, 1, 2, 3]));
    t.same(await client.next(3), Buffer.concat([Buffer.of(3), uint32(2)]));
    client.send(Buffer.from([2, 0, 0, 0, 0]), Buffer.from([8]));
    t.same(await client.next(3), Buffer.concat([Buffer.of(3), uint32(4)]));
  },
);

// OpenSSH's PROTOCOL section 1.9: it hides keystrokes with them, and asks whether a server still answers.
t.test('a ping comes back as it came', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  for (const data of ['', 'hello', 'x'.repeat(20_000)]) {
    client.send(Buffer.concat([Buffer.of(192), wireString(data)]));
    t.same(await client.next(193), Buffer.concat([Buffer.of(193), wireString(data)]));
  }
});

t.test('a ping that is malformed, or comes too early, and a pong end the connection', async (t) => {
  const served = await serve(t);
  const early = await rawClient(t, served);
  early.send(Buffer.concat([Buffer.of(192), wireString('')]));
  await early.closed;
  for (const bad of [
    Buffer.of(192),
    Buffer.concat([Buffer.of(192), uint32(5), Buffer.from('four')]),
    Buffer.concat([Buffer.of(192), wireString('more'), Buffer.of(0)]),
    Buffer.concat([Buffer.of(193), wireString('')]),
  ]) {
    const client = await rawLogin(t, served);
    client.send(bad);
    await client.closed;
  }
  t.same(served.faults, []);
});

// What was in the same TCP segment as the violation must not be acted upon.
t.test('nothing behind a violation is looked at', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.socket.cork();
  client.send(serviceRequest(), Buffer.of(90), passwordRequest('alice', 'good'));
  client.socket.uncork();
  await client.closed;
  t.same(served.proofs, []);
});

t.test('a DISCONNECT is the client leaving', async (t) => {
  const served = await serve(t);
  for (const code of [11, 2]) {
    const client = await rawLogin(t, served);
    client.send(Buffer.concat([Buffer.of(1), uint32(code, 0, 0)]));
    await client.closed;
  }
  await until(() => served.closed.length === 2);
  t.same(served.closed, ['client-left', 'client-left']);
});

// libssh2 CVE-2026-55199: a count of 2^32-1 looped.
t.test('an EXT_INFO of four thousand million extensions costs nothing', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.send(Buffer.concat([Buffer.of(7), uint32(0xffffffff)]));
  await client.closed;
  t.same(served.faults, []);
});

// RFC 4253 section 7.3: at this time ssh2 passes it over, and so do we.
t.test('an empty message after the first key exchange is nothing', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  client.send(Buffer.alloc(0), Buffer.of(8));
  t.same(await client.next(3), Buffer.concat([Buffer.of(3), uint32(3)]), 'it has a number, though');
  t.notOk(client.isClosed);
});

t.test('nothing is parsed once the connection has ended', (t) => {
  const protocol = { _onPayload: () => t.fail('parsed') } as unknown as GateLink['protocol'];
  const never = () => t.fail('handed on');
  installGate({ protocol, ended: true } as GateLink, {
    loginRequest: never,
    keyExchange: (payload) => (never(), payload),
    message: never,
  });
  for (const type of [2, 20, 50, 94]) t.equal(protocol._onPayload(Buffer.of(type)), Infinity);
  t.end();
});
