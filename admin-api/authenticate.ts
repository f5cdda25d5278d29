import type { FastifyRequest } from 'fastify';
import type { AdminKey, AdminKeys } from '../server/accounts/admin-keys.ts';
import { hasScope, type AdminScope } from '../server/accounts/admin-scopes.ts';
import { Fault, type FaultCode } from '../server/domain/faults.ts';
import { addressOf } from './origin.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for the route. A route without it is not registered. */
    scope?: AdminScope | 'public';
    /** A read that makes no row of the ledger: it tells nothing of anyone's data. */
    isUnrecorded?: boolean;
    /** Whether a request of a method that changes something only reads. */
    isRead?: (request: FastifyRequest) => boolean;
    /** A public route that a source may ask as often as it may fail to authenticate. */
    isRated?: boolean;
    /** What it may refuse beyond what every route of its form may (`openapi/complete.ts`). */
    refusals?: readonly FaultCode[];
  }
  interface FastifyRequest {
    /** Whose key it is, once it was verified. */
    administrator: AdminKey | null;
    /** Of a change that took two administrators, the second. */
    approvedBy: AdminKey | null;
  }
}

/**
 * Lets a request through to a public route, or with a key.
 *
 * @throws Fault `credentials-missing`, `credentials-wrong`, `key-expired`, `address-not-allowed`
 */
export async function authenticate(adminKeys: AdminKeys, request: FastifyRequest): Promise<void> {
  const { scope } = request.routeOptions.config;
  if (scope === 'public' || request.is404) return;
  if (request.headers.authorization === undefined) {
    throw new Fault('credentials-missing', 'send an API key, as in Authorization: Bearer wb_...');
  }
  const secret = bearerSecret(request);
  if (secret === undefined) throw new Fault('credentials-wrong');
  request.administrator = await adminKeys.verifyAdminKey(secret, addressOf(request));
}

const refusals: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'credentials-missing',
  'credentials-wrong',
  'key-expired',
  'address-not-allowed',
]);

/** Whether that says that a key is no good, and not that it could not be looked at. */
export function isRefusedKey(thrown: unknown): boolean {
  return thrown instanceof Fault && refusals.has(thrown.code);
}

export function bearerSecret({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** A route without a scope is never registered; if one were, no key would do. @throws Fault `scope-missing` */
export function requireScope(request: FastifyRequest): void {
  const { administrator } = request;
  const { scope } = request.routeOptions.config;
  if (scope === 'public' || request.is404) return;
  if (administrator === null || scope === undefined || !hasScope(administrator, scope)) {
    throw new Fault(
      'scope-missing',
      `the API key does not carry the scope ${scope ?? 'of this route'}`,
    );
  }
}
