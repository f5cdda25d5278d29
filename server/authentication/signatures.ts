import { createHash, verify } from 'node:crypto';
import type { KeyType, PublicKey } from '../accounts/key-blob.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { HardwareMarks } from '../domain/wire-signature.ts';

const sha256 = 'sha256';

/** Which algorithms a key may sign with, and their hash (RFC 8332, RFC 5656, RFC 8709). SHA-1 is not among them. */
const algorithms: Readonly<Record<KeyType, Readonly<Record<string, string | null>>>> = {
  'ssh-ed25519': { 'ssh-ed25519': null },
  'ecdsa-sha2-nistp256': { 'ecdsa-sha2-nistp256': sha256 },
  'ecdsa-sha2-nistp384': { 'ecdsa-sha2-nistp384': 'sha384' },
  'ecdsa-sha2-nistp521': { 'ecdsa-sha2-nistp521': 'sha512' },
  'ssh-rsa': { 'rsa-sha2-256': sha256, 'rsa-sha2-512': 'sha512' },
  'sk-ssh-ed25519@openssh.com': { 'sk-ssh-ed25519@openssh.com': null },
  'sk-ecdsa-sha2-nistp256@openssh.com': { 'sk-ecdsa-sha2-nistp256@openssh.com': sha256 },
};

/** The hash of an algorithm that a key of the type may sign with, null where it has its own; undefined: it may not. */
export function hashFor(type: KeyType, algorithm: string): string | null | undefined {
  const fitting = algorithms[type];
  return Object.hasOwn(fitting, algorithm) ? fitting[algorithm] : undefined;
}

export type GivenSignature = {
  readonly hash: string | null;
  readonly message: Uint8Array;
  /** Ed25519: 64 raw bytes. ECDSA: DER. RSA: PKCS#1 v1.5. */
  readonly signature: Uint8Array;
  readonly hardware: HardwareMarks | undefined;
};

/** True only if the signature verifies; whatever else happens is false. */
export function isSignedBy(
  { keyObject, application }: PublicKey,
  { hash, message, signature, hardware }: GivenSignature,
): boolean {
  try {
    const signed = signedBytes(application, hardware, message);
    if (signed === undefined) return false;
    // Nothing but true is a success: breaches.md R1, ssh2's key.verify() can return an Error.
    // oxlint-disable-next-line typescript/no-unnecessary-boolean-literal-compare
    return verify(hash, signed, { key: keyObject, dsaEncoding: 'der' }, signature) === true;
  } catch {
    return false;
  }
}

/** Undefined where there can be none: flags that nobody signed would be believed, and a device signs nothing without them. */
function signedBytes(
  application: string | null,
  hardware: HardwareMarks | undefined,
  message: Uint8Array,
): Uint8Array | undefined {
  if (application === null) return hardware === undefined ? message : undefined;
  return hardware === undefined ? undefined : signedByDevice(application, hardware, message);
}

/** What a security device signs of a message (OpenSSH's PROTOCOL.u2f, which is FIDO's authenticator data). */
function signedByDevice(
  application: string,
  { flags, counter }: HardwareMarks,
  message: Uint8Array,
): Buffer {
  const marks = Buffer.alloc(5);
  marks.writeUInt8(flags, 0);
  marks.writeUInt32BE(counter, 1);
  return Buffer.concat([digestOf(Buffer.from(application)), marks, digestOf(message)]);
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash(sha256).update(bytes).digest();
}

const userPresent = 0x01;
const userVerified = 0x04;

/** What must have happened at the security device for its signature to count. */
export type HardwareDemands = {
  /** Somebody touched it. */
  readonly touchRequired: boolean;
  /** It verified who, by a PIN or a finger: a key that is in no such device never meets that. */
  readonly verifyRequired: boolean;
};

/** Whether the device says that it verified its user; a key in none never does. */
export function isUserVerified(hardware: HardwareMarks | null): boolean {
  return hardware !== null && (hardware.flags & userVerified) !== 0;
}

/** Why a signature that verifies does not count; null if it does. */
export function hardwareRefusal(
  hardware: HardwareMarks | null,
  { touchRequired, verifyRequired }: HardwareDemands,
): FaultCode | null {
  if (hardware !== null && touchRequired && (hardware.flags & userPresent) === 0)
    return 'touch-missing';
  if (verifyRequired && !isUserVerified(hardware)) return 'verification-missing';
  return null;
}
