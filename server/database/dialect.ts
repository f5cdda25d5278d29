import type BetterSqlite3 from 'better-sqlite3';
import {
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { databaseFault } from './errors.ts';
import type { CompiledOnce, PreparedQueries, PreparedQuery } from './prepared.ts';
import type { Schema } from './schema.ts';

/** Kysely's compiled query; its class, which would make one of text, is not imported. */
type CompiledQuery = Parameters<DatabaseConnection['executeQuery']>[0];
type Statement = BetterSqlite3.Statement;
type Given = Parameters<CompiledOnce['values']>[0];
type Bound = {
  readonly statement: Statement;
  readonly values: CompiledOnce['values'];
  /** Of a row; none where there are no rows. */
  readonly columns: readonly string[];
};

const preparedStatementsMax = 500;

/**
 * One open better-sqlite3 connection as Kysely sees it. Transactions are not Kysely's affair here: the group of units
 * (`grouped-commits.ts`) and the read snapshot (`reads.ts`) begin and end them. `usable` guards against a query object
 * that is used after its unit or read has ended.
 */
export class SqliteConnection implements DatabaseConnection, PreparedQueries {
  readonly #sqlite: BetterSqlite3.Database;
  readonly #statements = new Map<string, Statement>();
  /** Prepared queries are constants of modules, so they are few. */
  readonly #bound = new Map<object, Bound>();
  readonly query: Kysely<Schema>;
  usable = false;

  constructor(sqlite: BetterSqlite3.Database) {
    this.#sqlite = sqlite;
    this.query = new Kysely<Schema>({ dialect: singleConnectionDialect(this) });
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    this.#checkUsable();
    try {
      const statement = this.#statement(compiled.sql);
      if (statement.reader) return { rows: statement.all(compiled.parameters) as R[] };
      const { changes, lastInsertRowid } = statement.run(compiled.parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw databaseFault(error);
    }
  }

  async rows<Row>(query: PreparedQuery<never, Row>, given: Given): Promise<Row[]> {
    return this.#use(query, ({ statement, values, columns }) =>
      (statement.all(values(given)) as unknown[][]).map((row) => rowOf(columns, row) as Row),
    );
  }

  async first<Row>(query: PreparedQuery<never, Row>, given: Given): Promise<Row | undefined> {
    return this.#use(query, ({ statement, values, columns }) => {
      const row = statement.get(values(given)) as unknown[] | undefined;
      return row && (rowOf(columns, row) as Row);
    });
  }

  async values(query: PreparedQuery<never, unknown>, given: Given): Promise<unknown[][]> {
    return this.#use(query, ({ statement, values }) => statement.all(values(given)) as unknown[][]);
  }

  async run(query: PreparedQuery<never, unknown>, given: Given): Promise<void> {
    this.#use(query, ({ statement, values }) => statement.run(values(given)));
  }

  /** Runs one of the few statements that begin and end transactions. */
  control(sql: string): void {
    this.#statement(sql).run();
  }

  #use<T>(query: PreparedQuery<never, unknown>, work: (bound: Bound) => T): T {
    this.#checkUsable();
    try {
      return work(this.#bound.get(query) ?? this.#bind(query));
    } catch (error) {
      throw databaseFault(error);
    }
  }

  #bind(query: PreparedQuery<never, unknown>): Bound {
    const { sql, values } = query.compile(this.query);
    const statement = this.#sqlite.prepare(sql);
    if (statement.reader) statement.raw();
    const columns = statement.reader ? statement.columns().map(({ name }) => name) : [];
    const bound = { statement, values, columns };
    this.#bound.set(query, bound);
    return bound;
  }

  #checkUsable(): void {
    if (!this.usable) throw new Error('a query was run outside its unit of work');
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= preparedStatementsMax) this.#statements.clear();
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used: read in batches by key');
  }
}

/** Rows come as lists: naming their values here takes a third less than the driver's own way. */
function rowOf(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index += 1) row[columns[index]!] = values[index];
  return row;
}

/** A Kysely dialect over exactly one connection that somebody else opens, closes and wraps in transactions. */
function singleConnectionDialect(connection: DatabaseConnection): Dialect {
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
