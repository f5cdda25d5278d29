import { isAddressIn } from '../accounts/addresses.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { FaultCode } from '../domain/faults.ts';

/** What a login holds for as long as it lives; once this is another, the login holds what was taken away. */
export function basisOf({
  rules,
  loginMethods,
  quotaBytes,
  maxSessions,
}: Pick<LoginFacts, 'rules' | 'loginMethods' | 'quotaBytes' | 'maxSessions'>): string {
  return JSON.stringify([rules, loginMethods, quotaBytes, maxSessions]);
}

/** Why this user may not log in from there now, whatever the proofs; null if nothing stands in the way. */
export function userRefusal(login: LoginFacts, address: string, nowMs: number): FaultCode | null {
  if (login.status !== 'active') return 'user-disabled';
  if (login.expiresAtMs !== null && login.expiresAtMs <= nowMs) return 'user-expired';
  if (login.allowedCidrs.length > 0 && !isAddressIn(address, login.allowedCidrs))
    return 'address-not-allowed';
  return null;
}
