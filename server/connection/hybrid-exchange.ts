import { createHash } from 'node:crypto';
import { createCurveKeys, type OwnCurveKeys } from './curve25519.ts';
import { assertEncapsulationKey, encapsulate, mlKemBytes, type Encapsulate } from './ml-kem.ts';
import type { KeyExchange } from './ssh2-internals.ts';

/** ML-KEM-768 and X25519 together (RFC 10042): broken only if both are. */
export const hybridExchange = 'mlkem768x25519-sha256';

/** As hybrid-exchange's tests replace them. */
export type HybridParts = {
  readonly curve: OwnCurveKeys;
  readonly encapsulate: Encapsulate;
};

/**
 * Makes ssh2's X25519 exchange the hybrid one (RFC 10042 section 2.3). The client sends its ML-KEM key and its point; the
 * answer is the ciphertext and our point; the secret is SHA-256 over both secrets and goes into the exchange hash as a
 * string, where that of X25519 alone is an mpint.
 */
export function useHybrid(
  kex: KeyExchange,
  parts: HybridParts = { curve: createCurveKeys(), encapsulate },
): void {
  let reply: Buffer | undefined;

  // ssh2 takes leading zeros off what is not 32 bytes: one ML-KEM key of 256 begins with one.
  kex.convertPublicKey = (key) => key;
  kex.computeSecret = (init) => {
    try {
      if (init.length !== mlKemBytes.publicKey + 32)
        throw new Error(`C_INIT has ${mlKemBytes.publicKey + 32} bytes`);
      const publicKey = init.subarray(0, mlKemBytes.publicKey);
      assertEncapsulationKey(publicKey);
      const classical = parts.curve.agree(init.subarray(mlKemBytes.publicKey));
      const { ciphertext, secret } = parts.encapsulate(publicKey);
      reply = Buffer.concat([ciphertext, parts.curve.point]);
      return createHash('sha256').update(secret).update(classical).digest();
    } catch (error) {
      // ssh2 looks for a value.
      return error;
    }
  };
  kex.getPublicKey = () => {
    if (reply === undefined) throw new Error('no reply before the secret');
    return reply;
  };
}
