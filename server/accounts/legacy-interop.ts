import type { Reader, Unit } from '../database/units.ts';
import { isAddressIn, isNarrow } from '../domain/addresses.ts';
import { needsLegacyInterop, type ServerAlgorithmProfile } from '../domain/algorithms.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { findAgency } from './agencies.ts';
import { checkShownName, fieldInvalid, isIntegerBetween } from './fields.ts';
import { LegacyAddresses } from './legacy-addresses.ts';
import { findLegacyGrant, grantsIn, shown, takeLegacyGrant } from './legacy-grant-rows.ts';
import type { LegacyGrant, WantedLegacyGrant } from './legacy-grant-rows.ts';
import { differences, pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { checkAllowedCidrs } from './user-fields.ts';

/** The last login of a user over what only a grant allows. */
export type LegacyUse = {
  readonly username: string;
  readonly logins: number;
  readonly lastAtMs: number;
  /** `address:port` */
  readonly lastFrom: string;
  readonly client: string;
  readonly algorithms: Readonly<Record<string, string>>;
};

export type LegacyNeed = {
  readonly agency: string;
  readonly grant: LegacyGrant | null;
  readonly users: readonly LegacyUse[];
};

export type LegacyLogin = {
  readonly userId: string;
  readonly agencyId: string;
  readonly address: string;
  /** `address:port` */
  readonly source: string;
  readonly client: string;
  readonly algorithms: Readonly<Record<string, string>>;
};

export type LegacyInterop = {
  /** In place of the one before. @throws Fault `field-invalid`, `not-found`, `conflict` where the server offers nothing older */
  grantLegacyInterop(
    origin: Origin,
    agency: string,
    wanted: WantedLegacyGrant,
  ): Promise<LegacyGrant>;
  /** @throws Fault `not-found`, also where there is none */
  endLegacyInterop(origin: Origin, agency: string): Promise<void>;
  /** @throws Fault `not-found`, also where there is none */
  getLegacyGrant(agency: string): Promise<LegacyGrant>;
  /** Every agency with a grant, or with a user who once needed one, and who that was, in the order of codes. */
  legacyReport(listing: {
    readonly limit: number;
    readonly after?: string | null;
    readonly agency?: string;
  }): Promise<Page<LegacyNeed>>;
  /**
   * Notes a login in the unit that accepts it, if it came over what only a grant allows.
   *
   * @returns when the login has to end; null where no grant is needed
   * @throws Fault `algorithm-not-allowed` without one for that agency and address
   */
  noteLegacyLogin(unit: Unit, login: LegacyLogin): Promise<number | null>;
  readonly legacyAddresses: LegacyAddresses;
  /** Reads the addresses of all grants, once; what is changed after that needs no look that could fail. */
  loadLegacyAddresses(): Promise<void>;
};

export type LegacyParts = Pick<AccountParts, 'database' | 'ledger' | 'algorithms'>;

const day = 24 * 60 * 60_000;
/** A grant is for as long as it takes to replace a program, and is asked for again after that. */
export const legacyGrantMsMax = 366 * day;

export function createLegacyInterop(parts: LegacyParts): LegacyInterop {
  const { database } = parts;
  const legacyAddresses = new LegacyAddresses();
  const profile = parts.algorithms ?? 'modern';
  return {
    grantLegacyInterop: async (origin, agency, wanted) => {
      const grant = await grantLegacyInterop(parts, profile, origin, agency, wanted);
      legacyAddresses.set(grant);
      return grant;
    },
    endLegacyInterop: async (origin, agency) => {
      await endLegacyInterop(parts, origin, agency);
      legacyAddresses.delete(agency);
    },
    getLegacyGrant: (agency) => database.read((reader) => findLegacyGrant(reader, agency)),
    legacyReport: async ({ limit, after = null, agency }) => {
      const needs = await database.read((reader) => legacyNeeds(reader, agency));
      // Grants are few, and so are those who need one.
      const behind = needs.filter((need) => need.agency > (after ?? ''));
      return pageOf(behind, pageLimit(limit), (need) => need.agency);
    },
    noteLegacyLogin: (unit, login) => noteLegacyLogin(profile, unit, login),
    legacyAddresses,
    loadLegacyAddresses: async () => {
      if (profile !== 'modern') return;
      for (const grant of await database.read((reader) => grantsIn(reader)))
        legacyAddresses.set(grant);
    },
  };
}

async function grantLegacyInterop(
  parts: LegacyParts,
  profile: ServerAlgorithmProfile,
  origin: Origin,
  code: string,
  wanted: WantedLegacyGrant,
): Promise<LegacyGrant> {
  if (profile !== 'modern')
    throw new Fault('conflict', `the server's algorithms are ${profile}: it offers none beside`);
  const allowedCidrs = checkCidrs(wanted.allowedCidrs);
  const reason = checkShownName(wanted.reason, '/reason');
  return parts.database.write(
    async (unit) => {
      const expiresAtMs = checkEnd(wanted.expiresAtMs, unit.nowMs);
      const agency = await findAgency(unit, code);
      const before = (await grantsIn(unit, code)).at(0);
      const set = {
        allowed_cidrs: JSON.stringify(allowedCidrs),
        reason,
        expires_at: expiresAtMs,
      };
      const grantedAtMs = before?.grantedAtMs ?? unit.nowMs;
      const grant = { agency: code, allowedCidrs, reason, expiresAtMs, grantedAtMs };
      if (before !== undefined && differences(shown(before), shown(grant)) === undefined)
        return before;
      await unit.query
        .insertInto('legacy_grants')
        .values({ agency_id: agency.id, ...set, granted_at: grantedAtMs })
        .onConflict((conflict) => conflict.column('agency_id').doUpdateSet(set))
        .execute();
      await recordChange(parts, unit, origin, {
        event: 'legacy-interop.granted.1',
        agency: code,
        before: before === undefined ? null : shown(before),
        after: shown(grant),
      });
      return grant;
    },
    { by: origin },
  );
}

async function endLegacyInterop(parts: LegacyParts, origin: Origin, code: string): Promise<void> {
  await parts.database.write(
    async (unit) => {
      await takeLegacyGrant(parts, unit, origin, await findLegacyGrant(unit, code));
    },
    { by: origin },
  );
}

function checkCidrs(given: unknown): readonly string[] {
  const cidrs = checkAllowedCidrs(given);
  if (cidrs.length === 0)
    throw fieldInvalid('/allowedCidrs', 'one address or CIDR block of the agency at least');
  cidrs.forEach((cidr, index) => {
    if (!isNarrow(cidr))
      throw fieldInvalid(`/allowedCidrs/${index}`, 'no block wider than /16 (IPv6 /32)');
  });
  return cidrs;
}

function checkEnd(given: unknown, nowMs: number): number {
  if (!isIntegerBetween(given, nowMs + 1, nowMs + legacyGrantMsMax))
    throw fieldInvalid('/expiresAt', 'a time to come, at most a year ahead');
  return given;
}

async function legacyNeeds(reader: Reader, code?: string): Promise<readonly LegacyNeed[]> {
  const grants = await grantsIn(reader, code);
  let select = reader.query
    .selectFrom('legacy_logins')
    .innerJoin('users', 'users.id', 'legacy_logins.user_id')
    .innerJoin('agencies', 'agencies.id', 'legacy_logins.agency_id')
    .selectAll('legacy_logins')
    .select(['users.username', 'agencies.code'])
    .where('users.status', '<>', 'removed')
    .where('agencies.removed_at', 'is', null);
  if (code !== undefined) select = select.where('agencies.code', '=', code);
  const rows = await select.orderBy('agencies.code').orderBy('users.username').execute();
  const codes = [
    ...new Set([...grants.map(({ agency }) => agency), ...rows.map((row) => row.code)]),
  ];
  return codes.toSorted().map((agency) => ({
    agency,
    grant: grants.find((grant) => grant.agency === agency) ?? null,
    users: rows
      .filter((row) => row.code === agency)
      .map((row) => ({
        username: row.username,
        logins: row.logins,
        lastAtMs: row.last_at,
        lastFrom: row.last_from,
        client: row.client,
        algorithms: JSON.parse(row.algorithms) as Readonly<Record<string, string>>,
      })),
  }));
}

async function noteLegacyLogin(
  profile: ServerAlgorithmProfile,
  unit: Unit,
  { userId, agencyId, address, source, client, algorithms }: LegacyLogin,
): Promise<number | null> {
  // In the others what is asked for here is theirs, or is not offered.
  if (profile !== 'modern' || !needsLegacyInterop(algorithms)) return null;
  const grant = await unit.query
    .selectFrom('legacy_grants')
    .select(['allowed_cidrs', 'expires_at'])
    .where('agency_id', '=', agencyId)
    .executeTakeFirst();
  if (
    grant === undefined ||
    grant.expires_at <= unit.nowMs ||
    !isAddressIn(address, JSON.parse(grant.allowed_cidrs) as readonly string[])
  )
    throw new Fault('algorithm-not-allowed');
  const last = {
    last_at: unit.nowMs,
    last_from: source,
    client,
    algorithms: JSON.stringify(algorithms),
  };
  await unit.query
    .insertInto('legacy_logins')
    .values({ user_id: userId, agency_id: agencyId, logins: 1, ...last })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((update) => ({ ...last, logins: update('legacy_logins.logins', '+', 1) })),
    )
    .execute();
  return grant.expires_at;
}
