import type { FaultCode, Refusal } from '../domain/faults.ts';
import { status, type StatusCode } from './protocol.ts';

/**
 * The one translation of faults to SFTP statuses. A name that does not exist, or whose parent does not, is NO_SUCH_FILE
 * and never PERMISSION_DENIED: curl only makes missing directories after the former (clients.md).
 */
const statusOf: Partial<Readonly<Record<FaultCode, StatusCode>>> = {
  'not-found': status.NO_SUCH_FILE,
  'parent-not-found': status.NO_SUCH_FILE,
  'name-invalid': status.NO_SUCH_FILE,
  'path-too-long': status.NO_SUCH_FILE,
  'permission-denied': status.PERMISSION_DENIED,
  held: status.PERMISSION_DENIED,
  'message-malformed': status.BAD_MESSAGE,
  'operation-unsupported': status.OP_UNSUPPORTED,
  'session-ended': status.CONNECTION_LOST,
  unavailable: status.NO_CONNECTION,
};

/** Faults of the server's own, whose reasons are not for clients. */
const wordless: Partial<Readonly<Record<FaultCode, string>>> = {
  internal: 'internal error; the server has recorded it',
  'key-material-unusable': 'internal error; the server has recorded it',
  'ledger-unavailable': 'the server cannot record the operation and does nothing',
};

export function statusFor(refusal: Refusal): { readonly code: StatusCode; readonly text: string } {
  return {
    code: statusOf[refusal.code] ?? status.FAILURE,
    text: wordless[refusal.code] ?? refusal.reason,
  };
}
