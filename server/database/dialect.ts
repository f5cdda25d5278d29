import type BetterSqlite3 from 'better-sqlite3';
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { databaseFault } from './errors.ts';

/** Kysely's compiled query; its class, which would make one of text, is not imported. */
type CompiledQuery = Parameters<DatabaseConnection['executeQuery']>[0];

const preparedStatementsMax = 500;

/**
 * One open better-sqlite3 connection as Kysely sees it. Transactions are not Kysely's affair here: the group of units
 * (`grouped-commits.ts`) and the read snapshot (`open.ts`) begin and end them. `usable` guards against a query object
 * that is used after its unit or read has ended.
 */
export class SqliteConnection implements DatabaseConnection {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #prepared = new Map<string, BetterSqlite3.Statement>();
  usable = false;

  constructor(sqlite: BetterSqlite3.Database) {
    this.#sqlite = sqlite;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.usable) throw new Error('a query was run outside its unit of work');
    try {
      const statement = this.#prepare(compiled.sql);
      if (statement.reader) return { rows: statement.all(compiled.parameters) as R[] };
      const { changes, lastInsertRowid } = statement.run(compiled.parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw databaseFault(error);
    }
  }

  #prepare(sql: string): BetterSqlite3.Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    if (this.#prepared.size >= preparedStatementsMax) this.#prepared.clear();
    const statement = this.#sqlite.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used: read in batches by key');
  }
}

/** A Kysely dialect over exactly one connection that somebody else opens, closes and wraps in transactions. */
export function singleConnectionDialect(connection: SqliteConnection): Dialect {
  const refuse = async (): Promise<never> => {
    throw new Error('transactions belong to units of work (server/database/units.ts)');
  };
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
