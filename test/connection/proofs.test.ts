import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import fc from 'fast-check';
import t from 'tap';
import { connectionLimits } from '../../server/connection/own-limits.ts';
import { readLoginRequest } from '../../server/connection/proofs.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { BytesBeside, pack, unpack } from '../../server/monitor/packing.ts';
import { isSayable } from '../../server/monitor/schemas.ts';
import { loginRequest, passwordRequest, uint32 } from './harness.ts';

const session = Buffer.alloc(32, 7);
const read = (payload: Buffer) => readLoginRequest(payload, session, connectionLimits);
const proofOf = (payload: Buffer) => read(payload)?.proof;

function keyRequest(algorithm: string, blob: Buffer, signature?: Buffer): Buffer {
  const head = [
    Buffer.of(signature === undefined ? 0 : 1),
    wireString(algorithm),
    wireString(blob),
  ];
  return loginRequest('alice', 'publickey', ...head, ...(signature ? [wireString(signature)] : []));
}

function signedBy(algorithm: string, value: Buffer): Buffer {
  return Buffer.concat([wireString(algorithm), wireString(value)]);
}

const blob25519 = Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32, 1))]);
const blobRsa = Buffer.concat([wireString('ssh-rsa'), wireString('e'), wireString('n')]);
const sixtyFour = Buffer.alloc(64, 2);

t.test('a password is a string, and nothing else', async (t) => {
  t.same(proofOf(passwordRequest('alice', 'pass wörd')), {
    kind: 'password',
    password: 'pass wörd',
  });
  t.same(proofOf(passwordRequest('alice', '')), { kind: 'password', password: '' });
  // ssh2 hands out an object `{ oldPassword, newPassword }` here.
  const change = loginRequest(
    'alice',
    'password',
    Buffer.of(1),
    wireString('old'),
    wireString('new'),
  );
  t.same(proofOf(change), { kind: 'password-change', password: 'old', newPassword: 'new' });
  const long = passwordRequest('alice', 'x'.repeat(connectionLimits.passwordBytesMax + 1));
  t.same(proofOf(long), { kind: 'unusable', method: 'password' });
  const notUtf8 = loginRequest(
    'alice',
    'password',
    Buffer.of(0),
    wireString(Buffer.of(0xff, 0x20)),
  );
  t.same(proofOf(notUtf8), { kind: 'unusable', method: 'password' });
});

t.test('a request cut anywhere is malformed, and never throws', async (t) => {
  for (const whole of [
    passwordRequest('alice', 'good'),
    keyRequest('ssh-ed25519', blob25519),
    keyRequest('ssh-ed25519', blob25519, signedBy('ssh-ed25519', sixtyFour)),
  ]) {
    t.ok(read(whole));
    for (let length = 1; length < whole.length; length += 1) {
      if (read(whole.subarray(0, length)) !== undefined) t.fail(`${length} bytes were taken`);
    }
  }
  t.equal(read(Buffer.concat([Buffer.of(50), uint32(0xffffffff)])), undefined);
  t.equal(read(passwordRequest('a'.repeat(1025), 'x')), undefined);
});

t.test('other methods are unusable, named safely', async (t) => {
  t.same(proofOf(loginRequest('alice', 'none')), { kind: 'none' });
  t.same(proofOf(loginRequest('alice', 'hostbased')), { kind: 'unusable', method: 'hostbased' });
  t.same(proofOf(loginRequest('alice', 'keyboard-interactive', wireString(''), wireString(''))), {
    kind: 'interactive',
  });
  t.same(proofOf(loginRequest('alice', `\x1b[2J${'x'.repeat(99)}`)), {
    kind: 'unusable',
    method: `?[2J${'x'.repeat(60)}`,
  });
});

t.test('an offer is told from a signature, with the real algorithm', async (t) => {
  t.match(proofOf(keyRequest('ssh-ed25519', blob25519)), {
    kind: 'offer',
    algorithm: 'ssh-ed25519',
  });
  // ssh2 calls this one `ssh-rsa`.
  t.match(proofOf(keyRequest('rsa-sha2-512', blobRsa)), {
    kind: 'offer',
    algorithm: 'rsa-sha2-512',
  });
  // A security key that the agent has is no failed login: it is merely not known.
  const sk = 'sk-ssh-ed25519@openssh.com';
  t.match(proofOf(keyRequest(sk, wireString(sk))), { kind: 'offer', algorithm: sk });
});

t.test('SHA-1, DSA and a key of another type than named are unusable', async (t) => {
  for (const signature of [undefined, signedBy('ssh-rsa', sixtyFour)]) {
    t.match(proofOf(keyRequest('ssh-rsa', blobRsa, signature)), {
      kind: 'unusable',
      method: 'publickey ssh-rsa',
    });
    t.match(proofOf(keyRequest('ssh-dss', wireString('ssh-dss'), signature)), { kind: 'unusable' });
    t.match(proofOf(keyRequest('ssh-ed25519', blobRsa, signature)), { kind: 'unusable' });
    t.match(proofOf(keyRequest('rsa-sha2-512', blob25519, signature)), { kind: 'unusable' });
  }
});

t.test('a signature names the algorithm of its request, and has its shape', async (t) => {
  const kind = (algorithm: string, blob: Buffer, signature: Buffer) =>
    proofOf(keyRequest(algorithm, blob, signature))?.kind;
  t.equal(kind('ssh-ed25519', blob25519, signedBy('ssh-ed25519', sixtyFour)), 'signature');
  t.equal(kind('ssh-ed25519', blob25519, signedBy('rsa-sha2-512', sixtyFour)), 'unusable');
  t.equal(kind('rsa-sha2-512', blobRsa, signedBy('rsa-sha2-256', sixtyFour)), 'unusable');
  t.equal(kind('rsa-sha2-512', blobRsa, signedBy('ssh-rsa', sixtyFour)), 'unusable');
  t.equal(kind('rsa-sha2-512', blobRsa, signedBy('rsa-sha2-512', Buffer.alloc(0))), 'unusable');
  t.equal(kind('ssh-ed25519', blob25519, sixtyFour), 'unusable', 'ssh2 takes it without a prefix');
  t.equal(kind('ssh-ed25519', blob25519, signedBy('ssh-ed25519', Buffer.alloc(63))), 'unusable');
  t.equal(kind('ssh-ed25519', blob25519, signedBy('ssh-ed25519', Buffer.alloc(0))), 'unusable');
  t.equal(
    kind(
      'ssh-ed25519',
      blob25519,
      Buffer.concat([signedBy('ssh-ed25519', sixtyFour), Buffer.of(0)]),
    ),
    'unusable',
  );
  const sk = 'sk-ssh-ed25519@openssh.com';
  t.equal(kind(sk, wireString(sk), signedBy(sk, sixtyFour)), 'unusable', 'no flags and counter');
  const marked = Buffer.concat([signedBy(sk, sixtyFour), Buffer.of(5, 0xff, 0xff, 0xff, 0xfe)]);
  t.match(proofOf(keyRequest(sk, wireString(sk), marked)), {
    kind: 'signature',
    algorithm: sk,
    hardware: { flags: 5, counter: 0xffff_fffe },
    signature: new Uint8Array(sixtyFour),
  });
  t.equal(kind(sk, wireString(sk), Buffer.concat([marked, Buffer.of(0)])), 'unusable');
  const plain = Buffer.concat([signedBy('ssh-ed25519', sixtyFour), Buffer.alloc(5)]);
  t.equal(kind('ssh-ed25519', blob25519, plain), 'unusable', 'flags of a key in no device');
});

t.test('a certified key signs as it would without its certificate', async (t) => {
  const kind = (algorithm: string, type: string, signature?: Buffer) =>
    proofOf(keyRequest(algorithm, wireString(type), signature))?.kind;
  const ed25519 = 'ssh-ed25519-cert-v01@openssh.com';
  t.equal(kind(ed25519, ed25519), 'offer');
  t.equal(kind(ed25519, ed25519, signedBy('ssh-ed25519', sixtyFour)), 'signature');
  t.equal(kind(ed25519, ed25519, signedBy(ed25519, sixtyFour)), 'unusable');
  t.equal(kind(ed25519, 'ssh-ed25519', signedBy('ssh-ed25519', sixtyFour)), 'unusable');
  const rsa = 'ssh-rsa-cert-v01@openssh.com';
  for (const hash of ['256', '512']) {
    const algorithm = `rsa-sha2-${hash}-cert-v01@openssh.com`;
    t.equal(kind(algorithm, rsa, signedBy(`rsa-sha2-${hash}`, sixtyFour)), 'signature');
    t.equal(kind(algorithm, rsa, signedBy('ssh-rsa', sixtyFour)), 'unusable');
    t.equal(kind(algorithm, 'ssh-rsa', signedBy(`rsa-sha2-${hash}`, sixtyFour)), 'unusable');
  }
  t.equal(kind(rsa, rsa), 'unusable', 'SHA-1');
  const sk = 'sk-ssh-ed25519-cert-v01@openssh.com';
  const marked = Buffer.concat([
    signedBy('sk-ssh-ed25519@openssh.com', sixtyFour),
    Buffer.of(1, 0, 0, 0, 1),
  ]);
  t.equal(kind(sk, sk, marked), 'signature');
});

// What the authentication station gets must verify with node:crypto as it is.
for (const [bits, hash] of [
  [256, 'sha256'],
  [384, 'sha384'],
  [521, 'sha512'],
] as const) {
  t.test(`an ECDSA signature on P-${bits} arrives as DER, over session and request`, async (t) => {
    const algorithm = `ecdsa-sha2-nistp${bits}`;
    const pair = generateKeyPairSync('ec', { namedCurve: `P-${bits}` });
    const pem = pair.privateKey.export({ type: 'sec1', format: 'pem' }) as string;
    const parsed = ssh2.utils.parseKey(pem) as ssh2.ParsedKey;
    for (let i = 0; i < 20; i += 1) {
      const unsigned = keyRequest(algorithm, parsed.getPublicSSH(), Buffer.alloc(0)).subarray(
        0,
        -4,
      );
      const signed = Buffer.concat([wireString(session), unsigned]);
      const raw = sign(hash, signed, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
      const half = raw.length / 2;
      const value = Buffer.concat([mpint(raw.subarray(0, half)), mpint(raw.subarray(half))]);
      const proof = proofOf(
        keyRequest(algorithm, parsed.getPublicSSH(), signedBy(algorithm, value)),
      );
      if (proof?.kind !== 'signature') throw new Error('no signature');
      t.ok(verify(hash, proof.signed, createPublicKey(pair.privateKey), proof.signature));
      t.equal(
        proof.signed.buffer.byteLength,
        proof.signed.length,
        'not a view of the socket buffer',
      );
    }
  });
}

function mpint(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const cut = bytes.subarray(start);
  return wireString(cut[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), cut]) : cut);
}

t.test('ECDSA integers that are none are unusable', async (t) => {
  const algorithm = 'ecdsa-sha2-nistp256';
  const blob = wireString(algorithm);
  for (const value of [
    Buffer.alloc(0),
    wireString('r'),
    Buffer.concat([wireString(''), wireString('s')]),
    Buffer.concat([wireString(Buffer.of(0x80)), wireString('s')]),
    Buffer.concat([wireString(Buffer.alloc(68, 1)), wireString('s')]),
    Buffer.concat([wireString('r'), wireString('s'), Buffer.of(0)]),
  ]) {
    t.match(proofOf(keyRequest(algorithm, blob, signedBy(algorithm, value))), { kind: 'unusable' });
  }
});

t.test('whatever a client sends, the worker may say it to the monitor', async (t) => {
  // An offer of a key whose algorithm had 2,000 letters was passed on, and the monitor ended the worker that said it:
  // one packet of a stranger took every session of the process along.
  const long = 'a'.repeat(2000);
  t.same(proofOf(keyRequest(long, wireString(long))), { kind: 'unusable', method: 'publickey' });
  const words = fc.oneof(
    fc.string({ maxLength: 70 }),
    fc.constantFrom('ssh-ed25519', 'rsa-sha2-512', 'ssh-rsa', '', long),
  );
  const bytes = fc.uint8Array({ maxLength: 3000 }).map((value) => Buffer.from(value));
  const key = fc
    .tuple(words, bytes, fc.option(bytes))
    .map(([algorithm, rest, signature]) =>
      keyRequest(
        algorithm,
        Buffer.concat([wireString(algorithm), rest]),
        signature === null ? undefined : signedBy(algorithm, signature),
      ),
    );
  const other = fc
    .tuple(words, words, bytes)
    .map(([username, method, rest]) => loginRequest(username, method, rest));
  fc.assert(
    fc.property(fc.oneof(key, other, bytes), (payload) => {
      const request = readLoginRequest(payload, session, connectionLimits);
      if (request === undefined) return true;
      const { username, proof } = request;
      const said = [{ connectionId: 'f'.repeat(32), username, proof }];
      const beside: Uint8Array[] = [];
      const json = JSON.stringify(pack(said, beside));
      const heard = unpack(JSON.parse(json), new BytesBeside(Buffer.concat(beside)));
      return isSayable('authenticate', heard);
    }),
    { numRuns: 2000 },
  );
});
