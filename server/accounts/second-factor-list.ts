import type { Reader, Unit } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import { wrongCodesMax } from './one-time-code.ts';
import { pageLimit, pageOf } from './parts.ts';
import type { Page } from './parts.ts';

/** `pending`: a secret was made, and no code of it was seen yet. */
export type TotpState = 'none' | 'pending' | 'confirmed';
export const totpStates = ['none', 'pending', 'confirmed'] as const;

export type SecondFactor = {
  readonly username: string;
  /** The agency's code. */
  readonly agency: string;
  readonly state: TotpState;
  /** Whether one of the user's ways to log in takes a code. */
  readonly isAskedFor: boolean;
  readonly confirmedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  /** By how many steps of 30 s the authenticator was ahead when it was used last. */
  readonly driftSteps: number;
  readonly recoveryCodesLeft: number;
  /** So many codes were wrong in a row that none is taken but a recovery code. */
  readonly isBlocked: boolean;
};

export type FactorListing = {
  readonly limit: number;
  readonly after?: string | null;
  readonly state?: TotpState;
  /** The code of an agency. */
  readonly agency?: string;
};

/** @throws Fault `not-found` */
export async function findFactor(reader: Reader, username: string): Promise<SecondFactor> {
  const row = await selectFactors(reader).where('users.username', '=', username).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such user');
  return factorOf(row, await recoveryCodesLeft(reader, [row.id]));
}

export async function listFactors(
  reader: Reader,
  { limit, after = null, state, agency }: FactorListing,
): Promise<Page<SecondFactor>> {
  const most = pageLimit(limit);
  let select = selectFactors(reader).where('users.username', '>', after ?? '');
  if (agency !== undefined) {
    const id = reader.query.selectFrom('agencies').select('id').where('code', '=', agency);
    select = select.where('users.agency_id', '=', id);
  }
  if (state === 'none') select = select.where('user_totp.user_id', 'is', null);
  else if (state === 'pending')
    select = select.where('user_totp.user_id', 'is not', null).where('confirmed_at', 'is', null);
  else if (state === 'confirmed') select = select.where('confirmed_at', 'is not', null);
  const rows = await select
    .orderBy('users.username')
    .limit(most + 1)
    .execute();
  const left = await recoveryCodesLeft(
    reader,
    rows.map(({ id }) => id),
  );
  return pageOf(
    rows.map((row) => factorOf(row, left)),
    most,
    ({ username }) => username,
  );
}

function selectFactors({ query }: Reader) {
  return query
    .selectFrom('users')
    .innerJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('user_totp', 'user_totp.user_id', 'users.id')
    .select(['users.id', 'users.username', 'users.login_methods', 'agencies.code as agency'])
    .select(['user_totp.user_id as totp_of', 'confirmed_at', 'last_used_at', 'drift_steps'])
    .select('user_totp.wrong_codes')
    .where('users.status', '<>', 'removed');
}

type FactorRow = {
  readonly id: string;
  readonly username: string;
  readonly agency: string;
  readonly login_methods: string;
  readonly totp_of: string | null;
  readonly confirmed_at: number | null;
  readonly last_used_at: number | null;
  readonly drift_steps: number | null;
  readonly wrong_codes: number | null;
};

function factorOf(row: FactorRow, left: ReadonlyMap<string, number>): SecondFactor {
  const ways = JSON.parse(row.login_methods) as readonly (readonly string[])[];
  const begun = row.confirmed_at === null ? 'pending' : 'confirmed';
  return {
    username: row.username,
    agency: row.agency,
    state: row.totp_of === null ? 'none' : begun,
    isAskedFor: ways.some((way) => way.includes('totp')),
    confirmedAtMs: row.confirmed_at,
    lastUsedAtMs: row.last_used_at,
    driftSteps: row.drift_steps ?? 0,
    recoveryCodesLeft: left.get(row.id) ?? 0,
    isBlocked: (row.wrong_codes ?? 0) >= wrongCodesMax,
  };
}

export async function recoveryCodesLeft(
  { query }: Reader | Unit,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (userIds.length === 0) return new Map();
  const rows = await query
    .selectFrom('recovery_codes')
    .select(['user_id', ({ fn }) => fn.countAll<number>().as('count')])
    .where('user_id', 'in', userIds)
    .groupBy('user_id')
    .execute();
  return new Map(rows.map(({ user_id, count }) => [user_id, count]));
}
