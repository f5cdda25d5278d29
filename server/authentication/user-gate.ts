import { isAddressIn } from '../accounts/addresses.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { FaultCode } from '../domain/faults.ts';

/** Why this user may not log in from there now, whatever the proofs; null if nothing stands in the way. */
export function userRefusal(login: LoginFacts, address: string, nowMs: number): FaultCode | null {
  if (login.status !== 'active') return 'user-disabled';
  if (login.expiresAtMs !== null && login.expiresAtMs <= nowMs) return 'user-expired';
  if (login.allowedCidrs.length > 0 && !isAddressIn(address, login.allowedCidrs))
    return 'address-not-allowed';
  return null;
}
