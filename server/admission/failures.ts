import type { CloseReason } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Limits } from '../domain/limits.ts';

/** Something that a source owes time for. */
export type Failure = { readonly reason: FaultCode; readonly ms: number };

export type FailureLimits = Pick<
  Limits,
  'penaltyRefusedMs' | 'penaltyMissingMs' | 'penaltyGarbageMs' | 'penaltyLateMs'
>;

/**
 * A refused proof. All cost the same, an unknown user as much as a wrong password or a locked account: how soon a
 * source is kept out must not tell whether a user exists.
 */
export function failureOfRefusal(reason: FaultCode, limits: FailureLimits): Failure {
  return { reason, ms: limits.penaltyRefusedMs };
}

/**
 * A connection that ended before a login, for `closed`.
 *
 * @param refusals proofs that were refused on it: who tried owes for that already
 */
export function failureOfLeaving(
  closed: CloseReason,
  refusals: number,
  limits: FailureLimits,
): Failure | undefined {
  switch (closed) {
    case 'login-timeout':
      return { reason: 'login-timeout', ms: limits.penaltyLateMs };
    case 'protocol-error':
      return { reason: 'message-malformed', ms: limits.penaltyGarbageMs };
    // Endless requests that prove nothing, such as keys that are merely offered.
    case 'attempts-exceeded':
      return refusals > 0
        ? undefined
        : { reason: 'attempts-exceeded', ms: limits.penaltyRefusedMs };
    case 'client-left':
    case 'connection-lost':
      return refusals > 0 ? undefined : { reason: 'login-missing', ms: limits.penaltyMissingMs };
    case 'idle':
    case 'stalled':
    case 'administrator':
    case 'expired':
    case 'server-stopping':
    // One client may have killed the worker; the others that it had are not to blame.
    case 'worker-lost':
      return undefined;
  }
}
