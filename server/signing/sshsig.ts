import { createHash } from 'node:crypto';
import { wireString } from '../domain/wire-string.ts';

const magic = Buffer.from('SSHSIG', 'latin1');
const version = Buffer.of(0, 0, 0, 1);
const hashName = 'sha512';
/** As `ssh-keygen` breaks its lines. */
const armorLine = /.{1,70}/g;

/** What signs, and what everybody may know of it. */
export type Signer = {
  readonly publicKey: {
    /** Such as `ssh-ed25519`. */
    readonly type: string;
    /** The SSH wire form (RFC 4253 section 6.6). */
    readonly blob: Uint8Array;
  };
  /** The raw signature of the key's type: 64 bytes of Ed25519. */
  sign(bytes: Uint8Array): Uint8Array;
};

/**
 * An armored SSH signature over a message (OpenSSH's PROTOCOL.sshsig, version 1, SHA-512): what `ssh-keygen -Y sign`
 * makes and `ssh-keygen -Y verify` takes. The namespace says what for, so that no signature serves another purpose.
 *
 * @param signer of an Ed25519 key
 */
export function armoredSignature(signer: Signer, namespace: string, message: Uint8Array): string {
  const { publicKey } = signer;
  const parts = [wireString(namespace), wireString(''), wireString(hashName)];
  const digest = createHash(hashName).update(message).digest();
  const signature = signer.sign(Buffer.concat([magic, ...parts, wireString(digest)]));
  const blob = Buffer.concat([
    magic,
    version,
    wireString(publicKey.blob),
    ...parts,
    wireString(Buffer.concat([wireString(publicKey.type), wireString(signature)])),
  ]);
  const lines = blob.toString('base64').match(armorLine) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
