import type { Proof } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { ConnectionState } from './connection-state.ts';

/** A key or a certificate that does not, or not any more, let the user in. */
const foreign: ReadonlySet<FaultCode> = new Set([
  'key-unknown',
  'key-expired',
  'certificate-authority-unknown',
  'certificate-authority-expired',
  'certificate-forged',
  'certificate-revoked',
  'certificate-early',
  'certificate-expired',
  'certificate-principal-missing',
]);

/** Passwords and codes, in whatever way they came. */
const typed: ReadonlySet<Proof['kind']> = new Set(['password', 'password-change', 'answers']);

/** Whether it is a password or a code: that could be guessed. */
export function isTyped(proof: Proof | null | undefined): boolean {
  return proof !== null && proof !== undefined && typed.has(proof.kind);
}

/**
 * Whether a refused proof is a failed login of the user, which counts towards a lock. It is only what was held against
 * what the user has: where even the right proof would have been refused (another address, a method that is not the
 * user's, a user who is disabled or locked already) nobody has learnt or tried anything, and who may log in only from
 * its own addresses is not locked from others. A key that the user does not have (or a certificate that is not the user's)
 * counts once for a connection, as clients that sign without asking first (paramiko) try each key that they hold.
 */
export function countsForUser(
  connection: ConnectionState,
  proof: Proof | null | undefined,
  reason: FaultCode,
): boolean {
  if (isTyped(proof)) return reason === 'password-wrong' || reason === 'code-wrong';
  if (proof?.kind !== 'signature') return false;
  if (reason === 'signature-invalid') return true;
  if (!foreign.has(reason)) return false;
  const isFirst = !connection.foreignKeyCounted;
  connection.foreignKeyCounted = true;
  return isFirst;
}

/** Refusals that are the server's doing, or a limit that a client with the right proof meets. */
const notTheSources: ReadonlySet<FaultCode> = new Set([
  'sessions-exceeded',
  'password-temporary',
  'password-expired',
  'password-unacceptable',
  'algorithm-not-allowed',
  'session-ended',
  'hashing-busy',
  'ledger-unavailable',
  'database-unusable',
  'storage-full',
  'storage-failed',
  'unavailable',
  'internal',
]);

/** Whether a refusal speaks against the source. Keys that are merely offered, and `none`, do not. */
export function countsForSource(proof: Proof | null | undefined, reason: FaultCode): boolean {
  return (
    proof?.kind !== 'offer' &&
    proof?.kind !== 'none' &&
    proof?.kind !== 'interactive' &&
    !notTheSources.has(reason)
  );
}
