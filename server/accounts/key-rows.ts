import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { isHardware } from '../domain/signature-algorithms.ts';
import { checkExpiry, checkShownName, fieldInvalid } from './fields.ts';
import { newId, recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { parsePublicKey } from './public-key.ts';
import type { CommentedKey } from './public-key.ts';

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
  /** The client's identification string. */
  readonly lastUsedClient: string | null;
  /** What the key signed with, such as `rsa-sha2-512`. */
  readonly lastUsedAlgorithm: string | null;
  /** Id of the key that a rotation put in its place. */
  readonly replacedBy: string | null;
} & DeviceRules;

/** What a login by a key in a security device takes beside its signature; of any other key it says nothing. */
export type DeviceRules = {
  /** Somebody touched the device, as devices ask by themselves. */
  readonly touchRequired: boolean;
  /** The device verified who, by a PIN or a finger. */
  readonly verifyRequired: boolean;
};

/** What holds for a key where nothing else is asked for. */
export const deviceRulesDefault: DeviceRules = { touchRequired: true, verifyRequired: false };

export type NewUserKey = {
  /** An OpenSSH line, RFC 4716 or PEM. */
  readonly publicKey: string;
  /** The key's own comment if absent. */
  readonly label?: string;
  readonly expiresAtMs?: number | null;
} & Partial<DeviceRules>;

export type CheckedKey = DeviceRules & {
  readonly key: CommentedKey;
  readonly label: string;
  readonly expiresAtMs: number | null;
};

/** A login compares with each key of the user. */
export const keysPerUserMax = 64;

/** @throws Fault `field-invalid`, `key-private`, `key-weak` */
export function checkNewKey({
  publicKey,
  label,
  expiresAtMs = null,
  ...given
}: NewUserKey): CheckedKey {
  const key = parsePublicKey(publicKey);
  const { touchRequired, verifyRequired } = { ...deviceRulesDefault, ...given };
  return {
    key,
    label: checkShownName(label ?? key.comment, '/label', 0),
    expiresAtMs: checkExpiry(expiresAtMs),
    ...checkDeviceRules(key.type, { touchRequired, verifyRequired }),
  };
}

/** @throws Fault `field-invalid` for a rule on a key that could never meet it, or needs none */
export function checkDeviceRules(type: string, rules: DeviceRules): DeviceRules {
  for (const name of ['touchRequired', 'verifyRequired'] as const)
    if (rules[name] !== deviceRulesDefault[name] && !isHardware(type))
      throw fieldInvalid(`/${name}`, 'only of a key in a security device (sk-)');
  return rules;
}

const insertRow = prepare((query, row: KeyRow) =>
  query.insertInto('user_keys').values({
    id: row.id,
    user_id: row.user_id,
    type: row.type,
    blob: row.blob,
    bits: row.bits,
    fingerprint: row.fingerprint,
    label: row.label,
    expires_at: row.expires_at,
    created_at: row.created_at,
    last_used_at: row.last_used_at,
    last_used_from: row.last_used_from,
    last_used_client: row.last_used_client,
    last_used_algorithm: row.last_used_algorithm,
    replaced_by: row.replaced_by,
    touch_required: row.touch_required,
    verify_required: row.verify_required,
  }),
);

const othersKey = prepare((query, given: { fingerprint: string; userId: string }) =>
  query
    .selectFrom('user_keys')
    .select('id')
    .where('fingerprint', '=', given.fingerprint)
    .where('user_id', '<>', given.userId)
    .limit(1),
);

/** What a statement may bind is bounded. */
const fingerprintsAtOnce = 500;

/** Who has which of these keys, by fingerprint. */
export async function holdersOf(
  { query }: Reader | Unit,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const holders = new Map<string, string>();
  for (let at = 0; at < fingerprints.length; at += fingerprintsAtOnce) {
    const rows = await query
      .selectFrom('user_keys')
      .innerJoin('users', 'users.id', 'user_keys.user_id')
      .select(['user_keys.fingerprint', 'users.username'])
      .where('user_keys.fingerprint', 'in', fingerprints.slice(at, at + fingerprintsAtOnce))
      .execute();
    for (const { fingerprint, username } of rows) holders.set(fingerprint, username);
  }
  return holders;
}

type Owner = { readonly id: string; readonly username: string; readonly agency: string };

/**
 * Writes a checked key of a user who has `others`, with its ledger row. A key is one user's, or nobody could say who came.
 *
 * @throws Fault `conflict`
 */
export async function insertKey(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  {
    user,
    others,
    wanted,
  }: {
    readonly user: Owner;
    readonly others: readonly { readonly fingerprint: string }[];
    readonly wanted: CheckedKey;
  },
): Promise<UserKey> {
  const { type, blob, bits, fingerprint } = wanted.key;
  if (others.some((other) => other.fingerprint === fingerprint))
    throw new Fault('conflict', 'the user has this key already', { pointer: '/publicKey' });
  if (others.length >= keysPerUserMax)
    throw new Fault('conflict', `a user has at most ${keysPerUserMax} keys`);
  const { id: userId } = user;
  if ((await othersKey.first(unit, { fingerprint, userId })) !== undefined)
    throw new Fault('conflict', 'another user has this key', { pointer: '/publicKey' });
  const row: KeyRow = {
    id: newId(parts),
    user_id: userId,
    type,
    blob,
    bits,
    fingerprint,
    label: wanted.label,
    expires_at: wanted.expiresAtMs,
    created_at: unit.nowMs,
    last_used_at: null,
    last_used_from: null,
    last_used_client: null,
    last_used_algorithm: null,
    replaced_by: null,
    ...columnsOfRules(wanted),
  };
  await insertRow.run(unit, row);
  await recordChange(parts, unit, origin, {
    event: 'key.added.1',
    username: user.username,
    agency: user.agency,
    fingerprint,
    before: null,
    after: recordOf(row),
  });
  return keyOf(row);
}

/** @throws Fault `not-found` */
export async function findKey(
  reader: Reader | Unit,
  userId: string,
  keyId: string,
): Promise<KeyRow> {
  const row = await selectKeys(reader, userId).where('id', '=', keyId).executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such key');
  return row;
}

/** All keys of a user, the oldest first. */
export function selectKeys({ query }: Reader | Unit, userId: string) {
  return query
    .selectFrom('user_keys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id');
}

export type KeyRow = Omit<Row<'user_keys'>, 'active_at'>;

export function columnsOfRules({ touchRequired, verifyRequired }: DeviceRules) {
  return { touch_required: touchRequired ? 1 : 0, verify_required: verifyRequired ? 1 : 0 };
}

/** What the ledger keeps of a key. */
export function recordOf(row: KeyRow): object {
  const { id, type, bits, publicKey, label, expiresAtMs, ...key } = keyOf(row);
  const { touchRequired, verifyRequired } = key;
  const rules = isHardware(type) && { touchRequired, verifyRequired };
  return { id, type, bits, publicKey, label, expiresAtMs, ...rules };
}

export function keyOf(row: KeyRow): UserKey {
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
    lastUsedClient: row.last_used_client,
    lastUsedAlgorithm: row.last_used_algorithm,
    replacedBy: row.replaced_by,
    touchRequired: row.touch_required === 1,
    verifyRequired: row.verify_required === 1,
  };
}
