import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { checkExpiry, checkShownName } from './fields.ts';
import { newId, recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { parsePublicKey } from './public-key.ts';
import { findUser } from './users.ts';

export type UserKey = {
  readonly id: string;
  readonly type: string;
  readonly bits: number;
  /** `SHA256:...` */
  readonly fingerprint: string;
  /** The key as an OpenSSH line, without its comment. */
  readonly publicKey: string;
  readonly label: string;
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
  /** `address:port` */
  readonly lastUsedFrom: string | null;
};

export type NewUserKey = {
  /** An OpenSSH line, RFC 4716 or PEM. */
  readonly publicKey: string;
  /** The key's own comment if absent. */
  readonly label?: string;
  readonly expiresAtMs?: number | null;
};

/** A login compares with each key of the user. */
export const keysPerUserMax = 64;

export type UserKeys = {
  /**
   * One key may serve several users, but no user twice.
   *
   * @throws Fault `not-found`, `field-invalid`, `key-private`, `key-weak`, `conflict`
   */
  addKey(origin: Origin, username: string, key: NewUserKey): Promise<UserKey>;
  /** @throws Fault `not-found` */
  getKey(username: string, keyId: string): Promise<UserKey>;
  /** All keys of a user, the oldest first. @throws Fault `not-found` */
  listKeys(username: string): Promise<readonly UserKey[]>;
  /** @throws Fault `not-found` */
  removeKey(origin: Origin, username: string, keyId: string): Promise<void>;
};

export function createUserKeys(parts: AccountParts): UserKeys {
  const { database } = parts;
  return {
    addKey: (origin, username, key) => addKey(parts, origin, username, key),
    getKey: (username, keyId) =>
      database.read(async (reader) =>
        keyOf(await findKey(reader, (await findUser(reader, username)).id, keyId)),
      ),
    listKeys: (username) =>
      database.read(async (reader) => {
        const rows = await selectKeys(reader, (await findUser(reader, username)).id).execute();
        return rows.map(keyOf);
      }),
    removeKey: (origin, username, keyId) => removeKey(parts, origin, username, keyId),
  };
}

async function addKey(
  parts: AccountParts,
  origin: Origin,
  username: string,
  wanted: NewUserKey,
): Promise<UserKey> {
  const key = parsePublicKey(wanted.publicKey);
  const label = checkShownName(wanted.label ?? key.comment, '/label', 0);
  const expiresAtMs = checkExpiry(wanted.expiresAtMs ?? null);
  return parts.database.write(async (unit) => {
    const user = await findUser(unit, username);
    const others = await selectKeys(unit, user.id).execute();
    if (others.some((other) => other.fingerprint === key.fingerprint)) {
      throw new Fault('conflict', 'the user has this key already', { pointer: '/publicKey' });
    }
    if (others.length >= keysPerUserMax)
      throw new Fault('conflict', `a user has at most ${keysPerUserMax} keys`);
    const { type, blob, bits, fingerprint } = key;
    const row: Row<'user_keys'> = {
      id: newId(parts),
      user_id: user.id,
      type,
      blob,
      bits,
      fingerprint,
      label,
      expires_at: expiresAtMs,
      created_at: unit.nowMs,
      last_used_at: null,
      last_used_from: null,
    };
    await unit.query.insertInto('user_keys').values(row).execute();
    const names = { username, agency: user.agency, fingerprint };
    await recordChange(parts, unit, origin, {
      event: 'key.added.1',
      ...names,
      before: null,
      after: recordOf(row),
    });
    return keyOf(row);
  });
}

async function removeKey(
  parts: AccountParts,
  origin: Origin,
  username: string,
  keyId: string,
): Promise<void> {
  await parts.database.write(async (unit) => {
    const user = await findUser(unit, username);
    const row = await findKey(unit, user.id, keyId);
    await unit.query.deleteFrom('user_keys').where('id', '=', row.id).execute();
    const names = { username, agency: user.agency, fingerprint: row.fingerprint };
    await recordChange(parts, unit, origin, {
      event: 'key.removed.1',
      ...names,
      before: recordOf(row),
      after: null,
    });
  });
}

async function findKey(
  reader: Reader | Unit,
  userId: string,
  keyId: string,
): Promise<Row<'user_keys'>> {
  const row = await selectKeys(reader, userId).where('id', '=', keyId).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such key');
  return row;
}

function selectKeys({ query }: Reader | Unit, userId: string) {
  return query
    .selectFrom('user_keys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id');
}

/** What the ledger keeps of a key. */
function recordOf(row: Row<'user_keys'>): object {
  const { id, type, bits, publicKey, label, expiresAtMs } = keyOf(row);
  return { id, type, bits, publicKey, label, expiresAtMs };
}

function keyOf(row: Row<'user_keys'>): UserKey {
  return {
    id: row.id,
    type: row.type,
    bits: row.bits,
    fingerprint: row.fingerprint,
    publicKey: `${row.type} ${Buffer.from(row.blob).toString('base64')}`,
    label: row.label,
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
    lastUsedFrom: row.last_used_from,
  };
}
