import type { CertificateStanding } from '../accounts/certificate-standing.ts';
import { isAddressIn } from '../domain/addresses.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Certificate } from './certificate.ts';

export type CertifiedLogin = {
  readonly username: string;
  /** Where it comes from. */
  readonly address: string;
  readonly nowMs: number;
};

/** Why the user may not log in with a certificate there and now, whoever holds its key; null if nothing stands in the way. */
export function certificateRefusal(
  certificate: Certificate,
  { authority, isRevoked }: CertificateStanding,
  { username, address, nowMs }: CertifiedLogin,
): FaultCode | null {
  if (authority === undefined) return 'certificate-authority-unknown';
  if (!certificate.isSigned) return 'certificate-forged';
  if (authority.expiresAtMs !== null && authority.expiresAtMs <= nowMs)
    return 'certificate-authority-expired';
  if (isRevoked) return 'certificate-revoked';
  if (nowMs < certificate.validAfterMs) return 'certificate-early';
  if (certificate.validBeforeMs !== null && certificate.validBeforeMs <= nowMs)
    return 'certificate-expired';
  // None is no one: a certificate for everybody is nobody's (OpenSSH would ask for a name as well).
  if (!certificate.principals.includes(username)) return 'certificate-principal-missing';
  if (authority.principals.length > 0 && !authority.principals.includes(username))
    return 'certificate-principal-missing';
  if (certificate.sourceCidrs !== null && !isAddressIn(address, certificate.sourceCidrs))
    return 'certificate-address-not-allowed';
  return null;
}

/** When a login by the certificate ends: with it or with its authority; null is never. */
export function certificateEndMs(
  { validBeforeMs }: Certificate,
  { authority }: CertificateStanding,
): number | null {
  const ends = [validBeforeMs, authority?.expiresAtMs ?? null].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}
