import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { refuseExpired, verifyAdminKey } from './admin-key-proof.ts';
import { refuseMoreThanOwn, refuseSecretOfMore } from './admin-key-rights.ts';
import {
  findAdminKey,
  findKeyRow,
  keyOf,
  newKeyId,
  newSecret,
  recordOf,
  selectKeys,
  type AdminKey,
} from './admin-key-rows.ts';
import { checkScopes } from './admin-scopes.ts';
import { findAgency } from './agencies.ts';
import { checkExpiry, checkShownName, fieldInvalid, isIntegerBetween } from './fields.ts';
import { differences, pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { checkAllowedCidrs } from './user-fields.ts';

export type { AdminKey } from './admin-key-rows.ts';

export type NewAdminKey = {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number | null;
  readonly allowedCidrs: readonly string[];
  /** The code of an agency to bind it to; if absent, that of the key which makes it. */
  readonly agency?: string | null;
};

/** What is absent stays. The agency of a key never changes. */
export type AdminKeyChange = Partial<Omit<NewAdminKey, 'agency'>>;

/** `secret` is the whole `wb_<id>_<secret>` that a client sends; it exists nowhere else. */
export type CreatedAdminKey = { readonly key: AdminKey; readonly secret: string };

export type AdminKeys = {
  /**
   * An administrator gives no scope that its own key lacks, no agency and no address from which it may not call itself
   * and, but with the scope `*`, no longer life; the owner of the host gives any.
   *
   * @param keep is given the secret before the key exists, so that none exists whose secret nobody has
   * @throws Fault `field-invalid`, `scope-missing`, `agency-not-allowed`
   */
  createAdminKey(
    origin: Origin,
    key: NewAdminKey,
    keep?: (secret: string) => void,
  ): Promise<CreatedAdminKey>;
  /** @throws Fault `not-found` */
  getAdminKey(id: string): Promise<AdminKey>;
  /** The oldest first; `after` is the id of the last one of the page before. @throws Fault `field-invalid` at `/cursor` */
  listAdminKeys(listing: AdminKeyListing): Promise<Page<AdminKey>>;
  /**
   * Nobody changes another key that is allowed more than their own, nor any to more than they may give.
   *
   * @throws Fault `not-found`, `field-invalid`, `scope-missing`, `agency-not-allowed`
   */
  changeAdminKey(origin: Origin, id: string, change: AdminKeyChange): Promise<AdminKey>;
  /**
   * A new secret; the one before it works for `overlapMs` more, and one before that no longer. Whoever is given the
   * secret is given all that the key may do, so nobody rotates a key that is allowed more than its own, nor approves it.
   *
   * @throws Fault `not-found`, `field-invalid`, `scope-missing`, `agency-not-allowed`
   */
  rotateAdminKey(origin: Origin, id: string, overlapMs: number): Promise<CreatedAdminKey>;
  /**
   * Nobody removes another key with a scope that their own lacks; addresses and ends do not count, so that in an
   * emergency a key of the scope `*` removes any. The row stays, so that ledger rows still lead to a name.
   *
   * @throws Fault `not-found`, `scope-missing`, `agency-not-allowed`
   */
  removeAdminKey(origin: Origin, id: string): Promise<void>;
  /**
   * Whose key that is, with the use of it noted where it can be. What is refused before the secret was right says nothing of the key.
   *
   * @throws Fault `credentials-wrong`, `key-expired`, `address-not-allowed`
   */
  verifyAdminKey(secret: string, address: string): Promise<AdminKey>;
  /** A key that still may act, by its id. @throws Fault `not-found`, `key-expired` */
  liveAdminKey(id: string): Promise<AdminKey>;
  /** Whether there ever was one, removed ones included. */
  anyEver(): Promise<boolean>;
};

export type AdminKeyListing = {
  readonly limit: number;
  readonly after?: string | null;
  /** Only those that are bound to the agency of this code. */
  readonly agency?: string;
};

export type AdminKeyParts = Pick<AccountParts, 'database' | 'ledger' | 'randomBytes'>;

export const overlapMsDefault = 24 * 60 * 60_000;
export const overlapMsMax = 30 * overlapMsDefault;

export function createAdminKeys(parts: AdminKeyParts): AdminKeys {
  const { database } = parts;
  return {
    createAdminKey: (origin, key, keep) => createAdminKey(parts, origin, key, keep),
    getAdminKey: (id) => database.read((reader) => findAdminKey(reader, id)),
    listAdminKeys: (listing) => database.read((reader) => listAdminKeys(reader, listing)),
    changeAdminKey: (origin, id, change) => changeAdminKey(parts, origin, id, change),
    rotateAdminKey: (origin, id, overlapMs) => rotateAdminKey(parts, origin, id, overlapMs),
    removeAdminKey: (origin, id) => removeAdminKey(parts, origin, id),
    verifyAdminKey: (secret, address) => verifyAdminKey(database, secret, address),
    liveAdminKey: (id) =>
      database.read(async (reader) => {
        const key = await findAdminKey(reader, id);
        refuseExpired(key, reader.nowMs);
        return key;
      }),
    anyEver: () =>
      database.read(async ({ query }) => {
        const one = await query.selectFrom('admin_keys').select('id').limit(1).executeTakeFirst();
        return one !== undefined;
      }),
  };
}

async function createAdminKey(
  parts: AdminKeyParts,
  origin: Origin,
  wanted: NewAdminKey,
  keep: ((secret: string) => void) | undefined,
): Promise<CreatedAdminKey> {
  const name = checkShownName(wanted.name, '/name');
  const scopes = checkScopes(wanted.scopes);
  const allowedCidrs = checkAllowedCidrs(wanted.allowedCidrs);
  const expiresAtMs = checkExpiry(wanted.expiresAtMs);
  const id = newKeyId(parts.randomBytes);
  const { secret, hash } = newSecret(parts.randomBytes, id);
  keep?.(secret);
  const key = await parts.database.write(
    async (unit) => {
      refusePast(expiresAtMs, unit.nowMs);
      const maker = await actingKey(unit, origin);
      const issuer = issuerOf(origin);
      const code = wanted.agency === undefined ? (maker?.agency ?? null) : wanted.agency;
      const agency = code === null ? null : await findAgencyOfKey(unit, code);
      await refuseSecretOfMore(unit, origin, id, {
        scopes,
        agency: code,
        allowedCidrs,
        expiresAtMs,
      });
      await unit.query
        .insertInto('admin_keys')
        .values({
          id,
          name,
          secret_hash: hash,
          scopes: JSON.stringify(scopes),
          allowed_cidrs: JSON.stringify(allowedCidrs),
          expires_at: expiresAtMs,
          created_at: unit.nowMs,
          updated_at: unit.nowMs,
          last_used_at: null,
          last_used_from: null,
          removed_at: null,
          agency_id: agency?.id ?? null,
          created_by: maker?.id ?? null,
          issued_by: JSON.stringify(issuer === null ? [] : [issuer]),
          former_secret_hash: null,
          former_secret_until: null,
          rotated_at: null,
        })
        .execute();
      const made = await findAdminKey(unit, id);
      await recordChange(parts, unit, origin, {
        event: 'admin-key.created.1',
        keyId: id,
        before: null,
        after: recordOf(made),
      });
      return made;
    },
    { by: origin },
  );
  return { key, secret };
}

async function actingKey(unit: Unit, { actor }: Origin): Promise<AdminKey | undefined> {
  if (actor.kind !== 'admin') return undefined;
  const row = await selectKeys(unit).where('admin_keys.id', '=', actor.keyId).executeTakeFirst();
  return row === undefined ? undefined : keyOf(row, unit.nowMs);
}

/** Whose holder is told the secret: of a change that takes two administrators, the one who approves it. */
function issuerOf({ actor }: Origin): string | null {
  return actor.kind === 'admin' ? (actor.approvedBy?.keyId ?? actor.keyId) : null;
}

function isOwn({ actor }: Origin, id: string): boolean {
  return actor.kind === 'admin' && actor.keyId === id;
}

async function findAgencyOfKey(unit: Unit, code: string): Promise<{ readonly id: string }> {
  try {
    const found = await findAgency(unit, code);
    // Users of the State read in the trees of all agencies: who may make some is bound to none.
    if (found.kind !== 'state') return found;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not-found') throw error;
    throw fieldInvalid('/agency', 'the code of an agency that exists, or null');
  }
  throw fieldInvalid('/agency', 'an agency other than the State, whose users read in all, or null');
}

function refusePast(expiresAtMs: number | null | undefined, nowMs: number): void {
  if (expiresAtMs !== null && expiresAtMs !== undefined && expiresAtMs <= nowMs)
    throw fieldInvalid('/expiresAt', 'a time to come, or null');
}

async function listAdminKeys(
  reader: Reader,
  { limit, after = null, agency }: AdminKeyListing,
): Promise<Page<AdminKey>> {
  const most = pageLimit(limit);
  let select = selectKeys(reader);
  if (agency !== undefined) select = select.where('agencies.code', '=', agency);
  if (after !== null) {
    // Rows are never deleted, so the last key of a page is still there when the next page is asked for.
    const last = await reader.query
      .selectFrom('admin_keys')
      .select('created_at')
      .where('id', '=', after)
      .executeTakeFirst();
    if (last === undefined) throw fieldInvalid('/cursor', 'the nextCursor of the page before');
    select = select.where((where) =>
      where.or([
        where('admin_keys.created_at', '>', last.created_at),
        where.and([
          where('admin_keys.created_at', '=', last.created_at),
          where('admin_keys.id', '>', after),
        ]),
      ]),
    );
  }
  const rows = await select
    .orderBy('admin_keys.created_at')
    .orderBy('admin_keys.id')
    .limit(most + 1)
    .execute();
  return pageOf(
    rows.map((row) => keyOf(row, reader.nowMs)),
    most,
    (key) => key.id,
  );
}

async function changeAdminKey(
  parts: AdminKeyParts,
  origin: Origin,
  id: string,
  change: AdminKeyChange,
): Promise<AdminKey> {
  const wanted = {
    ...(change.name !== undefined && { name: checkShownName(change.name, '/name') }),
    ...(change.scopes !== undefined && { scopes: checkScopes(change.scopes) }),
    ...(change.allowedCidrs !== undefined && {
      allowedCidrs: checkAllowedCidrs(change.allowedCidrs),
    }),
    ...(change.expiresAtMs !== undefined && { expiresAtMs: checkExpiry(change.expiresAtMs) }),
  };
  return parts.database.write(
    async (unit) => {
      const key = await findAdminKey(unit, id);
      const { name, scopes, allowedCidrs, expiresAtMs } = key;
      const before = { name, scopes, allowedCidrs, expiresAtMs };
      const changed = differences(before, { ...before, ...wanted });
      if (changed === undefined) return key;
      refusePast(changed.after.expiresAtMs, unit.nowMs);
      const after = { ...before, ...wanted };
      const { agency } = key;
      if (!isOwn(origin, id)) await refuseMoreThanOwn(unit, origin, { ...before, agency });
      // The whole of it: a scope that is added comes with the addresses and the life that the key has already.
      await refuseMoreThanOwn(unit, origin, { ...after, agency });
      await unit.query
        .updateTable('admin_keys')
        .set({
          name: after.name,
          scopes: JSON.stringify(after.scopes),
          allowed_cidrs: JSON.stringify(after.allowedCidrs),
          expires_at: after.expiresAtMs,
          updated_at: unit.nowMs,
        })
        .where('id', '=', id)
        .execute();
      await recordChange(parts, unit, origin, {
        event: 'admin-key.changed.1',
        keyId: id,
        ...changed,
      });
      return { ...key, ...after, updatedAtMs: unit.nowMs };
    },
    { by: origin },
  );
}

async function rotateAdminKey(
  parts: AdminKeyParts,
  origin: Origin,
  id: string,
  overlapMs: number,
): Promise<CreatedAdminKey> {
  if (!isIntegerBetween(overlapMs, 0, overlapMsMax))
    throw fieldInvalid('/overlapSeconds', `a whole number from 0 to ${overlapMsMax / 1_000}`);
  const { secret, hash } = newSecret(parts.randomBytes, id);
  const key = await parts.database.write(
    async (unit) => {
      const row = await findKeyRow(unit, id);
      const { scopes, agency, allowedCidrs, expiresAtMs } = keyOf(row, unit.nowMs);
      const issuer = issuerOf(origin);
      await refuseSecretOfMore(unit, origin, id, { scopes, agency, allowedCidrs, expiresAtMs });
      const issuers = new Set(JSON.parse(row.issued_by) as string[]);
      if (issuer !== null && issuer !== id) issuers.add(issuer);
      await unit.query
        .updateTable('admin_keys')
        .set({
          secret_hash: hash,
          former_secret_hash: row.secret_hash,
          former_secret_until: unit.nowMs + overlapMs,
          rotated_at: unit.nowMs,
          updated_at: unit.nowMs,
          issued_by: JSON.stringify([...issuers]),
        })
        .where('id', '=', id)
        .execute();
      await recordChange(parts, unit, origin, {
        event: 'admin-key.rotated.1',
        keyId: id,
        formerUntil: new Date(unit.nowMs + overlapMs).toISOString(),
      });
      return findAdminKey(unit, id);
    },
    { by: origin },
  );
  return { key, secret };
}

async function removeAdminKey(parts: AdminKeyParts, origin: Origin, id: string): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const key = await findAdminKey(unit, id);
      const { scopes, agency } = key;
      if (!isOwn(origin, id)) await refuseMoreThanOwn(unit, origin, { scopes, agency });
      await unit.query
        .updateTable('admin_keys')
        .set({ removed_at: unit.nowMs })
        .where('id', '=', id)
        .execute();
      await recordChange(parts, unit, origin, {
        event: 'admin-key.removed.1',
        keyId: id,
        before: recordOf(key),
        after: null,
      });
    },
    { by: origin },
  );
}
