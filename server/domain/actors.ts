import type { Actor } from './events.ts';
import type { IdentityFacts } from './identity.ts';

/** The user of a login as the ledger's rows name who did it; by a certificate, with what its authority calls that. */
export function userActor({
  userId,
  username,
  agencyCode: agency,
  certificates,
}: Pick<IdentityFacts, 'userId' | 'username' | 'agencyCode' | 'certificates'>): Actor {
  const [certificate] = certificates;
  const user = { kind: 'user', userId, username, agency } as const;
  return certificate === undefined ? user : { ...user, certificate: certificate.keyId };
}
