import { hkdfSync, randomBytes } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import { seal as wrap, unseal } from '../database/sealing.ts';
import type { Reader, Unit } from '../database/units.ts';

/**
 * The key hierarchy of DESIGN.md D4: a data key per blob, wrapped by a key per agency, wrapped by the master key, each
 * bound to what it is for.
 */
export interface Vault {
  /** A new agency key, stored in the unit. */
  createAgencyKey(unit: Unit, agencyId: string): Promise<void>;
  /** A new data key and its wrapped form. */
  createDataKey(
    unit: Unit,
    agencyId: string,
    blobId: string,
  ): Promise<{ dataKey: Buffer; wrapped: Buffer }>;
  /** @throws Fault `key-material-unusable` where the master key is not the one that wrapped it */
  unwrapDataKey(
    reader: Reader | Unit,
    agencyId: string,
    blobId: string,
    wrapped: Uint8Array,
  ): Promise<Buffer>;
}

export function createVault(masterKey: Uint8Array): Vault {
  const agencyKeys = new Map<string, Buffer>();

  async function agencyKey(reader: Reader | Unit, agencyId: string): Promise<Buffer> {
    const known = agencyKeys.get(agencyId);
    if (known !== undefined) return known;
    const row = await reader.query
      .selectFrom('agency_keys')
      .select('wrapped_key')
      .where('agency_id', '=', agencyId)
      .executeTakeFirstOrThrow();
    const key = unwrap(masterKey, row.wrapped_key, `agency ${agencyId}`);
    agencyKeys.set(agencyId, key);
    return key;
  }

  return {
    createAgencyKey: async (unit, agencyId) => {
      const wrapped = wrap(masterKey, randomBytes(32), `agency ${agencyId}`);
      await unit.query
        .insertInto('agency_keys')
        .values({ agency_id: agencyId, wrapped_key: wrapped, created_at: unit.nowMs })
        .execute();
    },
    createDataKey: async (unit, agencyId, blobId) => {
      const dataKey = randomBytes(32);
      return { dataKey, wrapped: wrap(await agencyKey(unit, agencyId), dataKey, `blob ${blobId}`) };
    },
    unwrapDataKey: async (reader, agencyId, blobId, wrapped) =>
      unwrap(await agencyKey(reader, agencyId), wrapped, `blob ${blobId}`),
  };
}

/** Small secrets beside the files, each bound to what it is for. */
export type Sealing = {
  seal(secret: Uint8Array, purpose: string): Buffer;
  /** @throws Fault `key-material-unusable` */
  open(sealed: Uint8Array, purpose: string): Buffer;
};

export function createSealing(masterKey: Uint8Array): Sealing {
  return {
    seal: (secret, purpose) => wrap(masterKey, secret, purpose),
    open: (sealed, purpose) => unwrap(masterKey, sealed, purpose),
  };
}

/** 32 bytes that go into every password hash and lie outside the database, as the master key does. */
export function passwordPepperOf(masterKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'waybill password pepper', 32));
}

function unwrap(wrapping: Uint8Array, wrapped: Uint8Array, purpose: string): Buffer {
  try {
    return unseal(wrapping, wrapped, purpose);
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `the key of ${purpose} cannot be unwrapped: this is not the master key that made it`,
      { cause },
    );
  }
}

/**
 * Asks whether the master key is the one that this database was made with, by unwrapping one agency's key.
 *
 * @throws Fault `key-material-unusable`
 */
export async function checkMasterKey(reader: Reader, masterKey: Uint8Array): Promise<void> {
  const row = await reader.query.selectFrom('agency_keys').selectAll().limit(1).executeTakeFirst();
  if (row !== undefined) unwrap(masterKey, row.wrapped_key, `agency ${row.agency_id}`);
}
