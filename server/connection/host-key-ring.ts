import { hostKeySigner, type HostKeySigner } from './host-keys.ts';
import { proveRequest } from './host-key-proofs.ts';
import type { PublicHostKey } from './signing.ts';
import { plainNameOf } from '../domain/signature-algorithms.ts';
import { wireString } from '../domain/wire-string.ts';

/** The host keys of a server: one of each type in use, and those that will follow them. */
export interface HostKeyRing {
  readonly inUse: readonly PublicHostKey[];
  readonly next: readonly PublicHostKey[];
  /** Certificates of keys in use. */
  readonly certified: readonly PublicHostKey[];
  /** Over an exchange hash, with the key in use of that type, certified or not; undefined where there is none. */
  sign(exchangeHash: Uint8Array, type: string): Uint8Array | undefined;
  /**
   * That this connection's server has these keys (OpenSSH's PROTOCOL section 2.5): a signature for each, as on the wire.
   * Undefined if one of them is not a key of the ring.
   */
  prove(sshSessionId: Uint8Array, blobs: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
}

/** @throws Error for a text that is no host key */
export function createHostKeyRing(
  inUse: readonly string[],
  next: readonly string[],
  certified: readonly PublicHostKey[] = [],
): HostKeyRing {
  const used = inUse.map(hostKeySigner);
  const coming = next.map(hostKeySigner);
  const signerOf = (blob: Uint8Array): HostKeySigner | undefined =>
    [...used, ...coming].find(({ publicKey }) => Buffer.from(publicKey.blob).equals(blob));
  return {
    inUse: used.map(({ publicKey }) => publicKey),
    next: coming.map(({ publicKey }) => publicKey),
    certified,
    sign: (exchangeHash, type) =>
      used.find(({ publicKey }) => publicKey.type === plainNameOf(type))?.sign(exchangeHash),
    prove(sshSessionId, blobs) {
      const signers = blobs.map(signerOf);
      if (!signers.every((signer) => signer !== undefined)) return undefined;
      return signers.map((signer) => {
        const { type, blob } = signer.publicKey;
        const said = [wireString(proveRequest), wireString(sshSessionId), wireString(blob)];
        return wireSignature(type, signer.sign(Buffer.concat(said)));
      });
    },
  };
}

/** RFC 4253 section 6.6, RFC 5656 section 3.1.2: ECDSA comes as DER and goes as two mpints, whose bytes are the same. */
function wireSignature(type: string, signature: Uint8Array): Buffer {
  if (!type.startsWith('ecdsa-')) return Buffer.concat([wireString(type), wireString(signature)]);
  const der = Buffer.from(signature);
  // P-521 signs more than 127 bytes, and the length takes two.
  const r = integerAt(der, der[1]! < 0x80 ? 2 : 3);
  const s = integerAt(der, r.end);
  return Buffer.concat([
    wireString(type),
    wireString(Buffer.concat([wireString(r.bytes), wireString(s.bytes)])),
  ]);
}

function integerAt(der: Buffer, start: number): { readonly bytes: Buffer; readonly end: number } {
  const end = start + 2 + der[start + 1]!;
  return { bytes: der.subarray(start + 2, end), end };
}
