import { refuse, succeed, type Outcome } from '../domain/faults.ts';
import type { Grant, GrantFacts, Location } from '../domain/grants.ts';
import type { Identity } from '../domain/identity.ts';
import type { Permission } from '../domain/permissions.ts';
import { parseVirtualPathText, segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';
import { allowedAt, isNamed, leadsToGrant, leadsToRule } from './rules.ts';

/** What is asked of a path. `overwrite` is asked when the name turns out to exist. */
export type Operation =
  'stat' | 'list' | 'read' | 'write' | 'overwrite' | 'setstat' | 'delete' | 'rename' | 'mkdir';

const needed: Readonly<Record<Exclude<Operation, 'stat'>, Permission>> = {
  list: 'list',
  read: 'read',
  write: 'write',
  overwrite: 'overwrite',
  setstat: 'write',
  delete: 'delete',
  rename: 'rename',
  mkdir: 'mkdir',
};

/**
 * Turns a request at a path into a `Grant` or a refusal; pure. What the identity may not even see is `not-found`, in the
 * words of a name that does not exist (compliance.md C01).
 */
export function decide(
  identity: Identity,
  viewed: VirtualPath,
  operation: Operation,
): Outcome<Grant> {
  const allowed = allowedAt(identity.rules, viewed);
  const leadsOn = leadsToGrant(identity.rules, viewed);
  const location = locate(identity, viewed);
  if (location === null || (allowed.size === 0 && !leadsOn)) return refuse('not-found');
  const listsAll = allowed.has('list') && !leadsToRule(identity.rules, viewed);
  const permitted =
    operation === 'stat' || allowed.has(needed[operation]) || (operation === 'list' && leadsOn);
  if (!permitted) return refuse('permission-denied', `you may not ${describe(operation)} here`);
  const sees =
    allowed.has('list') || allowed.has('read') || leadsOn || isNamed(identity.rules, viewed);
  const facts: GrantFacts = { identity, viewed, location, allowed, listsAll, ownOnly: !sees };
  return succeed(facts as Grant);
}

function describe(operation: Operation): string {
  switch (operation) {
    case 'write':
      return 'put files';
    case 'overwrite':
      return 'replace files';
    case 'setstat':
      return 'change attributes';
    case 'mkdir':
      return 'make directories';
    case 'stat':
    case 'list':
    case 'read':
    case 'delete':
    case 'rename':
      return operation;
  }
}

/** The directory of the State's view that holds the agencies' trees. */
export const agenciesDirectory = 'agencies';

/** Which tree a path means. Null where the path names what can't be the identity's to see. */
function locate(identity: Identity, viewed: VirtualPath): Location | null {
  const [first, code, ...rest] = segmentsOf(viewed);
  if (identity.agencyKind !== 'state' || first !== agenciesDirectory) {
    return { kind: 'entry', agencyCode: identity.agencyCode, path: viewed };
  }
  if (code === undefined) return { kind: 'agencies' };
  // The State's own tree is `/`; a second name for it would be a second set of rules for one file.
  if (code === identity.agencyCode) return null;
  return { kind: 'entry', agencyCode: code, path: parseVirtualPathText(`/${rest.join('/')}`) };
}
