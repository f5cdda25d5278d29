import type { Origin } from '../domain/events.ts';
import { isHardware } from '../domain/signature-algorithms.ts';
import { checkExpiry, checkShownName, fieldInvalid, isIntegerBetween } from './fields.ts';
import { listKeysOfAll } from './key-list.ts';
import type { KeyListing, OwnedKey } from './key-list.ts';
import {
  checkDeviceRules,
  checkNewKey,
  columnsOfRules,
  deviceRulesDefault,
  findKey,
  insertKey,
  keyOf,
  recordOf,
  selectKeys,
} from './key-rows.ts';
import type { CheckedKey, DeviceRules, NewUserKey, UserKey } from './key-rows.ts';
import { differences, recordChange } from './parts.ts';
import type { AccountParts, Page, Place } from './parts.ts';
import { findUser } from './user-rows.ts';

export type UserKeyChange = {
  readonly label?: string;
  readonly expiresAtMs?: number | null;
} & Partial<DeviceRules>;

export type KeyRotation = NewUserKey & {
  /** For how long the key that is replaced goes on working; `overlapDaysDefault` if absent, 0 ends it at once. */
  readonly overlapDays?: number;
};

export const overlapDaysDefault = 7;
export const overlapDaysMax = 365;
const dayMs = 24 * 60 * 60_000;

/**
 * `endsSoonerMs`: when it ends now, where the change takes something away; null where not, as of a key that had ended
 * before. `hasEnded`: whether that was by then. `takesMore`: why what a login by it has shown of its device may not be enough any more.
 */
export type ChangedKey = {
  readonly key: UserKey;
  readonly endsSoonerMs: number | null;
  readonly hasEnded: boolean;
  readonly takesMore: 'touch-missing' | 'verification-missing' | null;
};

export type Rotated = {
  readonly added: UserKey;
  /** As it ends now: it has an end. */
  readonly replaced: UserKey & { readonly expiresAtMs: number };
};

export type UserKeys = {
  /**
   * A key is one user's, and once.
   *
   * @throws Fault `not-found`, `field-invalid`, `key-private`, `key-weak`, `conflict`
   */
  addKey(origin: Origin, username: string, key: NewUserKey): Promise<UserKey>;
  /** @throws Fault `not-found` */
  getKey(username: string, keyId: string): Promise<UserKey>;
  /** All keys of a user, the oldest first. @throws Fault `not-found` */
  listKeys(username: string): Promise<readonly UserKey[]>;
  /** Keys of every user. */
  listKeysOfAll(listing: KeyListing): Promise<Page<OwnedKey, Place>>;
  /** @throws Fault `not-found`, `field-invalid` */
  changeKey(
    origin: Origin,
    username: string,
    keyId: string,
    change: UserKeyChange,
  ): Promise<ChangedKey>;
  /**
   * Adds the key that takes over, and lets the old one expire when the overlap is over, or sooner where it would have
   * anyway: two changes in one.
   *
   * @throws Fault `not-found`, `field-invalid`, `key-private`, `key-weak`, `conflict`
   */
  rotateKey(
    origin: Origin,
    username: string,
    keyId: string,
    rotation: KeyRotation,
  ): Promise<Rotated>;
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
    listKeysOfAll: (listing) => listKeysOfAll(database, listing),
    changeKey: (origin, username, keyId, change) =>
      changeKey(parts, origin, { username, keyId, change }),
    rotateKey: (origin, username, keyId, rotation) =>
      rotateKey(parts, origin, { username, keyId, rotation }),
    removeKey: (origin, username, keyId) => removeKey(parts, origin, username, keyId),
  };
}

async function addKey(
  parts: AccountParts,
  origin: Origin,
  username: string,
  given: NewUserKey,
): Promise<UserKey> {
  const wanted = checkNewKey(given);
  return parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const others = await selectKeys(unit, user.id).execute();
      return insertKey(parts, unit, origin, { user, others, wanted });
    },
    { by: origin },
  );
}

async function changeKey(
  parts: AccountParts,
  origin: Origin,
  {
    username,
    keyId,
    change,
  }: {
    readonly username: string;
    readonly keyId: string;
    readonly change: UserKeyChange;
  },
): Promise<ChangedKey> {
  const { label, expiresAtMs, touchRequired, verifyRequired } = change;
  const checked = {
    ...(label !== undefined && { label: checkShownName(label, '/label', 0) }),
    ...(expiresAtMs !== undefined && { expiresAtMs: checkExpiry(expiresAtMs) }),
    ...(touchRequired !== undefined && { touchRequired }),
    ...(verifyRequired !== undefined && { verifyRequired }),
  };
  return parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const row = await findKey(unit, user.id, keyId);
      const stored = keyOf(row);
      const before = {
        label: stored.label,
        expiresAtMs: stored.expiresAtMs,
        touchRequired: stored.touchRequired,
        verifyRequired: stored.verifyRequired,
      };
      const after = { ...before, ...checked };
      checkDeviceRules(row.type, after);
      const changed = differences(before, after);
      if (changed === undefined)
        return { key: stored, endsSoonerMs: null, hasEnded: false, takesMore: null };
      const set = {
        label: after.label,
        expires_at: after.expiresAtMs,
        ...columnsOfRules(after),
      };
      await unit.query.updateTable('user_keys').set(set).where('id', '=', row.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'key.changed.1',
        username,
        agency: user.agency,
        fingerprint: row.fingerprint,
        ...changed,
      });
      const endsAtMs = before.expiresAtMs ?? Infinity;
      const nowEndsAtMs = after.expiresAtMs ?? Infinity;
      const endsSooner = nowEndsAtMs < endsAtMs && unit.nowMs < endsAtMs;
      return {
        key: keyOf({ ...row, ...set }),
        endsSoonerMs: endsSooner ? after.expiresAtMs : null,
        hasEnded: endsSooner && nowEndsAtMs <= unit.nowMs,
        takesMore: moreOf(before, after),
      };
    },
    { by: origin },
  );
}

function moreOf(before: DeviceRules, after: DeviceRules): ChangedKey['takesMore'] {
  if (after.verifyRequired && !before.verifyRequired) return 'verification-missing';
  return after.touchRequired && !before.touchRequired ? 'touch-missing' : null;
}

async function rotateKey(
  parts: AccountParts,
  origin: Origin,
  {
    username,
    keyId,
    rotation,
  }: {
    readonly username: string;
    readonly keyId: string;
    readonly rotation: KeyRotation;
  },
): Promise<Rotated> {
  const { overlapDays = overlapDaysDefault, ...given } = rotation;
  if (!isIntegerBetween(overlapDays, 0, overlapDaysMax))
    throw fieldInvalid('/overlapDays', `a whole number of days from 0 to ${overlapDaysMax}`);
  const checked = checkNewKey(given);
  return parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const old = await findKey(unit, user.id, keyId);
      const others = await selectKeys(unit, user.id).execute();
      // What it was called says what it is for, and that stays.
      const label = given.label === undefined && checked.label === '' ? old.label : checked.label;
      const rules = rulesAfter(given, checked, keyOf(old));
      const wanted = { ...checked, label, ...rules };
      const added = await insertKey(parts, unit, origin, { user, others, wanted });
      const set = {
        expires_at: Math.min(unit.nowMs + overlapDays * dayMs, old.expires_at ?? Infinity),
        replaced_by: added.id,
      };
      await unit.query.updateTable('user_keys').set(set).where('id', '=', old.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'key.rotated.1',
        username,
        agency: user.agency,
        fingerprint: old.fingerprint,
        replacedBy: added.fingerprint,
        before: { expiresAtMs: old.expires_at },
        after: { expiresAtMs: set.expires_at },
      });
      const replaced = { ...keyOf({ ...old, ...set }), expiresAtMs: set.expires_at };
      return { added, replaced };
    },
    { by: origin },
  );
}

/** A key in a device that takes over from one keeps what was asked of it, unless something else is asked now. */
function rulesAfter(
  { touchRequired, verifyRequired }: Partial<DeviceRules>,
  { key }: CheckedKey,
  old: DeviceRules,
): DeviceRules {
  const before = isHardware(key.type) ? old : deviceRulesDefault;
  return {
    touchRequired: touchRequired ?? before.touchRequired,
    verifyRequired: verifyRequired ?? before.verifyRequired,
  };
}

async function removeKey(
  parts: AccountParts,
  origin: Origin,
  username: string,
  keyId: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
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
    },
    { by: origin },
  );
}
