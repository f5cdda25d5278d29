import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const formatVersion = 1;

/**
 * A secret as a column holds it: `version || nonce || AES-256-GCM ciphertext || tag` under a key of 32 bytes, bound by
 * its associated data to what it is for, so that it opens in no other row.
 */
export function seal(key: Uint8Array, secret: Uint8Array, purpose: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([Buffer.of(formatVersion), nonce, sealed, cipher.getAuthTag()]);
}

/** @throws where it was sealed under another key, for something else, or was altered */
export function unseal(key: Uint8Array, sealed: Uint8Array, purpose: string): Buffer {
  if (sealed[0] !== formatVersion) throw new Error('unknown version');
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const secret = sealed.subarray(1 + nonceBytes, sealed.length - tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(secret), decipher.final()]);
}
