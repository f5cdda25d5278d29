import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { findAgency } from './agencies.ts';
import { checkExpiry, checkShownName, fieldInvalid } from './fields.ts';
import { differences, newId, recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { parsePublicKey } from './public-key.ts';
import { checkUsername } from './user-fields.ts';

/** A key with which an agency certifies keys of its users (OpenSSH's PROTOCOL.certkeys). */
export type UserCa = {
  readonly id: string;
  /** The agency's code. */
  readonly agency: string;
  readonly type: string;
  readonly bits: number;
  /** `SHA256:...` */
  readonly fingerprint: string;
  /** The key as an OpenSSH line, without its comment. */
  readonly publicKey: string;
  readonly label: string;
  /** The users of the agency that it may certify; none is all of them. */
  readonly principals: readonly string[];
  /** Whether a login by its certificates takes a security device that verified the user. */
  readonly verifyRequired: boolean;
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
};

export type UserCaChange = {
  readonly label?: string;
  readonly principals?: readonly string[];
  readonly verifyRequired?: boolean;
  readonly expiresAtMs?: number | null;
};

export type NewUserCa = UserCaChange & {
  /** An OpenSSH line, RFC 4716 or PEM. */
  readonly publicKey: string;
};

export type UserCas = {
  /** @throws Fault `not-found`, `field-invalid`, `key-private`, `key-weak`, `conflict` */
  addUserCa(origin: Origin, agency: string, given: NewUserCa): Promise<UserCa>;
  /** @throws Fault `not-found` */
  getUserCa(agency: string, id: string): Promise<UserCa>;
  /** All of an agency, the oldest first. @throws Fault `not-found` */
  listUserCas(agency: string): Promise<readonly UserCa[]>;
  /** @throws Fault `not-found`, `field-invalid` */
  changeUserCa(origin: Origin, agency: string, id: string, change: UserCaChange): Promise<UserCa>;
  /** @throws Fault `not-found` */
  removeUserCa(origin: Origin, agency: string, id: string): Promise<void>;
};

type UserCaParts = Pick<AccountParts, 'database' | 'ledger' | 'randomBytes'>;
type UserCaRow = Row<'user_cas'>;

export const userCasPerAgencyMax = 16;
const principalsMax = 1_000;

export function createUserCas(parts: UserCaParts): UserCas {
  const { database } = parts;
  return {
    addUserCa: (origin, agency, given) => addUserCa(parts, origin, agency, given),
    getUserCa: (agency, id) => database.read((reader) => findUserCa(reader, agency, id)),
    listUserCas: (agency) =>
      database.read(async (reader) => {
        const { id } = await findAgency(reader, agency);
        const rows = await selectCas(reader, id).execute();
        return rows.map((row) => caOf(agency, row));
      }),
    changeUserCa: (origin, agency, id, change) =>
      changeUserCa(parts, origin, { agency, id, change }),
    removeUserCa: (origin, agency, id) => removeUserCa(parts, origin, agency, id),
  };
}

async function addUserCa(
  parts: UserCaParts,
  origin: Origin,
  agency: string,
  { publicKey, label, principals = [], verifyRequired = false, expiresAtMs = null }: NewUserCa,
): Promise<UserCa> {
  const key = parsePublicKey(publicKey);
  const settings = {
    label: checkShownName(label ?? key.comment, '/label', 0),
    principals: checkPrincipals(principals),
    verifyRequired,
    expiresAtMs: checkExpiry(expiresAtMs),
  };
  return parts.database.write(
    async (unit) => {
      const { id: agencyId } = await findAgency(unit, agency);
      const others = await selectCas(unit, agencyId).execute();
      if (others.some(({ fingerprint }) => fingerprint === key.fingerprint))
        throw new Fault('conflict', 'the agency has this authority already', {
          pointer: '/publicKey',
        });
      if (others.length >= userCasPerAgencyMax)
        throw new Fault('conflict', `an agency has at most ${userCasPerAgencyMax} authorities`);
      const row: UserCaRow = {
        id: newId(parts),
        agency_id: agencyId,
        type: key.type,
        blob: key.blob,
        bits: key.bits,
        fingerprint: key.fingerprint,
        ...columnsOf(settings),
        created_at: unit.nowMs,
      };
      await unit.query.insertInto('user_cas').values(row).execute();
      const ca = caOf(agency, row);
      await recordChange(parts, unit, origin, {
        event: 'user-ca.added.1',
        agency,
        fingerprint: ca.fingerprint,
        before: null,
        after: recordOf(ca),
      });
      return ca;
    },
    { by: origin },
  );
}

async function changeUserCa(
  parts: UserCaParts,
  origin: Origin,
  {
    agency,
    id,
    change,
  }: { readonly agency: string; readonly id: string; readonly change: UserCaChange },
): Promise<UserCa> {
  const { label, principals, verifyRequired, expiresAtMs } = change;
  const checked = {
    ...(label !== undefined && { label: checkShownName(label, '/label', 0) }),
    ...(principals !== undefined && { principals: checkPrincipals(principals) }),
    ...(verifyRequired !== undefined && { verifyRequired }),
    ...(expiresAtMs !== undefined && { expiresAtMs: checkExpiry(expiresAtMs) }),
  };
  return parts.database.write(
    async (unit) => {
      const before = await findUserCa(unit, agency, id);
      const after = { ...before, ...checked };
      const changed = differences(before, after);
      if (changed === undefined) return before;
      const set = columnsOf(after);
      await unit.query.updateTable('user_cas').set(set).where('id', '=', id).execute();
      await recordChange(parts, unit, origin, {
        event: 'user-ca.changed.1',
        agency,
        fingerprint: before.fingerprint,
        ...changed,
      });
      return after;
    },
    { by: origin },
  );
}

async function removeUserCa(
  parts: UserCaParts,
  origin: Origin,
  agency: string,
  id: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const before = await findUserCa(unit, agency, id);
      await unit.query.deleteFrom('user_cas').where('id', '=', id).execute();
      await recordChange(parts, unit, origin, {
        event: 'user-ca.removed.1',
        agency,
        fingerprint: before.fingerprint,
        before: recordOf(before),
        after: null,
      });
    },
    { by: origin },
  );
}

/** Users that are still to come may be named; who is of another agency is not let in by it anyway. */
function checkPrincipals(given: readonly string[]): readonly string[] {
  if (given.length > principalsMax)
    throw fieldInvalid('/principals', `at most ${principalsMax} user names`);
  return given.map((name, index) => {
    try {
      return checkUsername(name);
    } catch {
      throw fieldInvalid(`/principals/${index}`, 'a user name');
    }
  });
}

/** @throws Fault `not-found` */
export async function findUserCa(
  reader: Reader | Unit,
  agency: string,
  id: string,
): Promise<UserCa> {
  const { id: agencyId } = await findAgency(reader, agency);
  const row = await selectCas(reader, agencyId).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such authority');
  return caOf(agency, row);
}

function selectCas({ query }: Reader | Unit, agencyId: string) {
  return query
    .selectFrom('user_cas')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .orderBy('created_at')
    .orderBy('id');
}

type Settings = Pick<UserCa, 'label' | 'principals' | 'verifyRequired' | 'expiresAtMs'>;

function columnsOf({ label, principals, verifyRequired, expiresAtMs }: Settings) {
  return {
    label,
    principals: JSON.stringify(principals),
    verify_required: verifyRequired ? 1 : 0,
    expires_at: expiresAtMs,
  };
}

/** What the ledger keeps of an authority. */
function recordOf({ id, type, bits, publicKey, ...ca }: UserCa): object {
  const { label, principals, verifyRequired, expiresAtMs } = ca;
  return { id, type, bits, publicKey, label, principals, verifyRequired, expiresAtMs };
}

function caOf(agency: string, row: UserCaRow): UserCa {
  return {
    id: row.id,
    agency,
    type: row.type,
    bits: row.bits,
    fingerprint: row.fingerprint,
    publicKey: `${row.type} ${Buffer.from(row.blob).toString('base64')}`,
    label: row.label,
    principals: JSON.parse(row.principals) as readonly string[],
    verifyRequired: row.verify_required === 1,
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
  };
}
