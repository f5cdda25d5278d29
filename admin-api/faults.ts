import type { FastifyError, FastifyReply } from 'fastify';
import {
  Fault,
  faultTexts,
  refusalOf,
  type FaultCode,
  type Refusal,
} from '../server/domain/faults.ts';

/** The one translation of faults to HTTP. */
export const statusOf: Readonly<Record<FaultCode, number>> = {
  'not-found': 404,
  'parent-not-found': 404,
  'already-exists': 409,
  'is-a-directory': 409,
  'not-a-directory': 409,
  'directory-not-empty': 409,
  'permission-denied': 403,
  'name-invalid': 400,
  'path-too-long': 400,
  'quota-exceeded': 507,
  'digest-mismatch': 400,
  'storage-full': 507,
  'storage-failed': 500,
  'content-corrupt': 500,
  'upload-incomplete': 409,
  'file-busy': 409,
  held: 409,
  'upload-superseded': 409,
  'message-malformed': 400,
  'operation-unsupported': 501,
  'handle-invalid': 409,
  'handle-limit': 503,
  'range-invalid': 416,
  'session-ended': 409,
  'server-stopping': 503,
  'memory-short': 503,
  'user-unknown': 404,
  'user-disabled': 403,
  'user-expired': 403,
  'address-not-allowed': 403,
  'method-not-allowed': 403,
  'key-unknown': 404,
  'key-expired': 401,
  'key-weak': 400,
  'signature-invalid': 403,
  'touch-missing': 403,
  'verification-missing': 403,
  'certificate-malformed': 400,
  'certificate-type-wrong': 400,
  'certificate-option-unknown': 403,
  'certificate-authority-unknown': 403,
  'certificate-authority-expired': 403,
  'certificate-forged': 403,
  'certificate-revoked': 403,
  'certificate-early': 403,
  'certificate-expired': 403,
  'certificate-principal-missing': 403,
  'certificate-address-not-allowed': 403,
  'password-wrong': 403,
  'password-temporary': 403,
  'password-expired': 403,
  'password-unacceptable': 403,
  'code-wrong': 403,
  'code-used': 403,
  'totp-missing': 403,
  'totp-blocked': 403,
  'second-factor-missing': 403,
  'proof-malformed': 400,
  'attempts-exceeded': 429,
  'sessions-exceeded': 429,
  'hashing-busy': 503,
  'account-locked': 403,
  'algorithm-not-allowed': 403,
  'address-banned': 403,
  'connections-exceeded': 503,
  'connections-exceeded-from-source': 503,
  'connections-dropped': 503,
  'connection-rate-exceeded': 503,
  'login-timeout': 403,
  'login-missing': 403,
  'field-invalid': 400,
  'key-private': 400,
  conflict: 409,
  'name-used': 409,
  'precondition-failed': 412,
  'idempotency-key-reused': 422,
  'request-under-way': 409,
  'answer-lost': 409,
  'rate-exceeded': 429,
  'agency-not-allowed': 403,
  'approval-not-allowed': 403,
  'credentials-missing': 401,
  'credentials-wrong': 401,
  'scope-missing': 403,
  'route-unknown': 404,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'configuration-invalid': 500,
  'data-directory-in-use': 500,
  'data-directory-unusable': 500,
  'database-unusable': 500,
  'key-material-unusable': 500,
  'address-unavailable': 500,
  'ledger-unavailable': 503,
  'forwarding-failed': 503,
  unavailable: 503,
  internal: 500,
};

/** Faults of the host, whose reasons may name paths and ids: outside they are internal errors. */
const hostFaults: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'configuration-invalid',
  'data-directory-in-use',
  'data-directory-unusable',
  'database-unusable',
  'key-material-unusable',
  'address-unavailable',
  'internal',
]);

const retryAfterSeconds = 5;
export const problemType = 'application/problem+json';

/** A field of a request, and what is accepted there. The pointer is into the body, or names a query parameter. */
export type FieldProblem = { readonly pointer: string; readonly detail: string };

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FaultCode;
  readonly errors: FieldProblem[];
  readonly requestId: string;
};

/** Whatever was thrown, as what the client may know of it (RFC 9457). */
export function problemOf(thrown: unknown, requestId: string): Problem {
  const { code, reason, errors } = tellable(thrown);
  return {
    type: `urn:waybill:problem:${code}`,
    title: faultTexts[code],
    status: statusOf[code],
    detail: reason,
    code,
    errors,
    requestId,
  };
}

/** The problem of a code, as the description of the API shows it. */
export function problemExample(code: FaultCode): Problem {
  const errors =
    code === 'field-invalid'
      ? [{ pointer: '/displayName', detail: 'text of 1 to 200 characters on one line' }]
      : [];
  return { ...problemOf(new Fault(code), '5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b'), errors };
}

type Told = Refusal & { readonly errors: FieldProblem[] };

function tellable(thrown: unknown): Told {
  const fields = fieldsOf(thrown);
  if (fields !== undefined)
    return { code: 'field-invalid', reason: faultTexts['field-invalid'], errors: fields };
  const refusal =
    thrown instanceof Fault ? thrown.toRefusal() : (refusalOfFastify(thrown) ?? refusalOf(thrown));
  if (hostFaults.has(refusal.code))
    return { code: 'internal', reason: faultTexts.internal, errors: [] };
  const { code, reason, pointer } = refusal;
  const errors = pointer === undefined ? [] : [{ pointer, detail: reason }];
  return {
    code,
    reason: code === 'field-invalid' && pointer !== undefined ? `${pointer}: ${reason}` : reason,
    errors,
  };
}

/** What `validation.ts` found, in the shape that Fastify carries it. */
function fieldsOf(thrown: unknown): FieldProblem[] | undefined {
  const found = thrown instanceof Error ? (thrown as Partial<FastifyError>).validation : undefined;
  return found?.map(({ instancePath, message = '' }) => ({
    pointer: instancePath,
    detail: message,
  }));
}

/** Refusals that Fastify makes by itself, by its error codes. */
function refusalOfFastify(thrown: unknown): Refusal | undefined {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { code: 'body-too-large', reason: faultTexts['body-too-large'] };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        code: 'media-type-unsupported',
        reason: 'send JSON, with Content-Type: application/json',
      };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return {
        code: 'message-malformed',
        reason: 'the body is empty, but Content-Type says that it is JSON',
      };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { code: 'route-unknown', reason: faultTexts['route-unknown'] };
    default:
      return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
        ? { code: 'message-malformed', reason: 'the request is not well-formed' }
        : undefined;
  }
}

/** What a handler may have said of the answer that it did not get to give. */
const headersOfSuccess = ['content-disposition', 'etag', 'location', 'repr-digest'];

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  for (const name of headersOfSuccess) void reply.removeHeader(name);
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="waybill"');
  if (problem.status === 503) void reply.header('retry-after', String(retryAfterSeconds));
  // RFC 9110 section 15.5.16.
  if (problem.status === 415) void reply.header('accept-encoding', 'identity');
  return reply.code(problem.status).type(problemType).send(problem);
}

/** The answer to what is not even a request: there is no reply object to answer it with. */
export function rawProblem(error: Error & { code?: string }): string {
  const [status, phrase] = rawStatuses[error.code ?? ''] ?? [400, 'Bad Request'];
  const body = JSON.stringify({
    type: 'urn:waybill:problem:message-malformed',
    title: faultTexts['message-malformed'],
    status,
    detail: phrase,
    code: 'message-malformed',
    errors: [],
    // Nothing in the log has a name for it.
    requestId: '',
  });
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const rawStatuses: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};
