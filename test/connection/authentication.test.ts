import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import t from 'tap';
import type { AuthenticationReply } from '../../server/domain/authentication.ts';
import { generateHostKey } from '../../server/connection/host-keys.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import {
  accepted,
  login,
  loginRequest,
  passwordRequest,
  rawClient,
  refused,
  serve,
  serviceRequest,
  until,
} from './harness.ts';

const offer = (username = 'alice', algorithm = 'ssh-ed25519'): Buffer =>
  loginRequest(
    username,
    'publickey',
    Buffer.of(0),
    wireString(algorithm),
    wireString(wireString(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)),
  );
const interactive = loginRequest('alice', 'keyboard-interactive', wireString(''), wireString(''));

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// ssh2's queue is last-in, first-out, and keyboard-interactive followed by publickey threw outside any handler.
t.test('pipelined requests are asked one at a time and answered in order', async (t) => {
  let inside = 0;
  const served = await serve(t, {
    async authenticate(_username, proof) {
      inside += 1;
      t.equal(inside, 1, 'one at a time');
      await sleep(proof.kind === 'interactive' ? 20 : 1);
      inside -= 1;
      if (proof.kind === 'offer') return { kind: 'offer-accepted' };
      return {
        ...refused,
        methods: proof.kind === 'none' ? ['publickey'] : ['password'],
      } as AuthenticationReply;
    },
  });
  const client = await rawClient(t, served);
  client.send(
    serviceRequest(),
    interactive,
    offer(),
    loginRequest('alice', 'none'),
    passwordRequest('alice', 'a'),
    offer('alice', 'rsa-sha2-512'),
  );
  await until(() => served.proofs.length === 5);
  await until(() => client.received.filter((m) => m[0] === 51 || m[0] === 60).length === 5);
  t.same(
    served.proofs.map(({ proof }) => proof.kind),
    ['interactive', 'offer', 'none', 'password', 'offer'],
  );
  const answers = client.received.filter((m) => m[0] === 51 || m[0] === 60);
  t.same(
    answers.map((m) => m[0]),
    [51, 60, 51, 51, 60],
  );
  t.match(answers[2]?.toString('latin1'), 'publickey');
  t.match(
    answers[4]?.toString('latin1'),
    'rsa-sha2-512',
    'PK_OK repeats the algorithm of the request',
  );
  t.same(served.faults, []);
});

t.test('too many pipelined requests end the connection', async (t) => {
  const served = await serve(t, {
    limits: { authenticationsQueuedMax: 3 },
    authenticate: () => new Promise(() => undefined),
  });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), ...Array.from({ length: 5 }, () => passwordRequest('alice', 'x')));
  await client.closed;
  t.equal(served.proofs.length, 1);
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['protocol-error']);
});

t.test('a failure of the session side ends that connection only', async (t) => {
  const rejecting = await serve(t, {
    authenticate: () => Promise.reject(new Error('monitor away')),
  });
  const throwing = await serve(t, {
    authenticate: () => {
      throw new Error('monitor broken');
    },
  });
  for (const served of [rejecting, throwing]) {
    const other = await rawClient(t, served);
    const client = await rawClient(t, served);
    client.send(serviceRequest(), passwordRequest('alice', 'x'), passwordRequest('alice', 'y'));
    await client.closed;
    t.match(served.faults, [{ message: /monitor/ }]);
    t.notOk(other.isClosed);
    await until(() => served.closed.length === 1);
  }
});

t.test('an answer that comes too late is dropped', async (t) => {
  let answer: (reply: AuthenticationReply) => void = () => undefined;
  const served = await serve(t, {
    authenticate: () => new Promise((resolve) => (answer = resolve)),
  });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'good'));
  await until(() => served.proofs.length === 1);
  client.socket.destroy();
  await until(() => served.closed.length === 1);
  answer(accepted);
  await sleep(20);
  t.same(served.faults, []);
});

// Go CVE-2024-45337: what an offer shows proves nothing.
t.test('neither an offer nor an unusable proof can be accepted, even by mistake', async (t) => {
  for (const request of [offer(), interactive, loginRequest('alice', 'none')]) {
    const served = await serve(t, { authenticate: async () => accepted });
    const client = await rawClient(t, served);
    client.send(serviceRequest(), request);
    await client.closed;
    t.notOk(client.received.some((message) => message[0] === 52));
    t.match(served.faults, [{ message: /was accepted/ }]);
  }
  const served = await serve(t, { authenticate: async () => ({ kind: 'offer-accepted' }) });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'x'));
  await client.closed;
  t.match(served.faults, [{ message: /acceptable offer/ }]);
});

t.test('refusals carry methods and partial success', async (t) => {
  const served = await serve(t, {
    authenticate: async () => ({ kind: 'refused', methods: ['password'], partial: true }),
  });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'x'));
  const failure = await client.next(51);
  t.same(failure, Buffer.concat([Buffer.of(51), wireString('password'), Buffer.of(1)]));
});

t.test('too many attempts: DISCONNECT, then the end', async (t) => {
  const served = await serve(t, { authenticate: async () => ({ kind: 'disconnect' }) });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'x'), passwordRequest('alice', 'y'));
  t.equal((await client.next(1))?.readUInt32BE(1), 14);
  await client.closed;
  await until(() => served.closed.length === 1);
  t.same(served.closed, ['attempts-exceeded']);
  t.equal(served.proofs.length, 1);
});

// AsyncSSH CVE-2023-46446.
t.test('the user name may not change half-way', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'bad'), passwordRequest('bob', 'good'));
  await client.closed;
  t.notOk(client.received.some((message) => message[0] === 52));
  t.notOk(served.proofs.some(({ username }) => username === 'bob'));
});

t.test('after the login further requests are ignored (RFC 4252 section 5.1)', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'good'), passwordRequest('alice', 'good'));
  await client.next(52);
  client.send(passwordRequest('bob', 'good'));
  client.send(Buffer.concat([Buffer.of(80), wireString('anything'), Buffer.of(1)]));
  await client.next(82);
  t.equal(served.proofs.length, 1);
  t.notOk(client.received.some((message) => message[0] === 52));
});

t.test('another service than ssh-connection, or none requested, is refused', async (t) => {
  const served = await serve(t);
  const first = await rawClient(t, served);
  first.send(passwordRequest('alice', 'good'));
  await first.closed;
  const second = await rawClient(t, served);
  second.send(serviceRequest('ssh-connection'));
  t.equal((await second.next(1))?.readUInt32BE(1), 7);
  const third = await rawClient(t, served);
  third.send(serviceRequest(), serviceRequest());
  await third.closed;
  const fourth = await rawClient(t, served);
  fourth.send(
    serviceRequest(),
    Buffer.concat([
      Buffer.of(50),
      wireString('alice'),
      wireString('ssh-admin'),
      wireString('none'),
    ]),
  );
  await fourth.closed;
  t.same(served.proofs, []);
});

t.test('a malformed request ends the connection', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.send(serviceRequest(), Buffer.from([50, 0, 0, 0, 9, 97]));
  await client.closed;
  t.same(served.proofs, []);
  t.same(served.faults, []);
});

// ssh2 as a client signs; what arrives must verify as it is, whatever the key.
for (const type of ['ed25519', 'rsa'] as const) {
  t.test(`a login with a real ${type} key`, async (t) => {
    const pair =
      type === 'rsa'
        ? generateKeyPairSync('rsa', {
            modulusLength: 3072,
            privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
            publicKeyEncoding: { type: 'spki', format: 'pem' },
          }).privateKey
        : generateHostKey();
    const served = await serve(t, {
      async authenticate(_username, proof) {
        if (proof.kind === 'offer') return { kind: 'offer-accepted' };
        if (proof.kind !== 'signature') return refused;
        const key = ssh2.utils.parseKey(pair) as ssh2.ParsedKey;
        const hash =
          { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' }[proof.algorithm] ?? null;
        return verify(hash, proof.signed, createPublicKey(key.getPublicPEM()), proof.signature)
          ? accepted
          : refused;
      },
    });
    await login(t, served, { privateKey: pair, password: '' });
    const last = served.proofs.at(-1)?.proof;
    t.match(last, { kind: 'signature', algorithm: type === 'rsa' ? /^rsa-sha2-/ : 'ssh-ed25519' });
  });
}
