import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import type { KeyExchange } from './ssh2-internals.ts';

/**
 * X25519 (RFC 8731) with raw keys in place of ssh2's way through DER: OpenSSL 3 takes 126 us to write such a key and
 * 144 us to read one, the computation itself 51 us (docs/decisions). The checks are OpenSSL's as before; it refuses a
 * secret of zeros (RFC 8731 section 3).
 */
export function useRawKeys(kex: KeyExchange): void {
  if (kex.type !== '25519') return;
  let keys: KeyPairKeyObjectResult | undefined;
  const ownKeys = () => (keys ??= generateKeyPairSync('x25519'));
  let ownPoint: Buffer | undefined;

  kex.getPublicKey = () =>
    (ownPoint ??= Buffer.from(ownKeys().publicKey.export({ format: 'jwk' }).x!, 'base64url'));
  kex.computeSecret = (theirPoint) => {
    try {
      if (theirPoint.length !== 32) throw new Error('an X25519 key has 32 bytes');
      const jwk = { kty: 'OKP', crv: 'X25519', x: theirPoint.toString('base64url') };
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      return mpintOf(diffieHellman({ privateKey: ownKeys().privateKey, publicKey }));
    } catch (error) {
      // ssh2 looks for a value.
      return error;
    }
  };
}

/** The bytes of an mpint (RFC 4251 section 5) that is not negative. */
export function mpintOf(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === 0) start += 1;
  const number = bytes.subarray(start);
  return (number[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), number]) : number;
}
