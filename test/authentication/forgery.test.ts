// What a client may try that does not hold the private key. Each ends without a login (breaches.md, R1).
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import t from 'tap';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import type { Proof } from '../../server/domain/authentication.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { rsaKey, testKey, wireStrings, type KeyName } from '../accounts/fixtures/keys.ts';
import {
  openDesk,
  password,
  refusals,
  refusedAlike,
  signatureProof,
  signedRequest,
} from './fixtures/logins.ts';

const ann = testKey('ed25519');
const mallory = testKey('ed25519', 1);

t.test('every kind of key logs in with its own algorithms only', async (t) => {
  const desk = await openDesk(t);
  const fitting: readonly (readonly [KeyName, readonly string[]])[] = [
    ['p256', ['ecdsa-sha2-nistp256']],
    ['p384', ['ecdsa-sha2-nistp384']],
    ['p521', ['ecdsa-sha2-nistp521']],
    ['rsa3072', ['rsa-sha2-256', 'rsa-sha2-512']],
  ];
  for (const [name, algorithms] of fitting) {
    const key = testKey(name);
    await desk.accounts.addKey(admin, 'ann', { publicKey: key.line });
    for (const algorithm of algorithms) {
      t.match(
        await (await desk.connect()).sign(key, { algorithm }),
        { kind: 'accepted' },
        algorithm,
      );
    }
    for (const algorithm of [
      'ssh-rsa',
      'ssh-ed25519',
      'rsa-sha2-256-cert-v01@openssh.com',
      'constructor',
      '',
      'ssh-dss',
    ]) {
      const client = await desk.connect();
      const real = signatureProof(key, client.sshSessionId);
      const signed = signedRequest(key, client.sshSessionId, 'ann', algorithm);
      const hash = name === 'rsa3072' ? 'sha1' : 'sha256';
      const signature = sign(hash, signed, key.privateKey);
      t.same(
        await client.try('ann', { ...real, algorithm, signed, signature }),
        refusedAlike,
        `${name} with ${algorithm}`,
      );
    }
  }
});

t.test('forged signatures', async (t) => {
  const desk = await openDesk(t);
  const forge = async (
    change: (proof: Extract<Proof, { kind: 'signature' }>, sshSessionId: Buffer) => object,
  ): Promise<unknown> => {
    const client = await desk.connect();
    const proof = signatureProof(ann, client.sshSessionId);
    return client.try('ann', { ...proof, ...change(proof, client.sshSessionId) });
  };
  const flip = (bytes: Uint8Array, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1;
    return copy;
  };
  // Signed well by the right key, but one byte says something else.
  const resigned = (signed: Uint8Array, at: number, value: number) => {
    const changed = Buffer.from(signed);
    t.not(changed[at], value);
    changed[at] = value;
    return { signed: changed, signature: sign(null, changed, ann.privateKey) };
  };
  const cases: Record<string, Parameters<typeof forge>[0]> = {
    'empty signature': () => ({ signature: new Uint8Array() }),
    'zero signature': () => ({ signature: new Uint8Array(64) }),
    'short signature': ({ signature }) => ({ signature: signature.subarray(0, 63) }),
    'long signature': ({ signature }) => ({ signature: Buffer.concat([signature, Buffer.of(0)]) }),
    'one bit of the signature': ({ signature }) => ({ signature: flip(signature, 3) }),
    'one bit of what was signed': ({ signed }) => ({ signed: flip(signed, 10) }),
    'signature of another key': ({ signed }) => ({
      signature: sign(null, signed, mallory.privateKey),
    }),
    'key of another, own signature': (_, id) => ({
      ...signatureProof(mallory, id),
      keyBlob: ann.blob,
    }),
    'own key, own signature': (_, id) => signatureProof(mallory, id),
    'another user in what was signed': (_, id) =>
      signatureProof(ann, id, { signedUsername: 'bob' }),
    'another key in what was signed': (_, id) => ({
      ...signatureProof(ann, id, { keyBlob: mallory.blob }),
      keyBlob: ann.blob,
    }),
    'the key blob with a byte more': ({ keyBlob }) => ({
      keyBlob: Buffer.concat([keyBlob, Buffer.of(0)]),
    }),
    'the key blob with a byte less': ({ keyBlob }) => ({ keyBlob: keyBlob.subarray(0, -1) }),
    'an empty key blob': () => ({ keyBlob: new Uint8Array() }),
    'a path as key blob': () => ({ keyBlob: Buffer.from('/etc/passwd') }),
    'a huge key blob': () => ({ keyBlob: Buffer.alloc(1 << 20) }),
    'no key blob': () => ({ keyBlob: undefined }),
    'a string as signature': () => ({ signature: 'true' }),
    'no signed bytes': () => ({ signed: undefined }),
    'signed bytes with more behind': ({ signed }) => {
      const longer = Buffer.concat([signed, Buffer.of(0)]);
      return { signed: longer, signature: sign(null, longer, ann.privateKey) };
    },
    'no session identifier': () => signatureProof(ann, Buffer.alloc(0)),
    'another message': ({ signed }) => resigned(signed, 36, 51),
    'another service': ({ signed }) => resigned(signed, 48, 0x53),
    'another method': ({ signed }) => resigned(signed, 66, 0x50),
    'an offer that was signed': ({ signed }) => resigned(signed, 75, 0),
    'another algorithm in what was signed': ({ signed }) => resigned(signed, 80, 0x53),
    'another purpose': () => {
      const other = wireStrings(randomBytes(32), 'a file');
      return { signed: other, signature: sign(null, other, ann.privateKey) };
    },
  };
  for (const [name, change] of Object.entries(cases))
    t.same(await forge(change), refusedAlike, name);
  t.equal((await refusals(desk)).length, Object.keys(cases).length, 'each is in the ledger');
  t.same(desk.authentication.sessions(), []);
});

t.test('a signature is good for its session only', async (t) => {
  const desk = await openDesk(t);
  const first = await desk.connect();
  const stolen = signatureProof(ann, first.sshSessionId);
  t.match(await first.try('ann', stolen), { kind: 'accepted' });
  const second = await desk.connect();
  // The worker builds `signed` from its own session identifier.
  const signed = signedRequest(ann, second.sshSessionId, 'ann', 'ssh-ed25519');
  t.same(await second.try('ann', { ...stolen, signed }), refusedAlike);
  t.same(await refusals(desk), ['signature-invalid']);
});

t.test(
  'a worker that lies cannot use a signature that it has seen on another connection',
  async (t) => {
    // It could say of its own connection that the session identifier is the other one's, which alone is what was signed.
    const known = new Map<string, Uint8Array>();
    const desk = await openDesk(t, { sshSessionIdOf: (connectionId) => known.get(connectionId) });
    const connect = async () => {
      const client = await desk.connect();
      known.set(client.connectionId, new Uint8Array(client.sshSessionId));
      return client;
    };
    const first = await connect();
    const recorded = signatureProof(ann, first.sshSessionId);
    t.match(await first.try('ann', recorded), { kind: 'accepted' });
    await first.close();
    const second = await connect();
    t.same(await second.try('ann', recorded), refusedAlike, 'as it was');
    t.same(
      await (await desk.connect()).try('ann', recorded),
      refusedAlike,
      'on a connection unknown',
    );
    const longer = await desk.connect();
    known.set(longer.connectionId, Buffer.concat([first.sshSessionId, Buffer.of(0)]));
    t.same(await longer.try('ann', recorded), refusedAlike, 'an identifier that only begins alike');
    t.same(await refusals(desk), ['proof-malformed', 'proof-malformed', 'proof-malformed']);
    t.match(await second.sign(ann), { kind: 'accepted' }, 'its own is good');
  },
);

t.test('the key of an offer is not the key of the login', async (t) => {
  // Go CVE-2024-45337 and soft-serve: offer the key of an administrator, then sign with your own.
  const desk = await openDesk(t);
  await desk.accounts.createUser(admin, {
    username: 'mallory',
    agency: 'alpine',
    displayName: 'M',
  });
  await desk.accounts.addKey(admin, 'mallory', { publicKey: mallory.line });
  const client = await desk.connect();
  t.same(await client.try('ann', { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: ann.blob }), {
    kind: 'offer-accepted',
  });
  t.same(await client.sign(mallory), refusedAlike);
  t.same(desk.authentication.sessions(), []);
  const second = await desk.connect();
  t.same(await second.try('ann', { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: ann.blob }), {
    kind: 'offer-accepted',
  });
  t.same(
    await second.sign(mallory, { username: 'mallory' }),
    { kind: 'disconnect' },
    'nor may the name change',
  );
  t.same(await second.sign(ann), { kind: 'disconnect' }, 'and then nothing helps');
  t.same(await refusals(desk), ['key-unknown', 'proof-malformed']);
});

t.test('a key that is known is signed for with another that is known', async (t) => {
  const desk = await openDesk(t);
  const second = testKey('p256');
  await desk.accounts.addKey(admin, 'ann', { publicKey: second.line });
  const client = await desk.connect();
  await client.try('ann', { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: ann.blob });
  const reply = await client.sign(second);
  t.match(reply, { kind: 'accepted' });
  const proofs = [`publickey ${parseKeyBlob(second.blob).fingerprint}`];
  t.match(desk.authentication.sessions(), [{ proofs }], 'the proof is the key that signed');
});

t.test('weak keys do not get as far as a comparison', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  t.same(await client.sign(rsaKey(2048)), refusedAlike);
  const dss = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  const blob = wireStrings('ssh-dss', Buffer.alloc(20));
  const signed = signedRequest(ann, client.sshSessionId, 'ann', 'ssh-dss', blob);
  const signature = sign('sha1', signed, dss.privateKey);
  t.same(
    await client.try('ann', {
      kind: 'signature',
      algorithm: 'ssh-dss',
      keyBlob: blob,
      signed,
      signature,
    }),
    refusedAlike,
  );
  t.same(await refusals(desk), ['key-weak'], 'equal refusals of a connection are counted');
});

t.test('passwords that are none', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  for (const value of [
    undefined,
    null,
    true,
    { oldPassword: password, newPassword: password },
    '',
    '\0',
    'x'.repeat(2000),
  ]) {
    const client = await desk.connect();
    t.same(
      await client.try('ann', { kind: 'password', password: value as string }),
      refusedAlike,
      JSON.stringify(value),
    );
  }
  t.same(desk.authentication.sessions(), []);
});

t.test('attempts that are not attempts', async (t) => {
  const desk = await openDesk(t);
  const junk: unknown[] = [
    undefined,
    null,
    {},
    { kind: 'accepted' },
    { kind: 'hostbased' },
    { kind: 'unusable' },
    { kind: 'unusable', method: 'keyboard-interactive' },
    7,
  ];
  for (const proof of junk) {
    const reply = await (await desk.connect()).try('ann', proof as Proof);
    t.ok(reply.kind === 'refused' || reply.kind === 'disconnect', JSON.stringify(proof));
  }
  for (const username of [undefined, {}, 7]) {
    t.same(await (await desk.connect()).try(username as string, { kind: 'none' }), {
      kind: 'disconnect',
    });
  }
  for (const username of ['', 'ann\0', 'ANN', 'ann ', '\ud800', "ann' --", 'a'.repeat(100_000)]) {
    const client = await desk.connect();
    t.same(await client.sign(ann, { username }), refusedAlike, username.slice(0, 20));
  }
  const reply = await desk.authentication.authenticate({
    connectionId: 'unknown',
    username: 'ann',
    proof: { kind: 'none' },
  });
  t.same(reply, { kind: 'disconnect' });
  t.same(desk.authentication.sessions(), []);
});
