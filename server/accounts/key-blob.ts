import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { isHardware } from '../domain/signature-algorithms.ts';
import { isSoundEd25519Point } from './ed25519-point.ts';
import { damagedKey, invalidKey, weakKey } from './key-faults.ts';
import { WireReader } from './wire-reader.ts';

export const keyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

export type KeyType = (typeof keyTypes)[number];

/** A public key that passed every check, and the object that verifies its signatures. */
export type PublicKey = {
  readonly type: KeyType;
  /** The SSH wire form (RFC 4253 section 6.6). */
  readonly blob: Uint8Array;
  readonly bits: number;
  /** `SHA256:` and unpadded base64, as OpenSSH prints it. */
  readonly fingerprint: string;
  readonly keyObject: KeyObject;
  /** What a key in a security device signs for, such as `ssh:`; null for any other key. */
  readonly application: string | null;
};

export const rsaBitsMin = 3072;
export const rsaBitsMax = 16_384;
/** OpenSSL's own bound for moduli of this size; a larger exponent only costs time. */
const rsaExponentBitsMax = 64;
/** An RSA key of `rsaBitsMax` has 2 KiB; nothing longer is looked at. */
export const keyBlobBytesMax = 4096;

const curves = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', crv: 'P-256', bits: 256 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', crv: 'P-384', bits: 384 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', crv: 'P-521', bits: 521 },
} as const;

/**
 * The one parser of public keys: bytes to a key, or a refusal. Exact lengths, canonical numbers, nothing after the end
 * (MOVEit CVE-2024-5806 was a lax one).
 *
 * @throws Fault `field-invalid` for what is not a key that Waybill takes, `key-weak` for what is one but too weak
 */
export function parseKeyBlob(bytes: Uint8Array): PublicKey {
  if (bytes.byteLength > keyBlobBytesMax) throw damagedKey('it is too long');
  // A copy, so that no caller can change what was checked.
  const blob = Buffer.from(bytes);
  const reader = new WireReader(blob);
  const type = keyTypeOf(reader.string().toString('latin1'));
  const { jwk, bits } = parseBody(type, reader);
  const application = isHardware(type) ? parseApplication(reader) : null;
  reader.end();
  const fingerprint = fingerprintOf(blob);
  return { type, blob, bits, fingerprint, keyObject: keyObjectOf(jwk), application };
}

/** `SHA256:` and unpadded base64, as OpenSSH prints it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;
}

/** @throws Fault which says what is wrong with a key of this type name */
export function keyTypeOf(name: string): KeyType {
  for (const type of keyTypes) {
    if (type === name) return type;
  }
  if (/-cert-v\d\d@openssh\.com$/.test(name)) {
    throw invalidKey(
      'OpenSSH certificates are not kept with a user; send the plain public key, or give the agency the key of the authority that signs them',
    );
  }
  if (name === 'ssh-dss') {
    throw weakKey('DSA keys are too weak; use ssh-ed25519, ECDSA or RSA of 3072 bits or more');
  }
  throw invalidKey(`the key type must be one of ${keyTypes.join(', ')}`);
}

type Body = { readonly jwk: JsonWebKey; readonly bits: number };

function parseBody(type: KeyType, reader: WireReader): Body {
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com':
      return parseEd25519(reader);
    case 'ssh-rsa':
      return parseRsa(reader);
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return parseEcdsa(curves['ecdsa-sha2-nistp256'], reader);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return parseEcdsa(curves[type], reader);
  }
}

const applicationBytesMax = 255;

/** OpenSSH's PROTOCOL.u2f. Keys that a device made for a web site are not for logins: ssh-keygen makes none either. */
function parseApplication(reader: WireReader): string {
  const application = reader.string().toString('latin1');
  if (!/^ssh:[\x20-\x7e]*$/.test(application) || application.length > applicationBytesMax)
    throw invalidKey('the application of a key on a security device must begin with "ssh:"');
  return application;
}

/** RFC 8709 section 4. */
function parseEd25519(reader: WireReader): Body {
  const point = reader.string();
  if (point.length !== 32) throw damagedKey('an Ed25519 key has 32 bytes');
  // node:crypto takes any 32 bytes, also points of small order, for which anyone can forge.
  if (!isSoundEd25519Point(point))
    throw damagedKey('its point is not on the curve or is of small order');
  return { jwk: { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }, bits: 256 };
}

/** RFC 5656 section 3.1. Only the uncompressed form; node:crypto checks that the point is on the curve. */
function parseEcdsa(curve: (typeof curves)[keyof typeof curves], reader: WireReader): Body {
  if (reader.string().toString('latin1') !== curve.name)
    throw damagedKey('its curve does not fit its type');
  const point = reader.string();
  const size = Math.ceil(curve.bits / 8);
  if (point.length !== 1 + 2 * size || point[0] !== 4)
    throw damagedKey('its point has the wrong form');
  const x = point.subarray(1, 1 + size).toString('base64url');
  const y = point.subarray(1 + size).toString('base64url');
  return { jwk: { kty: 'EC', crv: curve.crv, x, y }, bits: curve.bits };
}

/** RFC 4253 section 6.6. */
function parseRsa(reader: WireReader): Body {
  const exponent = reader.positiveInteger();
  const modulus = reader.positiveInteger();
  const bits = bitsOf(modulus);
  if (bits < rsaBitsMin) {
    throw weakKey(`the RSA key has ${bits} bits; ${rsaBitsMin} or more are needed`);
  }
  if (bits > rsaBitsMax)
    throw invalidKey(`the RSA key has ${bits} bits; at most ${rsaBitsMax} are accepted`);
  if (
    !isOdd(modulus) ||
    !isOdd(exponent) ||
    bitsOf(exponent) < 2 ||
    bitsOf(exponent) > rsaExponentBitsMax
  ) {
    throw damagedKey('its numbers are not those of an RSA key');
  }
  return {
    jwk: { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') },
    bits,
  };
}

function keyObjectOf(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw damagedKey('its point is not on the curve', error);
  }
}

function bitsOf(number: Buffer): number {
  return number.length * 8 - (Math.clz32(number[0]!) - 24);
}

function isOdd(number: Buffer): boolean {
  return (number.at(-1)! & 1) === 1;
}
