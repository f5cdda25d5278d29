/**
 * The one vocabulary of faults. Everything that Waybill refuses or fails at has a code from this table; each edge
 * (SFTP status, HTTP problem, CLI exit) translates the code once. The text is what a client sees unless the place that
 * refuses knows a better reason; it never holds a host path.
 */
export const faultTexts = {
  // names and files
  'not-found': 'no such file or directory',
  'parent-not-found': 'the parent directory does not exist',
  'already-exists': 'a file or directory of that name exists',
  'is-a-directory': 'that is a directory',
  'not-a-directory': 'that is not a directory',
  'directory-not-empty': 'the directory is not empty',
  'permission-denied': 'permission denied',
  'name-invalid': 'the name is not allowed',
  'path-too-long': 'the path is too long',
  'quota-exceeded': 'the quota is used up',
  'digest-mismatch': 'the content is not what its digest says',
  'storage-full': 'the server has no room left',
  'storage-failed': 'the server could not read or write its storage',
  'content-corrupt': 'the stored content failed its integrity check and is not served',
  'upload-incomplete': 'the upload of that file is not finished',
  'file-busy': 'the file is being received',
  held: 'the file is under a legal hold',
  'upload-superseded': 'a newer session took over this upload',
  // protocol
  'message-malformed': 'malformed request',
  'operation-unsupported': 'operation not supported',
  'handle-invalid': 'no such handle',
  'handle-limit': 'too many open handles',
  'range-invalid': 'the offset or length is out of range',
  'session-ended': 'the session has ended',
  'server-stopping': 'the server is stopping: connect again in a minute',
  'memory-short': 'the server is short of memory: try again in a minute',
  // authentication; the client sees none of these words
  'user-unknown': 'no such user',
  'user-disabled': 'the user is disabled',
  'user-expired': 'the user has expired',
  'address-not-allowed': 'the source address is not allowed',
  'method-not-allowed': 'that login method is not enabled for the user',
  'key-unknown': 'the key is not one of the user',
  'key-expired': 'the key has expired',
  'key-weak': 'the key or its signature algorithm is too weak',
  'signature-invalid': 'the signature does not verify',
  'touch-missing': 'the signature does not say that the security device was touched',
  'verification-missing': 'the signature does not say that a security device verified the user',
  'certificate-malformed': 'the certificate is damaged',
  'certificate-type-wrong': 'the certificate is not one for users',
  'certificate-option-unknown': 'the certificate has a critical option that is not taken',
  'certificate-authority-unknown': 'the certificate is not by an authority of the agency',
  'certificate-authority-expired': 'the authority of the certificate has expired',
  'certificate-forged': 'the certificate is not signed by its authority',
  'certificate-revoked': 'the certificate or its key is revoked',
  'certificate-early': 'the certificate is not valid yet',
  'certificate-expired': 'the certificate has expired',
  'certificate-principal-missing': 'the certificate is not for that user',
  'certificate-address-not-allowed': 'the certificate is not for logins from the source address',
  'password-wrong': 'wrong password',
  'password-temporary': 'the password was set by an administrator and has to be changed',
  'password-expired': 'the password has expired and has to be changed',
  'password-unacceptable': 'the new password is not acceptable',
  'code-wrong': 'wrong one-time code',
  'code-used': 'the one-time code was used before',
  'totp-missing': 'the user has no one-time codes',
  'totp-blocked': 'too many one-time codes were wrong, and none is taken any more',
  'second-factor-missing': 'one factor alone lets nobody in here',
  'proof-malformed': 'the proof of identity is malformed',
  'attempts-exceeded': 'too many attempts',
  'sessions-exceeded': 'too many sessions',
  'hashing-busy': 'too many logins at once',
  'algorithm-not-allowed': 'the algorithms of the connection are older than the agency may use',
  'account-locked': 'the account is locked after too many failed logins',
  // connections that are closed before anything is said
  'address-banned': 'the source address is banned for a while after too many failures',
  'connections-exceeded': 'too many connections',
  'connections-exceeded-from-source':
    'too many connections from one address that have not logged in',
  'connections-dropped': 'connections that have not logged in are being dropped at random',
  'connection-rate-exceeded': 'too many new connections from one address at once',
  'login-timeout': 'no login in time',
  'login-missing': 'the connection was closed without trying to log in',
  // administration
  'field-invalid': 'a field is not valid',
  'key-private': 'that is a private key; send only the public half',
  conflict: 'the change conflicts with what exists',
  'name-used': 'the name is in use or was used before',
  'precondition-failed': 'the resource is not as the request expects it',
  'idempotency-key-reused': 'the Idempotency-Key was used for another request',
  'request-under-way': 'a request with this Idempotency-Key is under way',
  'answer-lost': 'the request was carried out before, but its answer is gone',
  'rate-exceeded': 'too many requests',
  'agency-not-allowed': 'the API key is bound to an agency, and this is not for it',
  'approval-not-allowed': 'this key may not approve the change',
  'credentials-missing': 'an API key is needed',
  'credentials-wrong': 'the API key is not valid',
  'scope-missing': 'the API key does not carry the needed scope',
  'route-unknown': 'no such resource',
  'body-too-large': 'the request body is too large',
  'media-type-unsupported': 'the request body is of a kind that is not accepted',
  // the host: what keeps the server from starting; only the operator sees these, so their reasons may name paths
  'configuration-invalid': 'the configuration is not valid',
  'data-directory-in-use': 'another process uses the data directory',
  'data-directory-unusable': 'the data directory cannot be used',
  'database-unusable': 'the database cannot be used',
  'key-material-unusable': 'the key material cannot be used',
  'address-unavailable': 'the address cannot be listened on',
  // server
  'ledger-unavailable': 'the audit ledger cannot be written, so nothing may happen',
  'forwarding-failed': 'the audit ledger could not be forwarded',
  unavailable: 'the server is not available',
  internal: 'internal error',
} as const;

export type FaultCode = keyof typeof faultTexts;

/** A refusal as plain data: what crosses the monitor seam and what the ledger stores. */
export type Refusal = {
  readonly code: FaultCode;
  readonly reason: string;
  /** For `field-invalid`: JSON pointer of the field in the request. */
  readonly pointer?: string;
};

/** The result of anything that may be refused, in a form that survives `structuredClone`. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** A refusal on its way up to the one boundary of its request. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly pointer: string | undefined;

  constructor(
    code: FaultCode,
    reason: string = faultTexts[code],
    options?: ErrorOptions & { pointer?: string },
  ) {
    super(reason, options);
    this.code = code;
    this.pointer = options?.pointer;
  }

  toRefusal(): Refusal {
    return this.pointer === undefined
      ? { code: this.code, reason: this.message }
      : { code: this.code, reason: this.message, pointer: this.pointer };
  }

  static from(refusal: Refusal): Fault {
    return new Fault(
      refusal.code,
      refusal.reason,
      refusal.pointer === undefined ? undefined : { pointer: refusal.pointer },
    );
  }
}

export function succeed<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refuse(code: FaultCode, reason: string = faultTexts[code]): Outcome<never> {
  return { ok: false, refusal: { code, reason } };
}

/** The value of an outcome, or its refusal thrown as a `Fault`. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw Fault.from(outcome.refusal);
}

/** Whatever was thrown, as a refusal. Anything that is not a `Fault` is `internal` and says nothing of its cause. */
export function refusalOf(thrown: unknown): Refusal {
  return thrown instanceof Fault
    ? thrown.toRefusal()
    : { code: 'internal', reason: faultTexts['internal'] };
}
