import type { FaultCode } from '../domain/faults.ts';

export const loginClasses = [
  'credentials',
  'account',
  'address',
  'method',
  'busy',
  'other',
] as const;

/** Why logins are refused, in few words: a label for each reason would make no better graph. */
export type LoginClass = (typeof loginClasses)[number];

const classes: Partial<Readonly<Record<FaultCode, LoginClass>>> = {
  'password-wrong': 'credentials',
  'code-wrong': 'credentials',
  'code-used': 'credentials',
  'key-unknown': 'credentials',
  'signature-invalid': 'credentials',
  'proof-malformed': 'credentials',
  'certificate-malformed': 'credentials',
  'certificate-type-wrong': 'credentials',
  'certificate-authority-unknown': 'credentials',
  'certificate-forged': 'credentials',
  'certificate-principal-missing': 'credentials',
  'certificate-revoked': 'credentials',
  'attempts-exceeded': 'credentials',
  'user-unknown': 'account',
  'user-disabled': 'account',
  'user-expired': 'account',
  'account-locked': 'account',
  'password-temporary': 'account',
  'password-expired': 'account',
  'password-unacceptable': 'account',
  'totp-missing': 'account',
  'totp-blocked': 'account',
  'certificate-authority-expired': 'account',
  'certificate-early': 'account',
  'certificate-expired': 'account',
  'key-expired': 'account',
  'address-not-allowed': 'address',
  'certificate-address-not-allowed': 'address',
  'method-not-allowed': 'method',
  'key-weak': 'method',
  'second-factor-missing': 'method',
  'touch-missing': 'method',
  'verification-missing': 'method',
  'certificate-option-unknown': 'method',
  'algorithm-not-allowed': 'method',
  'sessions-exceeded': 'busy',
  'hashing-busy': 'busy',
  'memory-short': 'busy',
  'server-stopping': 'busy',
};

export function loginClassOf(reason: string | null): LoginClass {
  return classes[(reason ?? '') as FaultCode] ?? 'other';
}
