import { isAddressIn, isNarrow } from '../domain/addresses.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';

/**
 * What a login holds for as long as it lives, each under the reason why it ends when that is another: then the login
 * holds what was taken away.
 */
export type Basis = Readonly<
  Record<
    | 'permission-denied'
    | 'method-not-allowed'
    | 'second-factor-missing'
    | 'quota-exceeded'
    | 'sessions-exceeded',
    string
  >
>;

type BasisFacts = Pick<
  LoginFacts,
  | 'rules'
  | 'loginMethods'
  | 'quotaBytes'
  | 'maxSessions'
  | 'oneFactorRefused'
  | 'accountKind'
  | 'allowedCidrs'
>;

export function basisOf({
  rules,
  loginMethods,
  quotaBytes,
  maxSessions,
  ...login
}: BasisFacts): Basis {
  return {
    'permission-denied': JSON.stringify(rules),
    'method-not-allowed': JSON.stringify(loginMethods),
    'second-factor-missing': JSON.stringify(login.oneFactorRefused && isJobAtHome(login)),
    'quota-exceeded': JSON.stringify(quotaBytes),
    'sessions-exceeded': JSON.stringify(maxSessions),
  };
}

/** A service whose logins come from given addresses alone: blocks of the whole Internet are none. */
export function isJobAtHome({
  accountKind,
  allowedCidrs,
}: Pick<LoginFacts, 'accountKind' | 'allowedCidrs'>): boolean {
  return accountKind === 'service' && allowedCidrs.length > 0 && allowedCidrs.every(isNarrow);
}

/** Why this user may not log in from there now, whatever the proofs; null if nothing stands in the way. */
export function userRefusal(login: LoginFacts, address: string, nowMs: number): FaultCode | null {
  if (login.status !== 'active') return 'user-disabled';
  if (login.expiresAtMs !== null && login.expiresAtMs <= nowMs) return 'user-expired';
  if (login.allowedCidrs.length > 0 && !isAddressIn(address, login.allowedCidrs))
    return 'address-not-allowed';
  return null;
}

/** @throws Fault `account-locked` if a lock refuses proofs of this method */
export function assertNotLocked({ lockedMethods }: LoginFacts, method: ProofMethod): void {
  if (lockedMethods.includes(method)) throw new Fault('account-locked');
}
