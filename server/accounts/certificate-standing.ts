import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';

export const revocationKinds = ['serial', 'key-id', 'key'] as const;
export type RevocationKind = (typeof revocationKinds)[number];

/** An authority as a login needs to know it. */
export type LoginAuthority = {
  readonly fingerprint: string;
  /** User names; none is every user of the agency. */
  readonly principals: readonly string[];
  readonly verifyRequired: boolean;
  readonly expiresAtMs: number | null;
};

/** What an agency says of a certificate now. */
export type CertificateStanding = {
  /** Undefined: the agency has no such authority. */
  readonly authority: LoginAuthority | undefined;
  readonly isRevoked: boolean;
};

/** What a certificate is looked for by. */
export type CertificateNames = {
  /** Fingerprints. */
  readonly authority: string;
  readonly key: string;
  readonly serial: string;
  readonly keyId: string;
};

const authorityOf = prepare((query, given: { agencyId: string; fingerprint: string }) =>
  query
    .selectFrom('user_cas')
    .select(['fingerprint', 'principals', 'verify_required', 'expires_at'])
    .where('agency_id', '=', given.agencyId)
    .where('fingerprint', '=', given.fingerprint),
);

const revocationOf = prepare(
  (query, given: { agencyId: string; kind: RevocationKind; value: string; authority: string }) =>
    query
      .selectFrom('certificate_revocations')
      .select('id')
      .where('agency_id', '=', given.agencyId)
      .where('kind', '=', given.kind)
      .where('value', '=', given.value)
      .where('authority', 'in', ['', given.authority]),
);

/** Asked for an unknown agency too, so that both take the same steps. */
export async function certificateStanding(
  reader: Reader | Unit,
  agencyId: string,
  { authority: fingerprint, key, serial, keyId }: CertificateNames,
): Promise<CertificateStanding> {
  const row = await authorityOf.first(reader, { agencyId, fingerprint });
  const named = [
    { kind: 'serial', value: serial },
    { kind: 'key-id', value: keyId },
    { kind: 'key', value: key },
  ] as const;
  let isRevoked = false;
  for (const { kind, value } of named) {
    const names = { agencyId, kind, value, authority: fingerprint };
    if ((await revocationOf.first(reader, names)) !== undefined) isRevoked = true;
  }
  const authority: LoginAuthority | undefined = row && {
    fingerprint: row.fingerprint,
    principals: JSON.parse(row.principals) as readonly string[],
    verifyRequired: row.verify_required === 1,
    expiresAtMs: row.expires_at,
  };
  return { authority, isRevoked };
}
