// Keyboard-interactive (RFC 4256) and the change of a password (RFC 4252 section 8), as the wire has them.
import fc from 'fast-check';
import t from 'tap';
import { connectionLimits } from '../../server/connection/own-limits.ts';
import { readAnswers, readLoginRequest } from '../../server/connection/proofs.ts';
import type { AuthenticationReply } from '../../server/domain/authentication.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import {
  accepted,
  loginRequest,
  passwordRequest,
  rawClient,
  refused,
  serve,
  serviceRequest,
  uint32,
  until,
} from './harness.ts';

const interactive = loginRequest('alice', 'keyboard-interactive', wireString(''), wireString(''));
const answers = (...given: (string | Uint8Array)[]) =>
  Buffer.concat([Buffer.of(61), uint32(given.length), ...given.map((text) => wireString(text))]);
const prompt: AuthenticationReply = {
  kind: 'prompt',
  instruction: 'why',
  prompts: [
    { text: 'One: ', echo: false },
    { text: 'Two: ', echo: true },
  ],
};

t.test('answers are text, bounded, and whole', async (t) => {
  const read = (payload: Buffer) => readAnswers(payload, connectionLimits);
  t.same(read(answers('wörd', '')), { kind: 'answers', answers: ['wörd', ''] });
  t.same(read(answers()), { kind: 'answers', answers: [] });
  const unusable = { kind: 'unusable', method: 'keyboard-interactive' };
  t.same(read(answers('x'.repeat(connectionLimits.passwordBytesMax + 1))), unusable);
  t.same(read(answers(Buffer.of(0xff))), unusable);
  t.equal(read(answers('1', '2', '3', '4', '5')), undefined, 'more than are ever asked for');
  t.equal(read(Buffer.concat([answers('x'), Buffer.of(0)])), undefined, 'something behind');
  const whole = answers('one', 'two');
  for (let length = 1; length < whole.length; length += 1)
    t.equal(read(whole.subarray(0, length)), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read(Buffer.concat([Buffer.of(61), bytes]));
      return true;
    }),
  );
});

t.test('a change of the password is read whole, or is malformed', async (t) => {
  const read = (payload: Buffer) =>
    readLoginRequest(payload, Buffer.alloc(32), connectionLimits)?.proof;
  const change = (old: string | Uint8Array, fresh: string | Uint8Array) =>
    loginRequest('alice', 'password', Buffer.of(1), wireString(old), wireString(fresh));
  t.same(read(change('old', 'new')), {
    kind: 'password-change',
    password: 'old',
    newPassword: 'new',
  });
  const unusable = { kind: 'unusable', method: 'password' };
  t.same(read(change(Buffer.of(0xff), 'new')), unusable);
  t.same(read(change('old', Buffer.of(0xff))), unusable);
  t.equal(read(loginRequest('alice', 'password', Buffer.of(1), wireString('old'))), undefined);
  t.equal(read(loginRequest('alice', 'keyboard-interactive', wireString(''))), undefined);
});

t.test('questions are asked, and their answers are a proof', async (t) => {
  const served = await serve(t, {
    authenticate: async (_username, proof) => (proof.kind === 'interactive' ? prompt : accepted),
  });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), interactive);
  t.same(
    await client.next(60),
    Buffer.concat([
      Buffer.of(60),
      ...['', 'why', ''].map(wireString),
      uint32(2),
      wireString('One: '),
      Buffer.of(0),
      wireString('Two: '),
      Buffer.of(1),
    ]),
  );
  client.send(answers('a', 'b'));
  t.ok(await client.next(52));
  t.same(served.proofs.at(-1), {
    username: 'alice',
    proof: { kind: 'answers', answers: ['a', 'b'] },
  });
  t.same(served.faults, []);
});

t.test('answers to no question, and malformed ones, end the connection', async (t) => {
  const stories: readonly (readonly Buffer[])[] = [
    [answers('a')],
    [passwordRequest('alice', 'bad'), answers('a')],
    [interactive, passwordRequest('alice', 'bad'), answers('a', 'b')],
  ];
  for (const story of stories) {
    const served = await serve(t, {
      authenticate: async (_username, proof) => (proof.kind === 'interactive' ? prompt : refused),
    });
    const client = await rawClient(t, served);
    client.send(serviceRequest(), ...story);
    await client.closed;
    await until(() => served.closed.length > 0);
    t.same(served.closed, ['protocol-error']);
    t.notOk(served.proofs.some(({ proof }) => proof.kind === 'answers'));
  }
  const served = await serve(t, { authenticate: async () => prompt });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), interactive);
  await client.next(60);
  client.send(answers('a').subarray(0, 7));
  await client.closed;
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['protocol-error']);
});

t.test('a password that has to be changed: PASSWD_CHANGEREQ', async (t) => {
  const served = await serve(t, {
    authenticate: async (_username, proof) =>
      proof.kind === 'password' ? { kind: 'change-needed', prompt: 'too old' } : accepted,
  });
  const client = await rawClient(t, served);
  client.send(serviceRequest(), passwordRequest('alice', 'old'));
  t.same(
    await client.next(60),
    Buffer.concat([Buffer.of(60), wireString('too old'), wireString('')]),
  );
  client.send(
    loginRequest('alice', 'password', Buffer.of(1), wireString('old'), wireString('new')),
  );
  t.ok(await client.next(52));
  t.same(served.faults, []);
});
