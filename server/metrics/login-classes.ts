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
  'key-unknown': 'credentials',
  'signature-invalid': 'credentials',
  'proof-malformed': 'credentials',
  'attempts-exceeded': 'credentials',
  'user-unknown': 'account',
  'user-disabled': 'account',
  'user-expired': 'account',
  'account-locked': 'account',
  'key-expired': 'account',
  'address-not-allowed': 'address',
  'method-not-allowed': 'method',
  'key-weak': 'method',
  'sessions-exceeded': 'busy',
  'hashing-busy': 'busy',
  'memory-short': 'busy',
  'server-stopping': 'busy',
};

export function loginClassOf(reason: string | null): LoginClass {
  return classes[(reason ?? '') as FaultCode] ?? 'other';
}
