import { createHash } from 'node:crypto';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import type { Unit } from '../../server/database/units.ts';
import { timeOrderedId } from '../../server/domain/ids.ts';
import { newId, plantTree } from '../../server/files/tree.ts';
import { createVault } from '../../server/files/vault.ts';
import {
  agencyCode,
  agencyCount,
  directoryPath,
  leavesOf,
  usernameOf,
  usernamesOf,
  type Leaf,
} from './layout.ts';
import { fillStatements } from './fill-statements.ts';

export type FillOptions = {
  readonly dataDirectory: string;
  readonly entries: number;
  readonly masterKey: Uint8Array;
  /** `random` is how ids were made before they began with the time. */
  readonly ids: 'time-ordered' | 'random';
  /** The size of each file, with its bytes in its row; if not given they are all sizes, and their bytes nowhere. */
  readonly inlineBytes?: number;
  readonly say?: (line: string) => void;
};

type Agency = { readonly id: string; readonly outgoingId: string; readonly users: readonly User[] };
type User = { readonly id: string; readonly username: string };

/**
 * A data directory's database as years of use would leave it, made through the real migrations: each file has its
 * entry, blob, version, upload and two rows of the ledger, every 20th a download. Two things are stand-ins, as their
 * making would take longer than all the rest: wrapped keys and the ledger's hashes are random bytes. So the content
 * cannot be read, and `verifyLedger` says that row 1 was altered; rows are read, written and found like real ones.
 */
export async function fill(options: FillOptions): Promise<void> {
  const say = options.say ?? (() => undefined);
  const startedMs = performance.now();
  const agencies = await foundAgencies(options);
  const sqlite = new BetterSqlite3(join(options.dataDirectory, databaseFileName));
  try {
    prepareToFill(sqlite, options.ids);
    const restore = dropIndexes(sqlite);
    sqlite.exec('BEGIN EXCLUSIVE');
    const longest = insertLeaves(sqlite, leavesOf(options.entries), agencies, options.ids);
    const number = sqlite.prepare('INSERT INTO temp.n (k) VALUES (?)');
    for (let k = 0; k < longest; k += 1) number.run(k);
    for (const [name, sql] of fillStatements(options.ids, options.inlineBytes ?? null)) {
      sqlite.exec(sql);
      say(`${name}: ${seconds(startedMs)} s`);
    }
    for (const sql of restore) {
      sqlite.exec(sql);
      say(`${sql.split(' ').slice(0, 3).join(' ')}: ${seconds(startedMs)} s`);
    }
    sqlite.exec('COMMIT');
    sqlite.pragma('journal_mode = WAL');
  } finally {
    sqlite.close();
  }
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

/** Agencies and users by the server's own code. */
async function foundAgencies(options: FillOptions): Promise<readonly Agency[]> {
  const { dataDirectory, masterKey } = options;
  const vault = createVault(masterKey);
  const database = openDatabase({ dataDirectory, clock: Date.now });
  try {
    return await database.write(async (unit) => {
      const agencies: Agency[] = [];
      for (let agency = 0; agency < agencyCount; agency += 1) {
        const id = newId();
        await foundAgency(unit, id, agencyCode(agency));
        await vault.createAgencyKey(unit, id);
        const users = usernamesOf(agency).map((username) => ({ id: newId(), username }));
        for (const user of users) await insertUser(unit, id, user);
        agencies.push({ id, outgoingId: await outgoingOf(unit, id), users });
      }
      return agencies;
    });
  } finally {
    await database.close();
  }
}

async function foundAgency(unit: Unit, id: string, code: string): Promise<void> {
  const rootEntryId = newId();
  await unit.query
    .insertInto('agencies')
    .values({
      id,
      code,
      name: code,
      kind: 'lcsa',
      root_entry_id: rootEntryId,
      created_at: unit.nowMs,
      updated_at: unit.nowMs,
      removed_at: null,
    })
    .execute();
  await plantTree(unit, { id, rootEntryId });
}

async function insertUser(unit: Unit, agencyId: string, { id, username }: User): Promise<void> {
  await unit.query
    .insertInto('users')
    .values({
      id,
      username,
      agency_id: agencyId,
      display_name: username,
      status: 'active',
      login_methods: '[["publickey"]]',
      permissions: null,
      allowed_cidrs: '[]',
      expires_at: null,
      quota_bytes: 1e15,
      max_sessions: 32,
      last_login_at: null,
      created_at: unit.nowMs,
      updated_at: unit.nowMs,
    })
    .execute();
}

async function outgoingOf({ query }: Unit, agencyId: string): Promise<string> {
  const row = await query
    .selectFrom('entries')
    .innerJoin('agencies', 'agencies.root_entry_id', 'entries.parent_id')
    .select('entries.id')
    .where('agencies.id', '=', agencyId)
    .where('entries.name', '=', 'outgoing')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Nothing of this outlives the connection, and a file that is cut short is made again. */
function prepareToFill(sqlite: BetterSqlite3.Database, ids: FillOptions['ids']): void {
  for (const pragma of [
    'journal_mode = MEMORY',
    'synchronous = OFF',
    'locking_mode = EXCLUSIVE',
    'foreign_keys = OFF',
    'cache_size = -1000000',
    'temp_store = FILE',
    'threads = 1',
  ])
    sqlite.pragma(pragma);
  if (ids === 'random')
    sqlite.function('random_id', { deterministic: true }, (kind, number) => randomId(kind, number));
  sqlite.exec(`CREATE TEMP TABLE n (k INTEGER PRIMARY KEY);
    CREATE TEMP TABLE leaf (no INTEGER PRIMARY KEY, id, agency_id, code, path, session, user_id, username, at, step,
      first, count)`);
}

function randomId(kind: unknown, number: unknown): string {
  return createHash('md5')
    .update(`${String(kind)} ${String(number)}`)
    .digest('hex');
}

/** Sorting once is faster than ten million insertions, but for what is in order anyway. @returns how to make them */
function dropIndexes(sqlite: BetterSqlite3.Database): readonly string[] {
  const filled = ['entries', 'versions', 'blobs', 'transfers', 'ledger'];
  const found = sqlite
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN (SELECT value FROM json_each(?)) ORDER BY tbl_name",
    )
    .all(JSON.stringify(filled)) as { type: string; name: string; sql: string }[];
  for (const { type, name } of found) sqlite.exec(`DROP ${type} ${name}`);
  return found.map(({ sql }) => sql);
}

/** The directories, as entries and for the statements that make what is in them. @returns files of the largest */
function insertLeaves(
  sqlite: BetterSqlite3.Database,
  leaves: readonly Leaf[],
  agencies: readonly Agency[],
  ids: FillOptions['ids'],
): number {
  const entry = sqlite.prepare(
    `INSERT INTO entries (id, agency_id, parent_id, name, kind, size, mode, accessed_at, modified_at, created_at)
     VALUES (@id, @agencyId, @parentId, @name, 'directory', 0, 488, @atMs, @atMs, @atMs)`,
  );
  const row = sqlite.prepare(
    `INSERT INTO temp.leaf VALUES (@no, @id, @agencyId, @code, @path, @session, @userId, @username, @atMs, @stepMs,
      @first, @count)`,
  );
  let made = 0;
  const idAt = (atMs: number) => {
    made += 1;
    if (ids === 'random') return randomId('directory', made);
    return timeOrderedId(atMs, Buffer.from(`d${made.toString(16).padStart(19, '0')}`, 'hex'));
  };
  const known = new Map<string, string>();
  /** `mkdir -p` */
  const directory = (agency: Agency, path: readonly string[], atMs: number): string => {
    if (path.length === 0) return agency.outgoingId;
    const key = `${agency.id}/${path.join('/')}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const parentId = directory(agency, path.slice(0, -1), atMs);
    const id = idAt(atMs);
    entry.run({ id, agencyId: agency.id, parentId, name: path.at(-1), atMs });
    known.set(key, id);
    return id;
  };
  for (const leaf of leaves) {
    const agency = agencies[leaf.agency]!;
    const username = usernameOf(leaf);
    row.run({
      ...leaf,
      id: directory(agency, leaf.day.split('/'), leaf.atMs),
      agencyId: agency.id,
      code: agencyCode(leaf.agency),
      path: directoryPath(leaf),
      session: idAt(leaf.atMs),
      userId: agency.users.find((user) => user.username === username)!.id,
      username,
    });
  }
  return Math.max(...leaves.map(({ count }) => count));
}
