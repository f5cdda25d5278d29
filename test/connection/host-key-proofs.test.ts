import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import t from 'tap';
import { createHostKeyRing } from '../../server/connection/host-key-ring.ts';
import { generateEcdsaHostKey, generateHostKey } from '../../server/connection/host-keys.ts';
import { WireReader } from '../../server/connection/wire-reader.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { rawLogin, serve, until, type RawClient, type ServeOptions } from './harness.ts';

const prove = 'hostkeys-prove-00@openssh.com';

function pem(namedCurve: string): string {
  return generateKeyPairSync('ec', {
    namedCurve,
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

function ringed(inUse: readonly string[], next: readonly string[]) {
  const ring = createHostKeyRing(inUse, next);
  let sshSessionId: Uint8Array | undefined;
  const options: ServeOptions = {
    hostKeys: ring.inUse,
    nextHostKeys: ring.next,
    sign: async (_connectionId, exchangeHash, type) => {
      sshSessionId ??= Uint8Array.from(exchangeHash);
      return ring.sign(exchangeHash, type)!;
    },
    proveHostKeys: async (_connectionId, blobs) => ring.prove(sshSessionId!, blobs)!,
  };
  return { ring, options, sessionId: () => sshSessionId! };
}

function request(name: string, wantReply: boolean, ...data: Uint8Array[]): Buffer {
  return Buffer.concat([
    Buffer.of(80),
    wireString(name),
    Buffer.of(wantReply ? 1 : 0),
    ...data.map(wireString),
  ]);
}

async function announced(client: RawClient): Promise<Buffer[]> {
  const reader = new WireReader((await client.next(80))!, 1);
  if (reader.text() !== 'hostkeys-00@openssh.com') throw new Error('another request');
  if (reader.boolean() !== false) throw new Error('a reply is wanted');
  const blobs: Buffer[] = [];
  while (!reader.atEnd) blobs.push(reader.string()!);
  return blobs;
}

/** By OpenSSL and ssh2's reading of keys, not by ours. */
function isSigned(blob: Buffer, signature: Buffer, said: Buffer): boolean {
  const key = ssh2.utils.parseKey(blob) as ssh2.ParsedKey;
  const reader = new WireReader(signature);
  const type = reader.text();
  const bytes = reader.string()!;
  if (type !== key.type || !reader.atEnd) return false;
  const publicKey = createPublicKey(key.getPublicPEM());
  if (type === 'ssh-ed25519') return verify(null, said, publicKey, bytes);
  const digest = { 256: 'sha256', 384: 'sha384', 521: 'sha512' }[type.slice(-3)]!;
  const size = Math.ceil(Number(type.slice(-3)) / 8);
  const numbers = new WireReader(bytes);
  const fixed = [numbers.string()!, numbers.string()!].map((number) =>
    Buffer.from(
      BigInt(`0x${number.toString('hex')}`)
        .toString(16)
        .padStart(size * 2, '0'),
      'hex',
    ),
  );
  return verify(digest, said, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.concat(fixed));
}

t.test('every key is announced after the login, and proven when asked', async (t) => {
  const { ring, options, sessionId } = ringed(
    [generateHostKey(), generateEcdsaHostKey()],
    [generateHostKey(), pem('P-256')],
  );
  const served = await serve(t, options);
  const client = await rawLogin(t, served);
  const blobs = await announced(client);
  t.same(
    blobs.map((blob) => blob.toString('hex')),
    [...ring.inUse, ...ring.next].map(({ blob }) => Buffer.from(blob).toString('hex')),
  );
  client.send(request(prove, true, ...blobs));
  const reader = new WireReader((await client.next(81))!, 1);
  for (const blob of blobs) {
    const said = Buffer.concat([wireString(prove), wireString(sessionId()), wireString(blob)]);
    t.ok(isSigned(blob, reader.string()!, said));
  }
  t.ok(reader.atEnd);
  t.same(served.faults, []);
});

t.test('a key to come signs no key exchange', async (t) => {
  const { ring } = ringed([generateHostKey()], [generateEcdsaHostKey(), pem('P-521')]);
  const hash = new Uint8Array(32);
  t.type(ring.sign(hash, 'ssh-ed25519'), Uint8Array);
  t.equal(ring.sign(hash, 'ecdsa-sha2-nistp384'), undefined);
  t.equal(ring.prove(hash, [ring.next[0]!.blob, Uint8Array.of(1)]), undefined);
  const blob = Buffer.from(ring.next[1]!.blob);
  for (let round = 0; round < 40; round += 1) {
    const [signature] = ring.prove(hash, [blob])!;
    const said = Buffer.concat([wireString(prove), wireString(hash), wireString(blob)]);
    if (!isSigned(blob, Buffer.from(signature!), said)) t.fail('P-521 in two bytes of length');
  }
});

t.test('what is not ours, nothing, a key twice and cut off data are refused', async (t) => {
  const { ring, options } = ringed([generateHostKey()], []);
  const served = await serve(t, options);
  const client = await rawLogin(t, served);
  const own = ring.inUse[0]!.blob;
  const other = createHostKeyRing([generateHostKey()], []).inUse[0]!.blob;
  for (const data of [[], [other], [own, other], [own, own]]) {
    client.send(request(prove, true, ...data));
    t.same(await client.next(82), Buffer.of(82));
  }
  client.send(Buffer.concat([request(prove, true), Buffer.from([0, 0, 0, 9, 1])]));
  t.same(await client.next(82), Buffer.of(82));
  client.send(request(prove, false, own), request('unheard-of', true));
  t.same(await client.next(82), Buffer.of(82), 'no reply where none is wanted');
  t.equal(client.received.filter(([type]) => type === 81 || type === 82).length, 0);
});

t.test('one connection has few proofs, and replies keep the order of requests', async (t) => {
  const { ring, options } = ringed([generateHostKey()], []);
  const waiting: (() => void)[] = [];
  const served = await serve(t, {
    ...options,
    proveHostKeys: async (connectionId, blobs) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return options.proveHostKeys!(connectionId, blobs);
    },
    limits: { hostKeyProofsMax: 2 },
  });
  const client = await rawLogin(t, served);
  const own = ring.inUse[0]!.blob;
  client.send(
    request(prove, true, own),
    request('keepalive@openssh.com', true),
    request(prove, true, own),
    request('no-more-sessions@openssh.com', true),
    request(prove, true, own),
  );
  await until(() => waiting.length === 2);
  t.equal(client.received.filter(([type]) => type === 81 || type === 82).length, 0);
  waiting[1]!();
  waiting[0]!();
  await until(() => client.received.filter(([type]) => type === 81 || type === 82).length === 5);
  const replies = client.received.filter(([type]) => type === 81 || type === 82);
  t.same(
    replies.map((reply) => [reply[0], reply.length > 1]),
    [
      [81, true],
      [82, false],
      [81, true],
      [81, false],
      [82, false],
    ],
    'the third proof is refused',
  );
});

t.test('too many requests behind one that waits end the connection', async (t) => {
  const { ring, options } = ringed([generateHostKey()], []);
  const served = await serve(t, { ...options, proveHostKeys: () => new Promise(() => undefined) });
  const client = await rawLogin(t, served);
  client.send(request(prove, true, ring.inUse[0]!.blob));
  for (let count = 0; count < 16; count += 1) client.send(request('keepalive@openssh.com', true));
  await client.closed;
  await until(() => served.notices.length > 0);
  t.match(served.notices, [{ text: /too many global requests/ }]);
});

t.test('a proof that cannot be had ends that connection', async (t) => {
  const { ring, options } = ringed([generateHostKey()], []);
  let fail: ((error: Error) => void) | undefined;
  const served = await serve(t, {
    ...options,
    proveHostKeys: () => new Promise((_resolve, reject) => (fail = reject)),
  });
  const client = await rawLogin(t, served);
  client.send(request(prove, true, ring.inUse[0]!.blob));
  await until(() => fail !== undefined);
  fail?.(new Error('the monitor is gone'));
  await client.closed;
  t.match(served.faults, [{ message: 'the monitor is gone' }]);
  const gone = await rawLogin(t, served);
  gone.send(request(prove, true, ring.inUse[0]!.blob));
  const before = fail;
  await until(() => fail !== before);
  gone.socket.destroy();
  await until(() => served.reception.connections === 0);
  fail?.(new Error('nobody waits for it'));
  t.equal(served.faults.length, 1);
});
