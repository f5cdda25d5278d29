import type { Accounts } from '../accounts/accounts.ts';
import type { CertificateStanding } from '../accounts/certificate-standing.ts';
import type { Database } from '../database/units.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { LoginControl } from './authentication.ts';
import { certificateEndMs } from './certificate-refusal.ts';
import { certifiedRefusal } from './identity.ts';
import { addressOf, type LiveSession } from './live-sessions.ts';
import { namesOf } from './presented-certificate.ts';
import type { CertifiedProof } from './proofs.ts';

export type LiveCertificateParts = {
  readonly accounts: Pick<Accounts, 'certificateStanding' | 'getAgency'>;
  readonly authentication: Pick<LoginControl, 'expireBy'>;
  readonly database: Database;
};

type Refused = { readonly session: LiveSession; readonly reason: FaultCode };

/** The logins of an agency that came by a certificate. @param agency its code */
export function certifiedOf(
  sessions: readonly LiveSession[],
  agency: string,
): readonly LiveSession[] {
  return sessions.filter(
    ({ agencyCode, certified }) => agencyCode === agency && certified.length > 0,
  );
}

/**
 * Holds live logins by certificates against what their agency says of those now: the others end when they would if
 * they logged in now.
 *
 * @param agency its code
 * @param sessions of it, by certificates
 * @returns those that would be refused
 */
export async function refusedCertificates(
  { accounts, authentication, database }: LiveCertificateParts,
  agency: string,
  sessions: readonly LiveSession[],
): Promise<readonly Refused[]> {
  const { id: agencyId } = await accounts.getAgency(agency);
  const refused: Refused[] = [];
  for (const session of sessions) {
    const { held, nowMs } = await database.read(async (reader) => {
      const held: Held[] = [];
      for (const proof of session.certified) {
        const names = namesOf(proof.certificate);
        held.push({ proof, standing: await accounts.certificateStanding(reader, agencyId, names) });
      }
      return { held, nowMs: reader.nowMs };
    });
    const reason = refusalOf(session, held, nowMs);
    const endMs = endMsOf(held);
    if (reason !== null) refused.push({ session, reason });
    else if (endMs !== null) authentication.expireBy(session.sessionId, endMs);
  }
  return refused;
}

type Held = { readonly proof: CertifiedProof; readonly standing: CertificateStanding };

function refusalOf(session: LiveSession, held: readonly Held[], nowMs: number): FaultCode | null {
  const login = { username: session.username, address: addressOf(session), nowMs };
  for (const { proof, standing } of held) {
    const refusal = certifiedRefusal(proof, standing, login);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Null is never. */
function endMsOf(held: readonly Held[]): number | null {
  const ends = held
    .map(({ proof, standing }) => certificateEndMs(proof.certificate, standing))
    .filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}
