import type { BlobStore } from '../../server/blobs/store.ts';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { openDatabase, type OpenDatabase } from '../../server/database/open.ts';
import type { Identity } from '../../server/domain/identity.ts';
import { limits } from '../../server/domain/limits.ts';
import { defaultRules } from '../../server/domain/permissions.ts';
import { createFiles, type Files } from '../../server/files/files.ts';
import { LiveOpens } from '../../server/files/opens.ts';
import type { FilesParts } from '../../server/files/parts.ts';
import { newId } from '../../server/files/tree.ts';
import { createVault, type Vault } from '../../server/files/vault.ts';
import { createLedger } from '../../server/ledger/ledger.ts';
import { createLedgerNames } from '../../server/ledger/names.ts';
import { createReceipts } from '../../server/receipts/receipts.ts';
import { standingHolds } from '../../server/retention/standing-holds.ts';
import { RotatingKey } from '../../server/signing/rotating-key.ts';
import { agencyCode, leavesOf, usernameOf, type Leaf } from './layout.ts';

/** A filled data directory as the monitor has it open, in this process: the wire would only add to both sides. */
export type Catalogue = {
  readonly entries: number;
  readonly leaves: readonly Leaf[];
  readonly database: OpenDatabase;
  readonly files: Files;
  readonly parts: FilesParts;
  /** Who sends on that day. */
  readonly identityOf: (leaf: Leaf) => Identity;
  close(): Promise<void>;
};

export async function openCatalogue(
  dataDirectory: string,
  entries: number,
  masterKey: Uint8Array,
): Promise<Catalogue> {
  const database = openDatabase({ dataDirectory, clock: Date.now });
  const opens = new LiveOpens(async () => true);
  const names = createLedgerNames(masterKey);
  names.follow(database);
  const ledger = createLedger(names);
  const vault = await anyKeyVault(database, masterKey);
  const parts: FilesParts = {
    database,
    ledger,
    vault,
    opens,
    holds: standingHolds,
    receipts: createReceipts({
      database,
      ledger,
      vault,
      store: noBytes,
      key: await RotatingKey.open({ database, ledger }, hostKeySigner(generateHostKey())),
      version: 'bench',
      limits,
      onFault: (error) => console.error(error),
    }),
    limits,
  };
  const users = await usersOf(database);
  const identities = new Map<string, Identity>();
  return {
    entries,
    leaves: leavesOf(entries),
    database,
    files: createFiles(parts, noBytes, async () => undefined),
    parts,
    identityOf: (leaf) => {
      const username = usernameOf(leaf);
      const known = identities.get(username) ?? identityFor(username, leaf, users);
      identities.set(username, known);
      return known;
    },
    close: () => database.close(),
  };
}

type UserIds = ReadonlyMap<string, { readonly id: string; readonly agency_id: string }>;

async function usersOf(database: OpenDatabase): Promise<UserIds> {
  const rows = await database.read(({ query }) =>
    query.selectFrom('users').select(['id', 'agency_id', 'username']).execute(),
  );
  return new Map(rows.map((row) => [row.username, row]));
}

function identityFor(username: string, leaf: Leaf, users: UserIds): Identity {
  const user = users.get(username)!;
  return {
    sessionId: newId(),
    userId: user.id,
    username,
    agencyId: user.agency_id,
    agencyCode: agencyCode(leaf.agency),
    agencyKind: 'lcsa',
    rules: defaultRules.lcsa,
    quotaBytes: 1e15,
    expiresAtMs: null,
    proofs: ['bench'],
    certificates: [],
    source: '192.0.2.1:50000',
    client: 'SSH-2.0-bench',
  } as const satisfies Omit<Identity, symbol> as unknown as Identity;
}

/** The rows are what is measured; nobody reads or writes bytes. */
export const noBytes: BlobStore = {
  create: () => Promise.reject(new Error('no bytes')),
  open: () => Promise.reject(new Error('no bytes')),
  remove: async () => undefined,
  list: async function* () {},
  admit: () => undefined,
  space: async () => ({ bytesTotal: 1e15, bytesFree: 1e15 }),
};

/** Does the work of unwrapping on a key of its own, as those in the rows are stand-ins (fill.ts). */
async function anyKeyVault(database: OpenDatabase, masterKey: Uint8Array): Promise<Vault> {
  const vault = createVault(masterKey);
  const known = await database.write(async (unit) => {
    const { agency_id: agencyId } = await unit.query
      .selectFrom('agency_keys')
      .select('agency_id')
      .limit(1)
      .executeTakeFirstOrThrow();
    return { agencyId, ...(await vault.createDataKey(unit, agencyId, 'bench')) };
  });
  return {
    ...vault,
    unwrapDataKey: (reader) => vault.unwrapDataKey(reader, known.agencyId, 'bench', known.wrapped),
  };
}

/** Reads what requests read once, so that the system has it in memory where there is enough: what is filled is not. */
export async function warm({ database }: Catalogue): Promise<void> {
  await database.read(async ({ query }) => {
    for (const table of ['entries', 'versions', 'blobs'] as const) {
      const all = query.selectFrom(table);
      await all.select((build) => build.fn.sum('size').as('bytes')).execute();
      await all
        .select((build) => build.fn.count('id').as('ids'))
        .where('id', '>', '')
        .execute();
    }
    await query
      .selectFrom('entries')
      .select((build) => build.fn.count('name').as('names'))
      .where('parent_id', '>', '')
      .execute();
  });
}
