import type { FastifyRequest } from 'fastify';
import type { AdminKey, AdminKeys } from '../server/accounts/admin-keys.ts';
import { hasScope, type AdminScope } from '../server/accounts/admin-scopes.ts';
import { Fault } from '../server/domain/faults.ts';
import { addressOf } from './origin.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for the route. A route without it is not registered. */
    scope?: AdminScope | 'public';
  }
  interface FastifyRequest {
    /** Whose key it is, once it was verified. */
    administrator: AdminKey | null;
  }
}

/**
 * Lets a request through to a public route, or with a key that carries the scope of the route.
 *
 * @throws Fault `credentials-missing`, `credentials-wrong`, `key-expired`, `address-not-allowed`, `scope-missing`
 */
export async function authenticate(adminKeys: AdminKeys, request: FastifyRequest): Promise<void> {
  const { scope } = request.routeOptions.config;
  if (scope === 'public' || request.is404) return;
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new Fault('credentials-missing', 'send an API key, as in Authorization: Bearer wb_...');
  }
  const secret = /^Bearer +([^ ]+) *$/i.exec(header)?.[1];
  if (secret === undefined) throw new Fault('credentials-wrong');
  const key = await adminKeys.verifyAdminKey(secret, addressOf(request));
  request.administrator = key;
  // A route without a scope never gets this far; if one did, no key would do.
  if (scope === undefined || !hasScope(key, scope)) {
    throw new Fault(
      'scope-missing',
      `the API key does not carry the scope ${scope ?? 'of this route'}`,
    );
  }
}
