import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import { findAgency } from './agencies.ts';
import type { RevocationKind } from './certificate-standing.ts';
import { checkShownName, fieldInvalid } from './fields.ts';
import { pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';

/** What no certificate of an agency lets in: one by its number or name, or whatever certifies a key. */
export type CertificateRevocation = {
  readonly id: string;
  /** The agency's code. */
  readonly agency: string;
  readonly kind: RevocationKind;
  /** A serial in decimal, a key id, or the fingerprint of a certified key. */
  readonly value: string;
  /** Fingerprint of the one authority that it is about; null is any. */
  readonly authority: string | null;
  readonly reason: string;
  readonly createdAtMs: number;
};

export type WantedRevocation = Pick<
  CertificateRevocation,
  'kind' | 'value' | 'authority' | 'reason'
>;

export type RevocationListing = {
  readonly limit: number;
  /** Id where the page before ended. */
  readonly after?: string | null;
};

export type CertificateRevocations = {
  /** @throws Fault `not-found`, `field-invalid`, `conflict` where that is revoked already */
  revokeCertificate(
    origin: Origin,
    agency: string,
    wanted: WantedRevocation,
  ): Promise<CertificateRevocation>;
  /** @throws Fault `not-found` */
  getRevocation(agency: string, id: string): Promise<CertificateRevocation>;
  /** The oldest first. @throws Fault `not-found` */
  listRevocations(agency: string, listing: RevocationListing): Promise<Page<CertificateRevocation>>;
  /** @throws Fault `not-found` */
  removeRevocation(origin: Origin, agency: string, id: string): Promise<void>;
};

type RevocationParts = Pick<AccountParts, 'database' | 'ledger' | 'randomBytes'>;
type RevocationRow = Row<'certificate_revocations'>;

export function createCertificateRevocations(parts: RevocationParts): CertificateRevocations {
  const { database } = parts;
  return {
    revokeCertificate: (origin, agency, wanted) => revoke(parts, origin, agency, wanted),
    getRevocation: (agency, id) => database.read((reader) => findRevocation(reader, agency, id)),
    listRevocations: (agency, { limit, after = null }) =>
      database.read(async (reader) => {
        const most = pageLimit(limit);
        const { id: agencyId } = await findAgency(reader, agency);
        let select = selectRevocations(reader, agencyId);
        if (after !== null) select = select.where('id', '>', after);
        const rows = await select
          .orderBy('id')
          .limit(most + 1)
          .execute();
        const items = rows.map((row) => revocationOf(agency, row));
        return pageOf(items, most, ({ id }) => id);
      }),
    removeRevocation: (origin, agency, id) => reinstate(parts, origin, agency, id),
  };
}

async function revoke(
  parts: RevocationParts,
  origin: Origin,
  agency: string,
  { kind, value, authority, reason }: WantedRevocation,
): Promise<CertificateRevocation> {
  checkValue(kind, value);
  if (authority !== null && !isFingerprint(authority))
    throw fieldInvalid('/authority', 'the fingerprint of an authority, SHA256:...');
  // Each authority counts for itself.
  if (kind === 'serial' && authority === null)
    throw fieldInvalid('/authority', 'a serial is revoked of one authority: its fingerprint');
  const told = checkShownName(reason, '/reason');
  return parts.database.write(
    async (unit) => {
      const { id: agencyId } = await findAgency(unit, agency);
      const row: RevocationRow = {
        id: timeOrderedId(unit.nowMs, parts.randomBytes(idRandomBytes)),
        agency_id: agencyId,
        kind,
        value,
        authority: authority ?? '',
        reason: told,
        created_at: unit.nowMs,
      };
      const equal = await selectRevocations(unit, agencyId)
        .where('kind', '=', kind)
        .where('value', '=', value)
        .where('authority', '=', row.authority)
        .executeTakeFirst();
      if (equal !== undefined) throw new Fault('conflict', 'that is revoked already');
      await unit.query.insertInto('certificate_revocations').values(row).execute();
      const revocation = revocationOf(agency, row);
      await recordChange(parts, unit, origin, {
        event: 'user-certificate.revoked.1',
        agency,
        before: null,
        after: recordOf(revocation),
      });
      return revocation;
    },
    { by: origin },
  );
}

async function reinstate(
  parts: RevocationParts,
  origin: Origin,
  agency: string,
  id: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const before = await findRevocation(unit, agency, id);
      await unit.query.deleteFrom('certificate_revocations').where('id', '=', id).execute();
      await recordChange(parts, unit, origin, {
        event: 'user-certificate.reinstated.1',
        agency,
        before: recordOf(before),
        after: null,
      });
    },
    { by: origin },
  );
}

const serialMax = 0xffff_ffff_ffff_ffffn;
const keyIdBytesMax = 255;

function checkValue(kind: RevocationKind, value: string): void {
  switch (kind) {
    case 'serial':
      // What every certificate without a number has would revoke them all.
      if (!/^[1-9]\d{0,19}$/.test(value) || BigInt(value) > serialMax)
        throw fieldInvalid('/value', 'a serial from 1 to 18446744073709551615');
      return;
    case 'key-id':
      if (value === '' || Buffer.byteLength(value) > keyIdBytesMax || /\p{C}/u.test(value))
        throw fieldInvalid('/value', `a key id of 1 to ${keyIdBytesMax} bytes`);
      return;
    case 'key':
      if (!isFingerprint(value))
        throw fieldInvalid('/value', 'the fingerprint of a certified key, SHA256:...');
  }
}

function isFingerprint(text: string): boolean {
  return /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);
}

/** @throws Fault `not-found` */
export async function findRevocation(
  reader: Reader | Unit,
  agency: string,
  id: string,
): Promise<CertificateRevocation> {
  const { id: agencyId } = await findAgency(reader, agency);
  const row = await selectRevocations(reader, agencyId).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such revocation');
  return revocationOf(agency, row);
}

function selectRevocations({ query }: Reader | Unit, agencyId: string) {
  return query.selectFrom('certificate_revocations').selectAll().where('agency_id', '=', agencyId);
}

/** What the ledger keeps of a revocation. */
function recordOf({ id, kind, value, authority, reason }: CertificateRevocation): object {
  return { id, kind, value, authority, reason };
}

function revocationOf(agency: string, row: RevocationRow): CertificateRevocation {
  return {
    id: row.id,
    agency,
    kind: row.kind,
    value: row.value,
    authority: row.authority === '' ? null : row.authority,
    reason: row.reason,
    createdAtMs: row.created_at,
  };
}
