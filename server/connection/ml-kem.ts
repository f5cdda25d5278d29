import * as crypto from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

/** ML-KEM-768 (FIPS 203, table 3). */
export const mlKemBytes = { publicKey: 1184, ciphertext: 1088, secret: 32 } as const;

export type Encapsulated = { readonly ciphertext: Uint8Array; readonly secret: Uint8Array };
/** Of a key that `assertEncapsulationKey` let pass. */
export type Encapsulate = (publicKey: Uint8Array) => Encapsulated;

const modulus = 3329;
const coefficientBytes = 1152;

/**
 * The checks of FIPS 203 section 7.2 before an encapsulation: the length, and every coefficient below the modulus.
 *
 * @throws Error that says which failed
 */
export function assertEncapsulationKey(publicKey: Uint8Array): void {
  if (publicKey.length !== mlKemBytes.publicKey)
    throw new Error(`an ML-KEM-768 key has ${mlKemBytes.publicKey} bytes`);
  for (let at = 0; at < coefficientBytes; at += 3) {
    const [low = 0, middle = 0, high = 0] = publicKey.subarray(at, at + 3);
    if ((low | ((middle & 0xf) << 8)) >= modulus || ((middle >> 4) | (high << 4)) >= modulus)
      throw new Error('an ML-KEM-768 key has a coefficient beyond the modulus');
  }
}

/** In JavaScript, for Node before 24.7: 0.5 to 1 ms. */
export function portableEncapsulate(publicKey: Uint8Array): Encapsulated {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
  return { ciphertext: cipherText, secret: sharedSecret };
}

/** What Node has of it from 24.7 on, with an OpenSSL of 3.5 on; its types of 20 know nothing of it. */
export type NativeCrypto = {
  encapsulate?(key: crypto.KeyObject): { sharedKey: Uint8Array; ciphertext: Uint8Array };
  generateKeyPairSync(type: string): { publicKey: crypto.KeyObject };
  createPublicKey(key: { key: Buffer; format: 'der'; type: 'spki' }): crypto.KeyObject;
};

/** A SubjectPublicKeyInfo of id-alg-ml-kem-768 up to the key (RFC 9935). */
const spkiHead = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');

/** OpenSSL's, or undefined where this Node or its OpenSSL has none. */
export function nativeEncapsulate(from: NativeCrypto): Encapsulate | undefined {
  if (from.encapsulate === undefined) return undefined;
  const work = from.encapsulate.bind(from);
  try {
    work(from.generateKeyPairSync('ml-kem-768').publicKey);
  } catch {
    return undefined;
  }
  return (publicKey) => {
    const key = Buffer.concat([spkiHead, publicKey]);
    const { sharedKey, ciphertext } = work(
      from.createPublicKey({ key, format: 'der', type: 'spki' }),
    );
    return { ciphertext, secret: sharedKey };
  };
}

export const encapsulate: Encapsulate = nativeEncapsulate(crypto) ?? portableEncapsulate;
