import type { Unit } from '../database/units.ts';
import type { LedgerEvent, Origin } from '../domain/events.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { passwordPolicies } from './password-policies.ts';

type WarningParts = Pick<AccountParts, 'database' | 'ledger' | 'profile'>;

/** What will end: who has it, and how many days before the end it is told of. */
type Ending = {
  readonly kind: 'key' | 'password' | 'user-ca';
  /** Id of the key, of the user, or of the authority. */
  readonly subject: string;
  readonly endsAtMs: number;
  readonly event: LedgerEvent;
};

const daysBefore = [7, 30] as const;
const dayMs = 24 * 60 * 60_000;
const rowsPerUnit = 100;
const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

/**
 * Writes a row of the ledger, and so a line of the log and a count of the metrics, for each key and password of an active
 * user, and each authority of an agency, that ends within 30 days, and once more within 7: a job of the night does not read
 * what a client is told. A key that another one takes over from is told of no more.
 */
export async function warnOfExpiries(parts: WarningParts): Promise<void> {
  for (const days of daysBefore) {
    await warnAll(parts, days, (unit) => endingKeys(unit, days));
    await warnAll(parts, days, (unit) => endingCas(unit, days));
    const { personMsMax, serviceMsMax } = passwordPolicies[parts.profile ?? 'baseline'];
    for (const [kind, ageMsMax] of [
      ['person', personMsMax],
      ['service', serviceMsMax],
    ] as const)
      if (ageMsMax !== null)
        await warnAll(parts, days, (unit) => endingPasswords(unit, { days, kind, ageMsMax }));
  }
  await parts.database.write(async ({ query, nowMs }) => {
    await query.deleteFrom('expiry_warnings').where('ends_at', '<', nowMs).execute();
  });
}

/** In units that hold nobody up. */
async function warnAll(
  parts: WarningParts,
  days: number,
  find: (unit: Unit) => Promise<readonly Ending[]>,
): Promise<void> {
  for (let found = rowsPerUnit; found === rowsPerUnit;)
    found = await parts.database.write(async (unit) => {
      const endings = await find(unit);
      for (const { kind, subject, endsAtMs, event } of endings) {
        const set = { ends_at: endsAtMs, days };
        await unit.query
          .insertInto('expiry_warnings')
          .values({ kind, subject, ...set })
          .onConflict((conflict) => conflict.columns(['kind', 'subject']).doUpdateSet(set))
          .execute();
        await recordChange(parts, unit, serverOrigin, event);
      }
      return endings.length;
    });
}

async function endingKeys({ query, nowMs }: Unit, days: number): Promise<readonly Ending[]> {
  const rows = await query
    .selectFrom('user_keys')
    .innerJoin('users', 'users.id', 'user_keys.user_id')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('expiry_warnings', (join) =>
      join
        .onRef('expiry_warnings.subject', '=', 'user_keys.id')
        .on('expiry_warnings.kind', '=', 'key'),
    )
    .select(['user_keys.id', 'user_keys.fingerprint', 'user_keys.expires_at'])
    .select(['users.username', 'agencies.code as agency'])
    .where('users.status', '=', 'active')
    .where('user_keys.replaced_by', 'is', null)
    .where('user_keys.expires_at', '>', nowMs)
    .where('user_keys.expires_at', '<=', nowMs + days * dayMs)
    .where((where) =>
      where.or([
        where('expiry_warnings.days', 'is', null),
        where('expiry_warnings.days', '>', days),
        // Its end was moved since.
        where('expiry_warnings.ends_at', '<>', where.ref('user_keys.expires_at')),
      ]),
    )
    .orderBy('user_keys.expires_at')
    .orderBy('user_keys.id')
    .limit(rowsPerUnit)
    .execute();
  return rows.map(({ id, fingerprint, expires_at, username, agency }) => {
    const endsAtMs = expires_at!;
    const expiresAt = new Date(endsAtMs).toISOString();
    const event = { event: 'key.expiring.1', username, agency, fingerprint, expiresAt } as const;
    return { kind: 'key' as const, subject: id, endsAtMs, event };
  });
}

async function endingCas({ query, nowMs }: Unit, days: number): Promise<readonly Ending[]> {
  const rows = await query
    .selectFrom('user_cas')
    .innerJoin('agencies', 'agencies.id', 'user_cas.agency_id')
    .leftJoin('expiry_warnings', (join) =>
      join
        .onRef('expiry_warnings.subject', '=', 'user_cas.id')
        .on('expiry_warnings.kind', '=', 'user-ca'),
    )
    .select(['user_cas.id', 'user_cas.fingerprint', 'user_cas.expires_at'])
    .select('agencies.code as agency')
    .where('agencies.removed_at', 'is', null)
    .where('user_cas.expires_at', '>', nowMs)
    .where('user_cas.expires_at', '<=', nowMs + days * dayMs)
    .where((where) =>
      where.or([
        where('expiry_warnings.days', 'is', null),
        where('expiry_warnings.days', '>', days),
        // Its end was moved since.
        where('expiry_warnings.ends_at', '<>', where.ref('user_cas.expires_at')),
      ]),
    )
    .orderBy('user_cas.expires_at')
    .limit(rowsPerUnit)
    .execute();
  return rows.map(({ id, fingerprint, expires_at, agency }) => {
    const endsAtMs = expires_at!;
    const expiresAt = new Date(endsAtMs).toISOString();
    const event = { event: 'user-ca.expiring.1', agency, fingerprint, expiresAt } as const;
    return { kind: 'user-ca' as const, subject: id, endsAtMs, event };
  });
}

async function endingPasswords(
  { query, nowMs }: Unit,
  {
    days,
    kind,
    ageMsMax,
  }: { readonly days: number; readonly kind: 'person' | 'service'; readonly ageMsMax: number },
): Promise<readonly Ending[]> {
  const rows = await query
    .selectFrom('user_passwords')
    .innerJoin('users', 'users.id', 'user_passwords.user_id')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('expiry_warnings', (join) =>
      join
        .onRef('expiry_warnings.subject', '=', 'user_passwords.user_id')
        .on('expiry_warnings.kind', '=', 'password'),
    )
    .select(['users.id', 'users.username', 'user_passwords.set_at', 'agencies.code as agency'])
    .where('users.status', '=', 'active')
    .where('users.account_kind', '=', kind)
    .where('user_passwords.set_at', '>', nowMs - ageMsMax)
    .where('user_passwords.set_at', '<=', nowMs - ageMsMax + days * dayMs)
    .where((where) =>
      where.or([
        where('expiry_warnings.days', 'is', null),
        where('expiry_warnings.days', '>', days),
      ]),
    )
    .orderBy('user_passwords.set_at')
    .limit(rowsPerUnit)
    .execute();
  return rows.map(({ id, username, set_at, agency }) => {
    const endsAtMs = set_at + ageMsMax;
    const expiresAt = new Date(endsAtMs).toISOString();
    const event = { event: 'password.expiring.1', username, agency, expiresAt } as const;
    return { kind: 'password' as const, subject: id, endsAtMs, event };
  });
}
