import { createHash, timingSafeEqual } from 'node:crypto';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { isAddressIn, isCidrIn } from '../domain/addresses.ts';
import { checkScopes, hasScope } from './admin-scopes.ts';
import type { AdminScope } from './admin-scopes.ts';
import { checkExpiry, checkShownName, fieldInvalid } from './fields.ts';
import { pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import { checkAllowedCidrs } from './user-fields.ts';

export type AdminKey = {
  /** 12 lower-case base32 characters. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly AdminScope[];
  /** Canonical addresses and CIDR blocks to call from; empty is everywhere. */
  readonly allowedCidrs: readonly string[];
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
};

export type NewAdminKey = {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number | null;
  readonly allowedCidrs: readonly string[];
};

/** `secret` is the whole `wb_<id>_<secret>` that a client sends; it exists nowhere else. */
export type CreatedAdminKey = { readonly key: AdminKey; readonly secret: string };

export type AdminKeys = {
  /**
   * An administrator gives no scope that its own key lacks, no address from which it may not call itself and, but with
   * the scope `*`, no longer life; the owner of the host gives any.
   *
   * @param keep is given the secret before the key exists, so that none exists whose secret nobody has
   * @throws Fault `field-invalid`, `scope-missing`
   */
  createAdminKey(
    origin: Origin,
    key: NewAdminKey,
    keep?: (secret: string) => void,
  ): Promise<CreatedAdminKey>;
  /** @throws Fault `not-found` */
  getAdminKey(id: string): Promise<AdminKey>;
  /** The oldest first; `after` is the id of the last one of the page before. @throws Fault `field-invalid` at `/cursor` */
  listAdminKeys(listing: {
    readonly limit: number;
    readonly after?: string | null;
  }): Promise<Page<AdminKey>>;
  /** The row stays, so that ledger rows still lead to a name. @throws Fault `not-found` */
  removeAdminKey(origin: Origin, id: string): Promise<void>;
  /**
   * Whose key that is, with the use of it noted. What is refused before the secret was right says nothing of the key.
   *
   * @throws Fault `credentials-wrong`, `key-expired`, `address-not-allowed`
   */
  verifyAdminKey(secret: string, address: string): Promise<AdminKey>;
  /** Whether there ever was one, removed ones included. */
  anyEver(): Promise<boolean>;
};

export type AdminKeyParts = Pick<AccountParts, 'database' | 'ledger' | 'randomBytes'>;

const secretForm = /^wb_([a-z2-7]{12})_([a-z2-7]{52})$/;
const secretBytes = 32;
/** `lastUsedAt` is this exact, so that a busy key does not write with every call. */
const lastUsedMsMax = 60_000;
const decoyHash = Buffer.alloc(32);

export function createAdminKeys(parts: AdminKeyParts): AdminKeys {
  const { database } = parts;
  return {
    createAdminKey: (origin, key, keep) => createAdminKey(parts, origin, key, keep),
    getAdminKey: (id) => database.read(async (reader) => keyOf(await findKey(reader, id))),
    listAdminKeys: (listing) => listAdminKeys(parts, listing),
    removeAdminKey: (origin, id) => removeAdminKey(parts, origin, id),
    verifyAdminKey: (secret, address) => verifyAdminKey(parts, secret, address),
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
  const id = base32(parts.randomBytes(8)).slice(0, 12);
  const random = base32(parts.randomBytes(secretBytes));
  const secret = `wb_${id}_${random}`;
  keep?.(secret);
  const key = await parts.database.write(async (unit) => {
    if (expiresAtMs !== null && expiresAtMs <= unit.nowMs) {
      throw fieldInvalid('/expiresAt', 'a time to come, or null');
    }
    await refuseMoreThanOwn(unit, origin, { scopes, allowedCidrs, expiresAtMs });
    const row: Row<'admin_keys'> = {
      id,
      name,
      secret_hash: hashOf(random),
      scopes: JSON.stringify(scopes),
      allowed_cidrs: JSON.stringify(allowedCidrs),
      expires_at: expiresAtMs,
      created_at: unit.nowMs,
      last_used_at: null,
      removed_at: null,
    };
    await unit.query.insertInto('admin_keys').values(row).execute();
    const after = recordOf(row);
    await recordChange(parts, unit, origin, {
      event: 'admin-key.created.1',
      keyId: id,
      before: null,
      after,
    });
    return keyOf(row);
  });
  return { key, secret };
}

/** Asked of the key as it is in the unit: it may have been removed while its call was under way. */
async function refuseMoreThanOwn(
  unit: Unit,
  { actor }: Origin,
  wanted: Pick<AdminKey, 'scopes' | 'allowedCidrs' | 'expiresAtMs'>,
): Promise<void> {
  if (actor.kind === 'host') return;
  if (actor.kind !== 'admin') throw new Fault('scope-missing');
  const own = await unit.query
    .selectFrom('admin_keys')
    .selectAll()
    .where('id', '=', actor.keyId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  const { scopes, allowedCidrs, expiresAtMs } = own === undefined ? nothing : keyOf(own);
  const lacking = wanted.scopes.filter((scope) => !hasScope({ scopes }, scope));
  if (lacking.length > 0) {
    throw new Fault(
      'scope-missing',
      `a key gives only scopes that it has itself; this one lacks ${lacking.join(', ')}`,
      {
        pointer: '/scopes',
      },
    );
  }
  const isWithin = wanted.allowedCidrs.every((cidr) => isCidrIn(cidr, allowedCidrs));
  if (allowedCidrs.length > 0 && (wanted.allowedCidrs.length === 0 || !isWithin)) {
    throw new Fault(
      'scope-missing',
      `this key gives only addresses within its own: ${allowedCidrs.join(', ')}`,
      { pointer: '/allowedCidrs' },
    );
  }
  if (!scopes.includes('*') && (wanted.expiresAtMs ?? Infinity) > (expiresAtMs ?? Infinity)) {
    throw new Fault(
      'scope-missing',
      'a key without the scope * gives no key that lives longer than itself',
      { pointer: '/expiresAt' },
    );
  }
}

const nothing: Pick<AdminKey, 'scopes' | 'allowedCidrs' | 'expiresAtMs'> = {
  scopes: [],
  allowedCidrs: [],
  expiresAtMs: null,
};

async function listAdminKeys(
  { database }: AdminKeyParts,
  { limit, after = null }: { readonly limit: number; readonly after?: string | null },
): Promise<Page<AdminKey>> {
  const most = pageLimit(limit);
  return database.read(async ({ query }) => {
    let select = query.selectFrom('admin_keys').selectAll().where('removed_at', 'is', null);
    if (after !== null) {
      // Rows are never deleted, so the last key of a page is still there when the next page is asked for.
      const last = await query
        .selectFrom('admin_keys')
        .select('created_at')
        .where('id', '=', after)
        .executeTakeFirst();
      if (last === undefined) throw fieldInvalid('/cursor', 'the nextCursor of the page before');
      select = select.where((where) =>
        where.or([
          where('created_at', '>', last.created_at),
          where.and([where('created_at', '=', last.created_at), where('id', '>', after)]),
        ]),
      );
    }
    const rows = await select
      .orderBy('created_at')
      .orderBy('id')
      .limit(most + 1)
      .execute();
    return pageOf(rows.map(keyOf), most, (key) => key.id);
  });
}

async function removeAdminKey(parts: AdminKeyParts, origin: Origin, id: string): Promise<void> {
  await parts.database.write(async (unit) => {
    const row = await findKey(unit, id);
    await unit.query
      .updateTable('admin_keys')
      .set({ removed_at: unit.nowMs })
      .where('id', '=', id)
      .execute();
    const before = recordOf(row);
    await recordChange(parts, unit, origin, {
      event: 'admin-key.removed.1',
      keyId: id,
      before,
      after: null,
    });
  });
}

async function verifyAdminKey(
  { database }: AdminKeyParts,
  secret: string,
  address: string,
): Promise<AdminKey> {
  const [, id, random] = secretForm.exec(secret) ?? [];
  if (id === undefined || random === undefined) throw new Fault('credentials-wrong');
  const { row, nowMs } = await database.read(async ({ query, nowMs }) => ({
    row: await query.selectFrom('admin_keys').selectAll().where('id', '=', id).executeTakeFirst(),
    nowMs,
  }));
  // An unknown id takes the same steps: its hash is held against one that no secret has.
  const fits = timingSafeEqual(hashOf(random), row?.secret_hash ?? decoyHash);
  if (!fits || row === undefined || row.removed_at !== null) throw new Fault('credentials-wrong');
  const key = keyOf(row);
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs)
    throw new Fault('key-expired', 'the API key has expired');
  if (key.allowedCidrs.length > 0 && !isAddressIn(address, key.allowedCidrs)) {
    throw new Fault('address-not-allowed', 'the API key may not be used from this address');
  }
  // A clock that was set back makes the last use one of the future.
  if (key.lastUsedAtMs !== null && Math.abs(nowMs - key.lastUsedAtMs) < lastUsedMsMax) return key;
  await database.write((unit) =>
    unit.query
      .updateTable('admin_keys')
      .set({ last_used_at: unit.nowMs })
      .where('id', '=', id)
      .execute(),
  );
  return { ...key, lastUsedAtMs: nowMs };
}

async function findKey({ query }: Reader | Unit, id: string): Promise<Row<'admin_keys'>> {
  const row = await query
    .selectFrom('admin_keys')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such admin key');
  return row;
}

/** What the ledger keeps of a key: never its secret, nor the hash of it. */
function recordOf(row: Row<'admin_keys'>): object {
  const { id, name, scopes, allowedCidrs, expiresAtMs } = keyOf(row);
  return { id, name, scopes, allowedCidrs, expiresAtMs };
}

function keyOf(row: Row<'admin_keys'>): AdminKey {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    allowedCidrs: JSON.parse(row.allowed_cidrs),
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
  };
}

/** A secret of 256 random bits needs no slow hash. */
function hashOf(random: string): Buffer {
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
