import { createHash } from 'node:crypto';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import type { AdminScope } from './admin-scopes.ts';

export type AdminKey = {
  /** 12 lower-case base32 characters. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly AdminScope[];
  /** The code of the agency that it is bound to: it sees and changes nothing else. Null is everything. */
  readonly agency: string | null;
  /** Canonical addresses and CIDR blocks to call from; empty is everywhere. */
  readonly allowedCidrs: readonly string[];
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The id of the key that made it; null for the owner of the host. */
  readonly createdBy: string | null;
  readonly lastUsedAtMs: number | null;
  /** An address. */
  readonly lastUsedFrom: string | null;
  readonly rotatedAtMs: number | null;
  /** Until when the secret before the last rotation works; null where there is none that does. */
  readonly formerSecretUntilMs: number | null;
};

export type AdminKeyRow = Row<'admin_keys'> & { readonly agency_code: string | null };

/** Those that were not removed. */
export function selectKeys({ query }: Reader | Unit) {
  return query
    .selectFrom('admin_keys')
    .leftJoin('agencies', 'agencies.id', 'admin_keys.agency_id')
    .selectAll('admin_keys')
    .select('agencies.code as agency_code')
    .where('admin_keys.removed_at', 'is', null);
}

/** @throws Fault `not-found`, also for a key that was removed */
export async function findKeyRow(reader: Reader | Unit, id: string): Promise<AdminKeyRow> {
  const row = await selectKeys(reader).where('admin_keys.id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such admin key');
  return row;
}

/** @throws Fault `not-found`, also for a key that was removed */
export async function findAdminKey(reader: Reader | Unit, id: string): Promise<AdminKey> {
  return keyOf(await findKeyRow(reader, id), reader.nowMs);
}

export function keyOf(row: AdminKeyRow, nowMs: number): AdminKey {
  const formerUntilMs = row.former_secret_until;
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    agency: row.agency_code,
    allowedCidrs: JSON.parse(row.allowed_cidrs),
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    createdBy: row.created_by,
    lastUsedAtMs: row.last_used_at,
    lastUsedFrom: row.last_used_from,
    rotatedAtMs: row.rotated_at,
    formerSecretUntilMs: formerUntilMs !== null && formerUntilMs > nowMs ? formerUntilMs : null,
  };
}

/** What the ledger keeps of a key: never its secret, nor the hash of it. */
export function recordOf(key: AdminKey): object {
  const { id, name, scopes, allowedCidrs, expiresAtMs, agency } = key;
  return { id, name, scopes, allowedCidrs, expiresAtMs, ...(agency !== null && { agency }) };
}

const secretBytes = 32;
const idBytes = 8;
const idCharacters = 12;

export type AdminKeySecret = {
  /** `wb_<id>_<secret>`, what a client sends; it exists nowhere else. */
  readonly secret: string;
  readonly hash: Buffer;
};

export function newKeyId(randomBytes: (size: number) => Uint8Array): string {
  return base32(randomBytes(idBytes)).slice(0, idCharacters);
}

export function newSecret(
  randomBytes: (size: number) => Uint8Array,
  keyId: string,
): AdminKeySecret {
  const random = base32(randomBytes(secretBytes));
  return { secret: `wb_${keyId}_${random}`, hash: hashOf(random) };
}

/** A secret of 256 random bits needs no slow hash. */
export function hashOf(random: string): Buffer {
  return createHash('sha256').update(random).digest();
}

/** RFC 4648 section 6 in lower case, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups
    .map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(group.padEnd(5, '0'), 2)])
    .join('');
}
