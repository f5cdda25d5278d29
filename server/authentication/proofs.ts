import { timingSafeEqual } from 'node:crypto';
import type { CertificateStanding } from '../accounts/certificate-standing.ts';
import { parseKeyBlob } from '../accounts/key-blob.ts';
import type { PublicKey } from '../accounts/key-blob.ts';
import type { LoginFacts, LoginKey } from '../accounts/logins.ts';
import type { JudgedCode } from '../accounts/second-factors.ts';
import { WireReader } from '../accounts/wire-reader.ts';
import type { Proof, ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import { plainNameOf } from '../domain/signature-algorithms.ts';
import type { HardwareMarks } from '../domain/wire-signature.ts';
import { certificateRefusal } from './certificate-refusal.ts';
import type { Certificate } from './certificate.ts';
import type { PresentedCertificate } from './presented-certificate.ts';
import { hardwareRefusal, hashFor, isSignedBy, isUserVerified } from './signatures.ts';
import type { HardwareDemands } from './signatures.ts';
import type { UsedKeys } from './used-keys.ts';
import { isJobAtHome } from './user-gate.ts';

type Signature = Extract<Proof, { kind: 'signature' }>;

type ProvenKey = {
  readonly method: 'publickey';
  readonly fingerprint: string;
  /** What the key signed with, such as `rsa-sha2-512`. */
  readonly algorithm: string;
  /** What its security device said; null of a key in none. */
  readonly hardware: HardwareMarks | null;
};

export type CertifiedProof = ProvenKey & {
  readonly keyId: null;
  readonly certificate: Certificate;
};

export type PasswordProof = {
  readonly method: 'password';
  readonly passwordId: string;
  /** Of the new password that the user asked for; the unit that accepts the login puts it in the old one's place. */
  readonly newHash: string | null;
};

/** A proof that was verified, and what it was verified against. */
export type VerifiedProof =
  | (ProvenKey & { readonly keyId: string })
  | CertifiedProof
  | PasswordProof
  | { readonly method: 'totp'; readonly code: JudgedCode };

export function methodsOf(proofs: readonly VerifiedProof[]): readonly ProofMethod[] {
  return proofs.map((proof) => proof.method);
}

/**
 * Whether the proofs, good and in order as they are, are one factor where two are asked for (IRS Publication 1075, IA-2). A
 * device that has verified its user is two in one proof. A job has nobody to ask for another: its key comes from its own
 * addresses (compliance.md C08).
 */
export function isFactorMissing(
  login: Pick<LoginFacts, 'oneFactorRefused' | 'accountKind' | 'allowedCidrs'>,
  proofs: readonly VerifiedProof[],
): boolean {
  if (!login.oneFactorRefused || proofs.length > 1) return false;
  return !proofs.some(
    (proof) =>
      proof.method === 'publickey' && (isJobAtHome(login) || isUserVerified(proof.hardware)),
  );
}

export function isCertifiedProof(proof: VerifiedProof): proof is CertifiedProof {
  return 'certificate' in proof;
}

const signatureBytesMax = 4096;
const signedBytesMax = 64 * 1024;

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
  return presentedAs(algorithm, parseStrictly(keyBlob, parse));
}

function presentedAs(algorithm: string, key: PublicKey): PresentedKey {
  const hash = hashFor(key.type, algorithm);
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

/** @throws Fault `key-weak` for an algorithm that the certified key may not sign with */
export function presentedByCertificate(algorithm: string, { key }: Certificate): PresentedKey {
  return presentedAs(plainNameOf(algorithm), key);
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
  /** Where the connection comes from. */
  readonly address: string;
  /** The session identifier of the connection as the monitor knows it; null where it does not. */
  readonly sshSessionId: Uint8Array | null;
  readonly usedKeys: UsedKeys;
  /** Where the request says that it comes with one. */
  readonly presented: PresentedCertificate | undefined;
};

/**
 * Verifies a signature against a key of the user, or one that an authority of the user's agency certified.
 *
 * @throws Fault `proof-malformed`, `key-weak`, `key-unknown`, `key-expired`, `signature-invalid`, `touch-missing`,
 *   `verification-missing`, or the reason why the certificate lets nobody in
 */
export function verifySignature(proof: Signature, facts: SigningFacts): VerifiedProof {
  const { algorithm, keyBlob, signature, signed, hardware } = proof;
  const { login, nowMs, address, sshSessionId, usedKeys, presented: certified } = facts;
  const { username } = login;
  if (!isBytes(signature, signatureBytesMax) || !isBytes(signed, signedBytesMax)) {
    throw new Fault('proof-malformed');
  }
  const presented =
    certified === undefined
      ? readPresentedKey(algorithm, keyBlob, (blob) => usedKeys.parse(blob, login.keys))
      : presentedByCertificate(algorithm, certified.certificate);
  if (!isRequestOf(signed, { sshSessionId, username, algorithm, keyBlob }))
    throw new Fault('proof-malformed');
  const { fingerprint } = presented.key;
  const proven = {
    method: 'publickey',
    fingerprint,
    algorithm,
    hardware: hardware ?? null,
  } as const;
  const given = { hash: presented.hash, message: signed, signature, hardware };
  if (certified === undefined) {
    const stored = matchKey(login.keys, presented, nowMs);
    assertSigned(presented, given, stored);
    return { ...proven, keyId: stored.id };
  }
  const { certificate, standing } = certified;
  const refusal = certificateRefusal(certificate, standing, { username, address, nowMs });
  if (refusal !== null) throw new Fault(refusal);
  assertSigned(presented, given, demandsOf(certificate, standing));
  return { ...proven, keyId: null, certificate };
}

/** What a login by a certificate takes of its key's device: what the certificate asks for, and what the agency does. */
export function demandsOf(
  { verifyRequired }: Certificate,
  { authority }: CertificateStanding,
): HardwareDemands {
  return {
    touchRequired: true,
    verifyRequired: verifyRequired || authority?.verifyRequired === true,
  };
}

/** @throws Fault `signature-invalid`, `touch-missing`, `verification-missing` */
function assertSigned(
  { key }: PresentedKey,
  given: Parameters<typeof isSignedBy>[1],
  demands: HardwareDemands,
): void {
  if (!isSignedBy(key, given)) throw new Fault('signature-invalid');
  const refusal = hardwareRefusal(given.hardware ?? null, demands);
  if (refusal !== null) throw new Fault(refusal);
}

function isBytes(value: unknown, bytesMax: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength <= bytesMax;
}

const userauthRequest = 50;

/** SHA-1's length: the shortest session identifier that a key exchange makes. */
const sshSessionIdBytesMin = 20;

type JudgedRequest = Pick<SigningFacts, 'sshSessionId'> & {
  readonly username: string;
  readonly algorithm: string;
  readonly keyBlob: Uint8Array;
};

/**
 * Whether the signed bytes are this request on this connection (RFC 4252 section 7), so that nothing counts that the key
 * signed for another purpose, user or algorithm, or that a worker has seen on another connection; OpenSSH's monitor asks
 * the same (monitor.c, monitor_valid_userauthblob).
 */
function isRequestOf(
  signed: Uint8Array,
  { sshSessionId, username, algorithm, keyBlob }: JudgedRequest,
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
      reader.string().equals(keyBlob);
    reader.end();
    return fits;
  } catch {
    return false;
  }
}
