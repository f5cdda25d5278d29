import * as crypto from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { shake128 } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import t from 'tap';
import { createCurveKeys } from '../../server/connection/curve25519.ts';
import { useHybrid } from '../../server/connection/hybrid-exchange.ts';
import {
  assertEncapsulationKey,
  encapsulate,
  nativeEncapsulate,
  portableEncapsulate,
  type NativeCrypto,
} from '../../server/connection/ml-kem.ts';
import type { KeyExchange } from '../../server/connection/ssh2-internals.ts';

/**
 * C2SP's accumulated vectors (CCTV, ML-KEM-768, 100 rounds): keys, encapsulations, decapsulations and implicit rejections
 * drawn from SHAKE-128 of nothing, and SHAKE-128 over all that comes out. Go's crypto/mlkem is held to the same value.
 */
const accumulated = '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415';

t.test('the library comes to the known answers of FIPS 203', async (t) => {
  const random = shake128.create({ dkLen: 1_000_000 });
  const all = shake128.create({ dkLen: 32 });
  for (let round = 0; round < 100; round += 1) {
    const { publicKey, secretKey } = ml_kem768.keygen(random.xof(64));
    assertEncapsulationKey(publicKey);
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, random.xof(32));
    const back = ml_kem768.decapsulate(cipherText, secretKey);
    if (!Buffer.from(back).equals(sharedSecret)) t.fail('another secret');
    const rejected = ml_kem768.decapsulate(random.xof(1088), secretKey);
    for (const part of [publicKey, cipherText, sharedSecret, rejected]) all.update(part);
  }
  t.equal(Buffer.from(all.digest()).toString('hex'), accumulated);
});

t.test('what encapsulates here is opened by its key', async (t) => {
  const native = nativeEncapsulate(crypto);
  t.equal(encapsulate, native === undefined ? portableEncapsulate : encapsulate);
  for (const work of [
    portableEncapsulate,
    encapsulate,
    ...(native === undefined ? [] : [native]),
  ]) {
    const { publicKey, secretKey } = ml_kem768.keygen();
    const { ciphertext, secret } = work(publicKey);
    t.equal(ciphertext.length, 1088);
    t.same(Buffer.from(ml_kem768.decapsulate(ciphertext, secretKey)), Buffer.from(secret));
    t.notSame(work(publicKey).ciphertext, ciphertext, 'each with randomness of its own');
  }
});

t.test('Node has it, or has it not', async (t) => {
  const none: NativeCrypto = {
    generateKeyPairSync: () => t.fail('not asked for'),
    createPublicKey: () => t.fail('not asked for'),
  } as unknown as NativeCrypto;
  t.equal(nativeEncapsulate(none), undefined, 'Node before 24.7');
  const old: NativeCrypto = {
    ...none,
    encapsulate: () => t.fail('not asked for') as never,
    generateKeyPairSync: () => {
      throw new Error('unknown key type');
    },
  };
  t.equal(nativeEncapsulate(old), undefined, 'an OpenSSL before 3.5');
  const keys: unknown[] = [];
  const full: NativeCrypto = {
    encapsulate: () => ({ sharedKey: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }),
    generateKeyPairSync: () => ({ publicKey: createPublicKeyOf() }),
    createPublicKey: (given) => (keys.push(given), createPublicKeyOf()),
  };
  t.same(nativeEncapsulate(full)!(new Uint8Array(1184)), {
    secret: Uint8Array.of(1),
    ciphertext: Uint8Array.of(2),
  });
  t.match(keys, [{ format: 'der', type: 'spki' }]);
  const der = (keys[0] as { key: Buffer }).key;
  t.equal(der.length, 22 + 1184);
  t.equal(der.readUInt16BE(2), der.length - 4, 'a SEQUENCE of the whole');
});

function createPublicKeyOf() {
  return crypto.generateKeyPairSync('x25519').publicKey;
}

// FIPS 203 section 7.2: a key is refused unless it is what ByteEncode12 makes of its coefficients.
t.test('every coefficient is looked at', async (t) => {
  const { publicKey } = ml_kem768.keygen();
  t.doesNotThrow(() => assertEncapsulationKey(publicKey));
  for (let coefficient = 0; coefficient < 768; coefficient += 1) {
    for (const [value, isGood] of [
      [3328, true],
      [3329, false],
      [4095, false],
    ] as const) {
      const changed = Buffer.from(publicKey);
      const at = Math.floor(coefficient / 2) * 3;
      const bits = changed.readUIntLE(at, 3);
      const shift = coefficient % 2 === 0 ? 0 : 12;
      changed.writeUIntLE((bits & ~(0xfff << shift) & 0xffffff) | (value << shift), at, 3);
      let taken = true;
      try {
        assertEncapsulationKey(changed);
      } catch {
        taken = false;
      }
      if (taken !== isGood) t.fail(`coefficient ${coefficient} of ${value}: ${taken}`);
    }
  }
  for (const length of [0, 1183, 1185])
    t.throws(() => assertEncapsulationKey(new Uint8Array(length)), { message: /1184 bytes/ });
});

t.test('X25519 comes to the known answer of RFC 7748 section 6.1', async (t) => {
  const alice = createCurveKeys(
    keyPairOf('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
  );
  const bob = createCurveKeys(
    keyPairOf('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
  );
  const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  t.equal(
    alice.point.toString('hex'),
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  );
  t.equal(
    bob.point.toString('hex'),
    'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  );
  t.equal(alice.agree(bob.point).toString('hex'), secret);
  t.equal(bob.agree(alice.point).toString('hex'), secret);
});

function keyPairOf(privateKey: string) {
  const der = Buffer.from(`302e020100300506032b656e04220420${privateKey}`, 'hex');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey: key, publicKey: createPublicKey(key) };
}

t.test('the secret is SHA-256 over both, and the reply is both answers', async (t) => {
  const kex = {} as KeyExchange;
  const point = Buffer.alloc(32, 5);
  const ciphertext = Buffer.alloc(1088, 6);
  useHybrid(kex, {
    curve: { point, agree: (theirs) => Buffer.from(theirs).fill(7) },
    encapsulate: () => ({ ciphertext, secret: Buffer.alloc(32, 8) }),
  });
  t.throws(() => kex.getPublicKey(), { message: /no reply/ });
  const { publicKey } = ml_kem768.keygen();
  const init = Buffer.concat([publicKey, Buffer.alloc(32, 9)]);
  t.equal(kex.convertPublicKey(init), init);
  t.same(
    kex.computeSecret(init),
    createHash('sha256').update(Buffer.alloc(32, 8)).update(Buffer.alloc(32, 7)).digest(),
  );
  t.same(kex.getPublicKey(), Buffer.concat([ciphertext, point]));
});
