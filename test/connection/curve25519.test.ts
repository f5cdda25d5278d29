import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import t from 'tap';
import { mpintOf, useRawKeys } from '../../server/connection/curve25519.ts';
import type { KeyExchange } from '../../server/connection/ssh2-internals.ts';

function exchange(type = '25519'): KeyExchange {
  const kex = { type } as KeyExchange;
  useRawKeys(kex);
  return kex;
}

t.test('both sides come to the secret that OpenSSL comes to', async (t) => {
  const prefix = Buffer.from('302a300506032b656e032100', 'hex');
  for (let round = 0; round < 300; round += 1) {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const kex = exchange();
    const secret = kex.computeSecret(point) as Buffer;
    const theirs = createPublicKey({
      key: Buffer.concat([prefix, kex.getPublicKey()]),
      type: 'spki',
      format: 'der',
    });
    const expected = diffieHellman({ privateKey, publicKey: theirs });
    if (BigInt(`0x${secret.toString('hex')}`) !== BigInt(`0x${expected.toString('hex')}`))
      t.fail('another secret');
  }
  t.pass();
});

t.test('each exchange has keys of its own, and keeps them', async (t) => {
  const [one, other] = [exchange(), exchange()];
  t.same(one.getPublicKey(), one.getPublicKey());
  t.notSame(one.getPublicKey(), other.getPublicKey());
  t.equal(one.getPublicKey().length, 32);
});

t.test('a key that makes a secret of zeros, or is of another length, is refused', async (t) => {
  // RFC 8731 section 3: a point of small order would let the client choose the secret.
  const one = Buffer.alloc(32);
  one[0] = 1;
  for (const point of [
    Buffer.alloc(32),
    one,
    Buffer.alloc(0),
    Buffer.alloc(31, 9),
    Buffer.alloc(33, 9),
  ])
    t.ok(exchange().computeSecret(point) instanceof Error, point.toString('hex'));
});

t.test('other exchanges are left alone', async (t) => {
  t.same(Object.keys(exchange('ecdh')), ['type']);
});

t.test('an mpint is the shortest form that is not negative', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const number = mpintOf(Buffer.from(bytes));
      const value = (of: Uint8Array) => BigInt(`0x0${Buffer.from(of).toString('hex')}`);
      const isShortest = number[0] !== 0 || (number[1] ?? 0) >= 0x80;
      return (
        value(number) === value(bytes) && (number.length === 0 || (isShortest && number[0]! < 0x80))
      );
    }),
  );
  t.pass();
});
