import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** RFC 6238 as authenticator apps take it without being told: SHA-1, 30 s, 6 digits. */
const digits = 6;
const stepSeconds = 30;
/** How far the clocks of server and authenticator may be apart (RFC 6238 section 5.2). */
const driftStepsMax = 1;
/** RFC 4226 section 4 asks for 160 bits. */
export const totpSecretBytes = 20;

/** Wrong ones in a row, then the authenticator is out (SP 800-63B-4 section 3.2.2): the lock alone lets a thousand a day by. */
export const wrongCodesMax = 100;

export type TotpSecret = {
  /** To be typed: base32. */
  readonly text: string;
  /** `otpauth://totp/...`, for a QR code. */
  readonly uri: string;
};

export function totpSecretOf(bytes: Uint8Array, username: string): TotpSecret {
  const totp = totpOf(bytes, { issuer: 'Waybill', label: username });
  return { text: totp.secret.base32, uri: totp.toString() };
}

export type UsedStep = {
  /** The number of the 30 seconds that the code is of. */
  readonly step: number;
  /** By how many of them the authenticator is ahead; negative is behind. */
  readonly driftSteps: number;
};

/** Of which 30 seconds a code is; null where it is none of those around now. Spaces that apps show do not matter. */
export function stepOfCode(bytes: Uint8Array, code: string, nowMs: number): UsedStep | null {
  const token = code.replaceAll(' ', '');
  // How many there have to be is up to otpauth, which compares bytes and throws where a character has more than one.
  if (!/^\d+$/.test(token)) return null;
  const driftSteps = totpOf(bytes).validate({ token, timestamp: nowMs, window: driftStepsMax });
  if (driftSteps === null) return null;
  return { step: Math.floor(nowMs / 1000 / stepSeconds) + driftSteps, driftSteps };
}

function totpOf(bytes: Uint8Array, shown?: { issuer: string; label: string }): TOTP {
  return new TOTP({
    ...shown,
    algorithm: 'SHA1',
    digits,
    period: stepSeconds,
    secret: new Secret({ buffer: new Uint8Array(bytes).buffer }),
  });
}

export const recoveryCodesMade = 10;
/** 120 bits: nobody guesses one, so a plain hash keeps it (SP 800-63B-4 section 3.1.2.2 asks for 112). */
export const recoveryCodeBytes = 15;
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Four groups of six letters and digits that are not mistaken for one another. */
export function recoveryCodeOf(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const text = bits.replace(/.{5}/g, (five) => alphabet.charAt(Number.parseInt(five, 2)));
  return text.replace(/.{6}(?=.)/g, '$&-');
}

/** However it was typed; null for what has not the form of one. */
export function recoveryCodeHash(code: string): Buffer | null {
  const plain = code.toLowerCase().replace(/[\s-]/g, '');
  return /^[a-z2-9]{24}$/.test(plain) ? createHash('sha256').update(plain).digest() : null;
}
