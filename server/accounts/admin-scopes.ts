import { fieldInvalid } from './fields.ts';

/**
 * What a key may be allowed, one scope for each resource and verb; `*` is all of them, also those to come.
 *
 * With `admin-keys:write` a key makes others, with no scope and from no address that it has not itself, and that expire
 * no later than it does. Only `*` makes keys that outlive it: the initial key, good for a day, makes the lasting one.
 */
export const adminScopes = [
  '*',
  'agencies:read',
  'agencies:write',
  'users:read',
  'users:write',
  'keys:read',
  'keys:write',
  'passwords:write',
  'locks:read',
  'locks:write',
  'bans:read',
  'bans:write',
  'sessions:read',
  'sessions:write',
  'files:read',
  'files:write',
  'holds:read',
  'holds:write',
  'retention:read',
  'retention:write',
  'retention:run',
  'certificates:read',
  'receipts:read',
  'transfers:read',
  'events:read',
  'audit:read',
  'audit:review',
  'audit:redact',
  'audit:archive',
  'forwarders:read',
  'forwarders:write',
  'metrics:read',
  'admin-keys:read',
  'admin-keys:write',
  'pending-changes:read',
  'pending-changes:write',
] as const;
export type AdminScope = (typeof adminScopes)[number];

export function hasScope(
  key: { readonly scopes: readonly AdminScope[] },
  scope: AdminScope,
): boolean {
  return key.scopes.includes('*') || key.scopes.includes(scope);
}

/** @throws Fault `field-invalid` at `/scopes` */
export function checkScopes(scopes: unknown): readonly AdminScope[] {
  if (!Array.isArray(scopes) || scopes.length === 0 || new Set(scopes).size !== scopes.length) {
    throw fieldInvalid('/scopes', 'a list of different scopes, one at least');
  }
  scopes.forEach((scope: unknown, index) => {
    if (!adminScopes.includes(scope as AdminScope)) {
      throw fieldInvalid(`/scopes/${index}`, `one of ${adminScopes.join(', ')}`);
    }
  });
  return adminScopes.filter((scope) => scopes.includes(scope));
}
