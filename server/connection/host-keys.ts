import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign as signWith,
} from 'node:crypto';
import ssh2 from 'ssh2';
import { wireString } from '../domain/wire-string.ts';
import type { PublicHostKey } from './signing.ts';

const { parseKey } = ssh2.utils;

/**
 * A new Ed25519 host key, as the text of an unencrypted OpenSSH private key (OpenSSH's PROTOCOL.key). Not by ssh2's
 * generator: 21 of 5,000 of its Ed25519 keys could not be read back, about one in 256.
 */
export function generateHostKey(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(jwk.d!, 'base64url');
  const point = Buffer.from(jwk.x!, 'base64url');
  const type = wireString('ssh-ed25519');
  const check = randomBytes(4);
  const secret = [check, check, type, wireString(point), wireString(Buffer.concat([seed, point]))];
  const container = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    wireString('none'),
    wireString('none'),
    wireString(''),
    Buffer.of(0, 0, 0, 1),
    wireString(Buffer.concat([type, wireString(point)])),
    wireString(padded(Buffer.concat([...secret, wireString('')]))),
  ]);
  const lines = container.toString('base64').match(/.{1,70}/g)!;
  return [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');
}

/** A new ECDSA P-384 host key, as PEM: for servers that may use validated algorithms alone, and clients without Ed25519. */
export function generateEcdsaHostKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-384',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** To a multiple of 8 with 1, 2, 3 ... */
function padded(secret: Buffer): Buffer {
  const padding = (8 - (secret.length % 8)) % 8;
  return Buffer.concat([secret, Buffer.from(Array.from({ length: padding }, (_, i) => i + 1))]);
}

/** As `ssh-keygen -lf` prints it: `SHA256:` and unpadded base64. */
export function hostKeyFingerprint(privateKeyText: string): string {
  return fingerprintOfKey(readHostKey(privateKeyText));
}

/** The same of a public half. */
export function fingerprintOfKey({ blob }: Pick<PublicHostKey, 'blob'>): string {
  const digest = createHash('sha256').update(blob).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** The kind of a key as `ssh-keygen -l` names it, of its line. */
export function kindOfKey(publicKeyLine: string): 'ED25519' | 'ECDSA' {
  return publicKeyLine.startsWith('ssh-ed25519 ') ? 'ED25519' : 'ECDSA';
}

/** As in `known_hosts` and `.pub` files: type and base64, no comment. */
export function publicKeyLine(privateKeyText: string): string {
  const { type, blob } = readHostKey(privateKeyText);
  return `${type} ${blob.toString('base64')}`;
}

/** What signs for a host key, and what may be known of it. */
export type HostKeySigner = {
  readonly publicKey: PublicHostKey;
  /** Ed25519: 64 raw bytes; ECDSA: DER. */
  sign(exchangeHash: Uint8Array): Uint8Array;
};

/** Throws for a text that is no host key, or one that would advertise SHA-1. */
export function hostKeySigner(privateKeyText: string): HostKeySigner {
  const { type, key } = readHostKey(privateKeyText);
  // Read once: ssh2 has OpenSSL read the PEM for each signature, which takes 0.64 ms of 0.69.
  const privateKey = createPrivateKey(key.getPrivatePEM());
  const digest = digests[type]!;
  return {
    publicKey: { type, blob: key.getPublicSSH() },
    sign: (exchangeHash) => signWith(digest, exchangeHash, privateKey),
  };
}

/** The host keys that are taken, and the digest that each signs (RFC 5656 section 6.2.1); Ed25519 has its own. */
const digests: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

function readHostKey(privateKeyText: string): { type: string; blob: Buffer; key: ssh2.ParsedKey } {
  const parsed = parseKey(privateKeyText);
  if (parsed instanceof Error) throw new Error(`the host key is not readable: ${parsed.message}`);
  // The type says one key, but some formats make ssh2 return an array of one.
  const key = Array.isArray(parsed) ? parsed[0]! : parsed;
  if (!key.isPrivateKey()) throw new Error('the host key is a public key');
  // ssh2 offers every RSA key as `ssh-rsa` too, which is SHA-1 (server.js:232).
  if (!Object.hasOwn(digests, key.type))
    throw new Error(`a host key of type ${key.type} is not taken; use ssh-ed25519`);
  return { type: key.type, blob: key.getPublicSSH(), key };
}
