import { createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import { seal, unseal } from '../database/sealing.ts';
import type { Reader, Unit } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';

/** The agency of names that are in no agency's tree. */
export const noAgency = '';

const lookupBytes = 16;

/** What seals the names of one agency and finds them; destroyed, it opens and finds none any more. */
export type NameKey = {
  readonly id: number;
  readonly agency: string;
  readonly sealing: Uint8Array;
  readonly lookup: KeyObject;
};

const liveKeyOf = prepare((query, given: { readonly agency: string }) =>
  query
    .selectFrom('ledger_name_keys')
    .select(['id', 'agency', 'wrapped_key'])
    .where('agency', '=', given.agency)
    .where('wrapped_key', 'is not', null),
);

const insertKey = prepare(
  (
    query,
    given: { readonly agency: string; readonly wrapped: Uint8Array; readonly nowMs: number },
  ) =>
    query
      .insertInto('ledger_name_keys')
      .values({ agency: given.agency, wrapped_key: given.wrapped, created_at: given.nowMs })
      .returning('id'),
);

/** The key of an agency that has names; undefined where it has none, or none any more. */
export async function findKey(
  reader: Reader | Unit,
  masterKey: Uint8Array,
  agency: string,
): Promise<NameKey | undefined> {
  const row = await liveKeyOf.first(reader, { agency });
  if (row === undefined || row.wrapped_key === null) return undefined;
  return openKey(masterKey, row.id, row.agency, row.wrapped_key);
}

export async function createKey(
  unit: Unit,
  masterKey: Uint8Array,
  agency: string,
): Promise<NameKey> {
  const secret = randomBytes(32);
  const wrapped = seal(masterKey, secret, purposeOf(agency));
  const made = await insertKey.first(unit, { agency, wrapped, nowMs: unit.nowMs });
  return keyOf(made!.id, agency, secret);
}

/** All that open something, those of few agencies. */
export async function liveKeys(
  reader: Reader | Unit,
  masterKey: Uint8Array,
): Promise<readonly NameKey[]> {
  const rows = await reader.query
    .selectFrom('ledger_name_keys')
    .select(['id', 'agency', 'wrapped_key'])
    .where('wrapped_key', 'is not', null)
    .execute();
  return rows.map((row) => openKey(masterKey, row.id, row.agency, row.wrapped_key!));
}

/** @throws Fault `key-material-unusable` */
export function openKey(
  masterKey: Uint8Array,
  id: number,
  agency: string,
  wrapped: Uint8Array,
): NameKey {
  try {
    return keyOf(id, agency, unseal(masterKey, wrapped, purposeOf(agency)));
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      'the key of the names in the ledger cannot be unwrapped: this is not the master key that made it',
      { cause },
    );
  }
}

function keyOf(id: number, agency: string, secret: Uint8Array): NameKey {
  const derived = (what: string) =>
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `waybill names ${what}`, 32));
  return {
    id,
    agency,
    sealing: derived('sealing'),
    lookup: createSecretKey(derived('lookup')),
  };
}

function purposeOf(agency: string): string {
  return `names of ${agency}`;
}

/** What a name is found by. */
export function lookupOf({ lookup }: Pick<NameKey, 'lookup'>, name: string): Buffer {
  return createHmac('sha256', lookup).update(name).digest().subarray(0, lookupBytes);
}
