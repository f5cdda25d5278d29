import { timingSafeEqual, verify } from 'node:crypto';
import { parseKeyBlob } from '../accounts/key-blob.ts';
import type { KeyType, PublicKey } from '../accounts/key-blob.ts';
import type { LoginFacts, LoginKey } from '../accounts/logins.ts';
import { WireReader } from '../accounts/wire-reader.ts';
import type { Proof, ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { UsedKeys } from './used-keys.ts';

type Signature = Extract<Proof, { kind: 'signature' }>;

/** A proof that was verified, and what it was verified against. */
export type VerifiedProof =
  | {
      readonly method: 'publickey';
      readonly keyId: string;
      readonly fingerprint: string;
      /** What the key signed with, such as `rsa-sha2-512`. */
      readonly algorithm: string;
    }
  | { readonly method: 'password'; readonly passwordHash: string };

export function methodsOf(proofs: readonly VerifiedProof[]): readonly ProofMethod[] {
  return proofs.map((proof) => proof.method);
}

const signatureBytesMax = 4096;
const signedBytesMax = 64 * 1024;

/** Which algorithms a key may sign with, and their hash (RFC 8332, RFC 5656, RFC 8709). SHA-1 is not among them. */
const algorithms: Readonly<Record<KeyType, Readonly<Record<string, string | null>>>> = {
  'ssh-ed25519': { 'ssh-ed25519': null },
  'ecdsa-sha2-nistp256': { 'ecdsa-sha2-nistp256': 'sha256' },
  'ecdsa-sha2-nistp384': { 'ecdsa-sha2-nistp384': 'sha384' },
  'ecdsa-sha2-nistp521': { 'ecdsa-sha2-nistp521': 'sha512' },
  'ssh-rsa': { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' },
};

/** A key as it came in a request: well-formed, strong enough, and named with an algorithm that fits it. */
export type PresentedKey = { readonly key: PublicKey; readonly hash: string | null };

/** @throws Fault `proof-malformed` or `key-weak` */
export function readPresentedKey(
  algorithm: unknown,
  keyBlob: unknown,
  parse: (keyBlob: Uint8Array) => PublicKey = parseKeyBlob,
): PresentedKey {
  if (!(keyBlob instanceof Uint8Array) || typeof algorithm !== 'string')
    throw new Fault('proof-malformed');
  const key = parseStrictly(keyBlob, parse);
  const fitting = algorithms[key.type];
  const hash = Object.hasOwn(fitting, algorithm) ? fitting[algorithm] : undefined;
  if (hash === undefined)
    throw new Fault('key-weak', `a ${key.type} key may not sign with ${algorithm}`);
  return { key, hash };
}

function parseStrictly(keyBlob: Uint8Array, parse: (keyBlob: Uint8Array) => PublicKey): PublicKey {
  try {
    return parse(keyBlob);
  } catch (error) {
    if (error instanceof Fault && error.code === 'key-weak') throw error;
    throw new Fault('proof-malformed', undefined, { cause: error });
  }
}

/**
 * The user's own key that equals the presented one.
 *
 * @throws Fault `key-unknown` or `key-expired`
 */
export function matchKey(
  keys: readonly LoginKey[],
  { key }: PresentedKey,
  nowMs: number,
): LoginKey {
  const stored = keys.find((each) => each.type === key.type && isEqual(each.blob, key.blob));
  if (stored === undefined) throw new Fault('key-unknown');
  if (isExpired(stored, nowMs)) throw new Fault('key-expired');
  return stored;
}

export function isExpired(key: LoginKey, nowMs: number): boolean {
  return key.expiresAtMs !== null && key.expiresAtMs <= nowMs;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}

export type SigningFacts = {
  readonly login: LoginFacts;
  readonly nowMs: number;
  /** The session identifier of the connection as the monitor knows it; null where it does not. */
  readonly sshSessionId: Uint8Array | null;
  readonly usedKeys: UsedKeys;
};

/**
 * Verifies a signature against a key of the user.
 *
 * @throws Fault `proof-malformed`, `key-weak`, `key-unknown`, `key-expired` or `signature-invalid`
 */
export function verifySignature(
  { algorithm, keyBlob, signature, signed }: Signature,
  { login, nowMs, sshSessionId, usedKeys }: SigningFacts,
): VerifiedProof {
  if (!isBytes(signature, signatureBytesMax) || !isBytes(signed, signedBytesMax)) {
    throw new Fault('proof-malformed');
  }
  const presented = readPresentedKey(algorithm, keyBlob, (blob) =>
    usedKeys.parse(blob, login.keys),
  );
  const { key } = presented;
  if (!isRequestOf(signed, { sshSessionId, username: login.username, algorithm, key }))
    throw new Fault('proof-malformed');
  const { id: keyId, fingerprint } = matchKey(login.keys, presented, nowMs);
  if (!isSignedBy(presented, signed, signature)) throw new Fault('signature-invalid');
  return { method: 'publickey', keyId, fingerprint, algorithm };
}

function isBytes(value: unknown, bytesMax: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength <= bytesMax;
}

/** True only if the signature verifies; whatever else happens is false. */
function isSignedBy(
  { key, hash }: PresentedKey,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    // Nothing but true is a success: breaches.md R1, ssh2's key.verify() can return an Error.
    // oxlint-disable-next-line typescript/no-unnecessary-boolean-literal-compare
    return verify(hash, signed, { key: key.keyObject, dsaEncoding: 'der' }, signature) === true;
  } catch {
    return false;
  }
}

const userauthRequest = 50;

/** SHA-1's length: the shortest session identifier that a key exchange makes. */
const sshSessionIdBytesMin = 20;

type JudgedRequest = Pick<SigningFacts, 'sshSessionId'> & {
  readonly username: string;
  readonly algorithm: string;
  readonly key: PublicKey;
};

/**
 * Whether the signed bytes are this request on this connection (RFC 4252 section 7), so that nothing counts that the key
 * signed for another purpose, user or algorithm, or that a worker has seen on another connection; OpenSSH's monitor asks
 * the same (monitor.c, monitor_valid_userauthblob).
 */
function isRequestOf(
  signed: Uint8Array,
  { sshSessionId, username, algorithm, key }: JudgedRequest,
): boolean {
  try {
    const reader = new WireReader(signed);
    const named = reader.string();
    const fits =
      named.length >= sshSessionIdBytesMin &&
      (sshSessionId === null || named.equals(sshSessionId)) &&
      reader.byte() === userauthRequest &&
      reader.string().equals(Buffer.from(username)) &&
      reader.string().equals(Buffer.from('ssh-connection')) &&
      reader.string().equals(Buffer.from('publickey')) &&
      reader.byte() !== 0 &&
      reader.string().equals(Buffer.from(algorithm)) &&
      reader.string().equals(key.blob);
    reader.end();
    return fits;
  } catch {
    return false;
  }
}
