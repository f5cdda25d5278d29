import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { wireString } from '../domain/wire-string.ts';

/** What is in an armored SSH signature (OpenSSH's PROTOCOL.sshsig), before anything of it is believed. */
export type ReadSignature = {
  /** The SSH wire form of the key that it says made it. */
  readonly keyBlob: Buffer;
  readonly namespace: string;
  readonly hash: SignedHash;
  /** Such as `ssh-ed25519`, `rsa-sha2-512`. */
  readonly algorithm: string;
  readonly signature: Buffer;
};

export const signedHashes = ['sha256', 'sha512'] as const;
export type SignedHash = (typeof signedHashes)[number];

const magic = Buffer.from('SSHSIG', 'latin1');
const begin = '-----BEGIN SSH SIGNATURE-----\n';
const end = '\n-----END SSH SIGNATURE-----';

/** What a key of a type may sign with, and the hash of that. PROTOCOL.sshsig allows no SHA-1. */
const algorithms: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  'ssh-ed25519': { 'ssh-ed25519': null },
  'ecdsa-sha2-nistp256': { 'ecdsa-sha2-nistp256': 'sha256' },
  'ecdsa-sha2-nistp384': { 'ecdsa-sha2-nistp384': 'sha384' },
  'ecdsa-sha2-nistp521': { 'ecdsa-sha2-nistp521': 'sha512' },
  'ssh-rsa': { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' },
};
const curves: Readonly<Record<string, { readonly crv: string; readonly bytes: number }>> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { crv: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { crv: 'P-521', bytes: 66 },
};

/** @returns undefined for a text that is no SSH signature */
export function readSignature(text: string): ReadSignature | undefined {
  const blob = bytesIn(text);
  const head = magic.length + 4;
  if (blob === undefined || blob.length < head || !blob.subarray(0, magic.length).equals(magic))
    return undefined;
  if (blob.readUInt32BE(magic.length) !== 1) return undefined;
  const [keyBlob, namespace, , hash, wrapped, ...more] = stringsIn(blob.subarray(head)) ?? [];
  if (!keyBlob || !namespace || !hash || !wrapped || more.length > 0) return undefined;
  const [algorithm, signature, ...rest] = stringsIn(wrapped) ?? [];
  const hashName = signedHashes.find((name) => name === hash.toString('latin1'));
  if (!algorithm || !signature || rest.length > 0 || hashName === undefined) return undefined;
  return {
    keyBlob,
    namespace: namespace.toString('utf8'),
    hash: hashName,
    algorithm: algorithm.toString('latin1'),
    signature,
  };
}

/** What is in the armor; whoever may send a file wrote it, so it is looked through once, and no pattern is tried on it. */
function bytesIn(text: string): Buffer | undefined {
  const endAt = text.indexOf(end);
  if (!text.startsWith(begin) || endAt < begin.length) return undefined;
  const base64 = text.slice(begin.length, endAt).replaceAll('\n', '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/**
 * Whether a signature is one of its key over a message with this digest.
 *
 * @param digest of the message, by `hash`
 */
export function isSignatureOf(read: ReadSignature, digest: Uint8Array): boolean {
  const { keyBlob, namespace, hash, algorithm } = read;
  const [type = ''] = stringsIn(keyBlob)?.map((part) => part.toString('latin1')) ?? [];
  const fitting = Object.hasOwn(algorithms, type) ? algorithms[type]! : {};
  const digestOf = Object.hasOwn(fitting, algorithm) ? fitting[algorithm] : undefined;
  if (digestOf === undefined) return false;
  const parts = [wireString(namespace), wireString(''), wireString(hash), wireString(digest)];
  const signed = Buffer.concat([magic, ...parts]);
  try {
    const key = keyObjectOf(type, keyBlob);
    const signature =
      digestOf !== null && type !== 'ssh-rsa' ? derOf(read.signature) : read.signature;
    return verify(digestOf, signed, { key, dsaEncoding: 'der' }, signature);
  } catch {
    // Whatever OpenSSL makes of a key or a signature that is no such thing.
    return false;
  }
}

function keyObjectOf(type: string, keyBlob: Buffer): KeyObject {
  const [, first = Buffer.alloc(0), second = Buffer.alloc(0)] = stringsIn(keyBlob) ?? [];
  const url = (bytes: Buffer) => bytes.toString('base64url');
  if (type === 'ssh-ed25519')
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: url(first) }, format: 'jwk' });
  if (type === 'ssh-rsa')
    return createPublicKey({
      key: { kty: 'RSA', e: url(withoutZero(first)), n: url(withoutZero(second)) },
      format: 'jwk',
    });
  const { crv, bytes } = curves[type]!;
  // 4, x, y: a point that is not compressed (RFC 5656 section 3.1).
  if (second[0] !== 4 || second.length !== 1 + 2 * bytes) throw new Error('that is no point');
  const [x, y] = [second.subarray(1, 1 + bytes), second.subarray(1 + bytes)];
  return createPublicKey({ key: { kty: 'EC', crv, x: url(x), y: url(y) }, format: 'jwk' });
}

/** The two numbers of an SSH signature of ECDSA (RFC 5656 section 3.1.2) as DER has them. */
function derOf(signature: Buffer): Buffer {
  const numbers = stringsIn(signature);
  if (numbers?.length !== 2) throw new Error('that is no ECDSA signature');
  const der = (tag: number, content: Buffer) => {
    const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
    return Buffer.concat([Buffer.of(tag, ...length), content]);
  };
  return der(0x30, Buffer.concat(numbers.map((number) => der(0x02, number))));
}

function withoutZero(number: Buffer): Buffer {
  return number[0] === 0 ? number.subarray(1) : number;
}

/** The strings of RFC 4251 section 5 that bytes are made of; undefined where they are not. */
function stringsIn(bytes: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined;
    const next = at + 4 + bytes.readUInt32BE(at);
    if (next > bytes.length) return undefined;
    found.push(bytes.subarray(at + 4, next));
    at = next;
  }
  return found;
}
