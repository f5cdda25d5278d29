import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import type { KeyExchange } from './ssh2-internals.ts';

/** Our side of one X25519 agreement (RFC 7748). */
export interface OwnCurveKeys {
  /** 32 bytes. */
  readonly point: Buffer;
  /** The 32 bytes that both sides come to. @throws Error for a point of another length, or of small order */
  agree(theirPoint: Buffer): Buffer;
}

/**
 * Keys of its own, made when they are first asked for. Raw keys as JWK in place of ssh2's way through DER: OpenSSL 3 takes
 * 126 us to write such a key and 144 us to read one, the computation itself 51 us (docs/decisions). The checks are
 * OpenSSL's as before; it refuses a secret of zeros (RFC 8731 section 3).
 */
export function createCurveKeys(keys?: KeyPairKeyObjectResult): OwnCurveKeys {
  const own = () => (keys ??= generateKeyPairSync('x25519'));
  let point: Buffer | undefined;
  return {
    get point() {
      return (point ??= Buffer.from(own().publicKey.export({ format: 'jwk' }).x!, 'base64url'));
    },
    agree(theirPoint) {
      if (theirPoint.length !== 32) throw new Error('an X25519 key has 32 bytes');
      const jwk = { kty: 'OKP', crv: 'X25519', x: theirPoint.toString('base64url') };
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      return diffieHellman({ privateKey: own().privateKey, publicKey });
    },
  };
}

/** X25519 (RFC 8731) with raw keys. */
export function useRawKeys(kex: KeyExchange): void {
  if (kex.type !== '25519') return;
  const own = createCurveKeys();
  kex.getPublicKey = () => own.point;
  kex.computeSecret = (theirPoint) => {
    try {
      return mpintOf(own.agree(theirPoint));
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
