import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Fault } from '../domain/faults.ts';
import type { Reader, Unit } from '../database/units.ts';

const nonceBytes = 12;
const tagBytes = 16;
const formatVersion = 1;

/**
 * The key hierarchy of DESIGN.md D4: a data key per blob, wrapped by a key per agency, wrapped by the master key. A
 * wrapped key is `version || nonce || AES-256-GCM ciphertext || tag`, bound by its associated data to what it is for.
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

function wrap(wrapping: Uint8Array, key: Uint8Array, purpose: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', wrapping, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([Buffer.of(formatVersion), nonce, sealed, cipher.getAuthTag()]);
}

function unwrap(wrapping: Uint8Array, wrapped: Uint8Array, purpose: string): Buffer {
  try {
    if (wrapped[0] !== formatVersion) throw new Error('unknown version');
    const nonce = wrapped.subarray(1, 1 + nonceBytes);
    const sealed = wrapped.subarray(1 + nonceBytes, wrapped.length - tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', wrapping, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(wrapped.subarray(wrapped.length - tagBytes));
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
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
