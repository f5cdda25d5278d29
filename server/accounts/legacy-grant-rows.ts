import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';

export type LegacyGrant = {
  /** The agency's code. */
  readonly agency: string;
  readonly allowedCidrs: readonly string[];
  readonly reason: string;
  readonly expiresAtMs: number;
  readonly grantedAtMs: number;
};

export type WantedLegacyGrant = Pick<LegacyGrant, 'allowedCidrs' | 'reason' | 'expiresAtMs'>;

/** As the ledger shows it. */
export function shown({ allowedCidrs, reason, expiresAtMs }: WantedLegacyGrant): object {
  return { allowedCidrs, reason, expiresAt: new Date(expiresAtMs).toISOString() };
}

/** In the order of codes; none of agencies that were removed. */
export async function grantsIn(
  { query }: Reader | Unit,
  code?: string,
): Promise<readonly LegacyGrant[]> {
  let select = query
    .selectFrom('legacy_grants')
    .innerJoin('agencies', 'agencies.id', 'legacy_grants.agency_id')
    .selectAll('legacy_grants')
    .select('agencies.code')
    .where('agencies.removed_at', 'is', null);
  if (code !== undefined) select = select.where('agencies.code', '=', code);
  const rows = await select.orderBy('agencies.code').execute();
  return rows.map((row) => ({
    agency: row.code,
    allowedCidrs: JSON.parse(row.allowed_cidrs),
    reason: row.reason,
    expiresAtMs: row.expires_at,
    grantedAtMs: row.granted_at,
  }));
}

/** @throws Fault `not-found` */
export async function findLegacyGrant(reader: Reader | Unit, code: string): Promise<LegacyGrant> {
  const grant = (await grantsIn(reader, code)).at(0);
  if (grant === undefined) throw new Fault('not-found', 'the agency has no such grant');
  return grant;
}

/** Takes it away in the unit of a change, with a row of its own. */
export async function takeLegacyGrant(
  parts: Pick<AccountParts, 'ledger'>,
  unit: Unit,
  origin: Origin,
  grant: LegacyGrant,
): Promise<void> {
  await unit.query
    .deleteFrom('legacy_grants')
    .where('agency_id', 'in', (query) =>
      query.selectFrom('agencies').select('id').where('code', '=', grant.agency),
    )
    .execute();
  await recordChange(parts, unit, origin, {
    event: 'legacy-interop.ended.1',
    agency: grant.agency,
    before: shown(grant),
    after: null,
  });
}
