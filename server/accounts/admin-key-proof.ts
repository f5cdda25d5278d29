import { timingSafeEqual } from 'node:crypto';
import type { Row } from '../database/schema.ts';
import type { Database } from '../database/units.ts';
import { isAddressIn } from '../domain/addresses.ts';
import { Fault } from '../domain/faults.ts';
import { hashOf, keyOf, selectKeys, type AdminKey } from './admin-key-rows.ts';

const secretForm = /^wb_([a-z2-7]{12})_([a-z2-7]{52})$/;
/** `lastUsedAt` is this exact, so that a busy key does not write with every call. */
const lastUsedMsMax = 60_000;
/** What no secret has. */
const decoyHash = Buffer.alloc(32);

/**
 * Whose key that is, with the use of it noted where it can be. What is refused before the secret was right says nothing of the key.
 *
 * @throws Fault `credentials-wrong`, `key-expired`, `address-not-allowed`
 */
export async function verifyAdminKey(
  database: Database,
  secret: string,
  address: string,
): Promise<AdminKey> {
  const [, id, random] = secretForm.exec(secret) ?? [];
  if (id === undefined || random === undefined) throw new Fault('credentials-wrong');
  const { row, nowMs } = await database.read(async (reader) => ({
    row: await selectKeys(reader).where('admin_keys.id', '=', id).executeTakeFirst(),
    nowMs: reader.nowMs,
  }));
  if (!isSecretOf(row, random, nowMs) || row === undefined) throw new Fault('credentials-wrong');
  const key = keyOf(row, nowMs);
  refuseExpired(key, nowMs);
  if (key.allowedCidrs.length > 0 && !isAddressIn(address, key.allowedCidrs)) {
    throw new Fault('address-not-allowed', 'the API key may not be used from this address');
  }
  // A clock that was set back makes the last use one of the future.
  if (key.lastUsedAtMs !== null && Math.abs(nowMs - key.lastUsedAtMs) < lastUsedMsMax) return key;
  const isNoted = await noteUse(database, id, address);
  return isNoted ? { ...key, lastUsedAtMs: nowMs, lastUsedFrom: address } : key;
}

/** A key is right whether or not the disk has room to say so; what it is used for has to find its own. */
async function noteUse(database: Database, id: string, address: string): Promise<boolean> {
  try {
    await database.write((unit) =>
      unit.query
        .updateTable('admin_keys')
        .set({ last_used_at: unit.nowMs, last_used_from: address })
        .where('id', '=', id)
        .execute(),
    );
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** @throws Fault `key-expired` */
export function refuseExpired({ expiresAtMs }: AdminKey, nowMs: number): void {
  if (expiresAtMs !== null && expiresAtMs <= nowMs)
    throw new Fault('key-expired', 'the API key has expired');
}

/** An unknown id takes the same steps, and both secrets are always compared: neither time tells anything. */
function isSecretOf(
  row:
    | Pick<Row<'admin_keys'>, 'secret_hash' | 'former_secret_hash' | 'former_secret_until'>
    | undefined,
  random: string,
  nowMs: number,
): boolean {
  const hash = hashOf(random);
  const isCurrent = timingSafeEqual(hash, row?.secret_hash ?? decoyHash);
  const isFormer = timingSafeEqual(hash, row?.former_secret_hash ?? decoyHash);
  return isCurrent || (isFormer && (row?.former_secret_until ?? 0) > nowMs);
}
