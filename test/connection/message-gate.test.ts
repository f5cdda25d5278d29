import t from 'tap';
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
