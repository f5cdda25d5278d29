import { createHmac, randomBytes } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import { seal, unseal } from '../database/sealing.ts';
import type { Commit, Reader, Unit } from '../database/units.ts';
import { NameCache } from './name-cache.ts';
import {
  createKey,
  findKey,
  liveKeys,
  lookupOf,
  noAgency,
  openKey,
  type NameKey,
} from './name-keys.ts';

const keyBytes = 32;

/** A name and what proves that the ledger speaks of it: `HMAC-SHA256(key, name) = commitment`. */
export type OpenedName = {
  /** base64url. */
  readonly commitment: string;
  /** A path; of a few names another text (name-members.ts). */
  readonly path: string;
  /** base64url, of 32 bytes. */
  readonly key: string;
};

/** Names of files as the ledger has them: a commitment in each row, and here what opens it until it is redacted. */
export interface LedgerNames {
  /** What stands in a row for a name in the tree of an agency ('' for none), base64url. */
  commit(unit: Unit, agency: string, name: string): Promise<string>;
  /** Whether an agency has names; who only claims one must not make a key for it. */
  has(unit: Unit, agency: string): Promise<boolean>;
  /** What opens these commitments; of a redacted one there is nothing, as of one that is damaged. @throws Fault `key-material-unusable` */
  open(
    reader: Reader | Unit,
    commitments: Iterable<string>,
  ): Promise<ReadonlyMap<string, OpenedName>>;
  /** The commitments of a name: in the tree of one agency and in none, or in all trees. */
  find(reader: Reader | Unit, name: string, agency?: string): Promise<readonly string[]>;
  /** Takes away what opens a name. @returns its commitment, where there was one */
  redact(unit: Unit, agency: string, name: string): Promise<string | undefined>;
  /** Destroys what opens any name of an agency up to here. @returns whether there was something */
  redactAll(unit: Unit, agency: string): Promise<boolean>;
  /** Agencies that have names, with '' where some are in no agency's tree. */
  agencies(reader: Reader | Unit): Promise<readonly string[]>;
}

/** For one database: what is known of its names is kept where it tells of its commits (`follow`). */
export function createLedgerNames(masterKey: Uint8Array): LedgerNames & {
  follow(database: { onCommit(listener: (commit: Commit) => void): void }): void;
} {
  const cache = new NameCache();
  const opened = new Map<number, NameKey>();

  async function keyOf(unit: Unit, agency: string): Promise<NameKey | undefined> {
    const known = cache.key(unit, agency);
    if (known !== undefined) return known;
    const found = await findKey(unit, masterKey, agency);
    if (found !== undefined) cache.learnKey(unit, found);
    return found;
  }

  async function keyFor(unit: Unit, agency: string): Promise<NameKey> {
    const found = await keyOf(unit, agency);
    if (found !== undefined) return found;
    const made = await createKey(unit, masterKey, agency);
    cache.learnKey(unit, made);
    return made;
  }

  function openedKey({ key_id: id, agency, wrapped_key }: SealedName): NameKey | undefined {
    // Looked at each time: a key that is destroyed opens nothing, whoever still has it.
    if (wrapped_key === null) return void opened.delete(id);
    const key = opened.get(id) ?? openKey(masterKey, id, agency, wrapped_key);
    opened.set(id, key);
    return key;
  }

  return {
    follow: (database) => cache.follow(database),
    commit: async (unit, agency, name) => {
      const known = cache.name(unit, agency, name);
      if (known !== undefined) return known;
      const key = await keyFor(unit, agency);
      const lookup = lookupOf(key, name);
      const there = await byLookup.first(unit, { lookup });
      const commitment = shown(there?.commitment ?? (await insert(unit, key, { name, lookup })));
      cache.learnName(unit, agency, name, commitment);
      return commitment;
    },
    has: async (unit, agency) => (await keyOf(unit, agency)) !== undefined,
    open: async (reader, commitments) => {
      const names = new Map<string, OpenedName>();
      for (const commitment of new Set(commitments)) {
        const row = await byCommitment.first(reader, {
          commitment: Buffer.from(commitment, 'base64url'),
        });
        if (row === undefined) continue;
        const key = openedKey(row);
        const name = key && openName(key, commitment, row.sealed);
        if (name !== undefined) names.set(commitment, name);
      }
      return names;
    },
    find: async (reader, name, agency) => {
      const found: string[] = [];
      for (const key of await liveKeys(reader, masterKey)) {
        if (agency !== undefined && key.agency !== agency && key.agency !== noAgency) continue;
        const row = await byLookup.first(reader, { lookup: lookupOf(key, name) });
        if (row !== undefined) found.push(shown(row.commitment));
      }
      return found;
    },
    redact: async (unit, agency, name) => {
      const key = await keyOf(unit, agency);
      if (key === undefined) return undefined;
      cache.forgetName(unit, agency, name);
      const gone = await deleteName.first(unit, { lookup: lookupOf(key, name) });
      return gone && shown(gone.commitment);
    },
    redactAll: async (unit, agency) => {
      const key = await keyOf(unit, agency);
      if (key === undefined) return false;
      cache.forgetKey(unit, agency);
      opened.delete(key.id);
      await unit.query
        .updateTable('ledger_name_keys')
        .set({ wrapped_key: null, destroyed_at: unit.nowMs })
        .where('id', '=', key.id)
        .execute();
      return true;
    },
    agencies: async (reader) => (await liveKeys(reader, masterKey)).map(({ agency }) => agency),
  };
}

const byLookup = prepare((query, given: { readonly lookup: Uint8Array }) =>
  query.selectFrom('ledger_names').select('commitment').where('lookup', '=', given.lookup),
);

type SealedName = {
  readonly key_id: number;
  readonly sealed: Uint8Array;
  readonly agency: string;
  readonly wrapped_key: Uint8Array | null;
};

const byCommitment = prepare((query, given: { readonly commitment: Uint8Array }) =>
  query
    .selectFrom('ledger_names')
    .innerJoin('ledger_name_keys', 'ledger_name_keys.id', 'ledger_names.key_id')
    .select(['key_id', 'sealed', 'agency', 'wrapped_key'])
    .where('commitment', '=', given.commitment),
);

type NewName = {
  readonly keyId: number;
  readonly commitment: Uint8Array;
  readonly lookup: Uint8Array;
  readonly sealed: Uint8Array;
};

const insertName = prepare((query, name: NewName) =>
  query.insertInto('ledger_names').values({
    key_id: name.keyId,
    commitment: name.commitment,
    lookup: name.lookup,
    sealed: name.sealed,
  }),
);

const deleteName = prepare((query, given: { readonly lookup: Uint8Array }) =>
  query.deleteFrom('ledger_names').where('lookup', '=', given.lookup).returning('commitment'),
);

/** @returns the commitment */
async function insert(
  unit: Unit,
  key: NameKey,
  { name, lookup }: { readonly name: string; readonly lookup: Uint8Array },
): Promise<Uint8Array> {
  const nameKey = randomBytes(keyBytes);
  const commitment = createHmac('sha256', nameKey).update(name).digest();
  const secret = Buffer.concat([nameKey, Buffer.from(name)]);
  const sealed = seal(key.sealing, secret, purposeOf(shown(commitment)));
  await insertName.run(unit, { keyId: key.id, commitment, lookup, sealed });
  return commitment;
}

/** Undefined for a row that somebody has altered: the rows of the ledger are there all the same. */
export function openName(
  key: NameKey,
  commitment: string,
  sealed: Uint8Array,
): OpenedName | undefined {
  let secret: Buffer;
  try {
    secret = unseal(key.sealing, sealed, purposeOf(commitment));
  } catch {
    return undefined;
  }
  return {
    commitment,
    path: secret.toString('utf8', keyBytes),
    key: secret.subarray(0, keyBytes).toString('base64url'),
  };
}

function purposeOf(commitment: string): string {
  return `name ${commitment}`;
}

function shown(commitment: Uint8Array): string {
  return Buffer.from(commitment).toString('base64url');
}
