import type { Proof } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { ConnectionState } from './connection-state.ts';

/**
 * Whether a refused proof is a failed login of the user, which counts towards a lock. It is only what was held against
 * what the user has: where even the right proof would have been refused (another address, a method that is not the
 * user's, a user who is disabled or locked already) nobody has learnt or tried anything, and who may log in only from
 * its own addresses is not locked from others. A key that the user does not have counts once for a connection, as
 * clients that sign without asking first (paramiko) try each key that they hold.
 */
export function countsForUser(
  connection: ConnectionState,
  proof: Proof | null | undefined,
  reason: FaultCode,
): boolean {
  if (proof?.kind === 'password') return reason === 'password-wrong';
  if (proof?.kind !== 'signature') return false;
  if (reason === 'signature-invalid') return true;
  if (reason !== 'key-unknown' && reason !== 'key-expired') return false;
  const isFirst = !connection.foreignKeyCounted;
  connection.foreignKeyCounted = true;
  return isFirst;
}

/** Refusals that are the server's doing, or a limit that a client with the right proof meets. */
const notTheSources: ReadonlySet<FaultCode> = new Set([
  'sessions-exceeded',
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
  return proof?.kind !== 'offer' && proof?.kind !== 'none' && !notTheSources.has(reason);
}
