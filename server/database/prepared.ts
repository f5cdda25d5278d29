import type { Compilable, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** What a parameter of a query may be. */
export type Parameter = string | number | null | Uint8Array;
type Parameters = Readonly<Record<string, Parameter>>;

/** Stands for a parameter while its query is compiled; its value comes with each use. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`the parameter ${this.name} has no value yet: it can only be placed`);
  }
}

/** A query as an engine takes it: parameters are names to look up, or what the query itself says. */
export type CompiledOnce = {
  readonly sql: string;
  readonly values: (given: Parameters) => unknown[];
};

/** Runs prepared queries on one connection. */
export interface PreparedQueries {
  rows<Row>(query: PreparedQuery<never, Row>, given: Parameters): Promise<Row[]>;
  first<Row>(query: PreparedQuery<never, Row>, given: Parameters): Promise<Row | undefined>;
  /** Rows as lists of their values, in the order of the columns: for who looks at millions of them. */
  values(query: PreparedQuery<never, unknown>, given: Parameters): Promise<unknown[][]>;
  run(query: PreparedQuery<never, unknown>, given: Parameters): Promise<void>;
}

type Within = { readonly prepared: PreparedQueries };

/**
 * A query that is built and compiled once for each connection, and only bound and run from then on: for what every file
 * pays for. Building and compiling cost four times what SQLite takes to answer (docs/decisions/0009).
 */
export class PreparedQuery<Given extends Parameters, Row> {
  readonly #build: (query: Kysely<Schema>, given: Given) => Compilable<Row>;

  constructor(build: (query: Kysely<Schema>, given: Given) => Compilable<Row>) {
    this.#build = build;
  }

  all(within: Within, given: Given): Promise<Row[]> {
    return within.prepared.rows(this, given);
  }

  first(within: Within, given: Given): Promise<Row | undefined> {
    return within.prepared.first(this, given);
  }

  values(within: Within, given: Given): Promise<unknown[][]> {
    return within.prepared.values(this, given);
  }

  run(within: Within, given: Given): Promise<void> {
    return within.prepared.run(this, given);
  }

  compile(query: Kysely<Schema>): CompiledOnce {
    const placeholders = new Proxy<object>({}, { get: (_, name) => new Placeholder(String(name)) });
    const { sql, parameters } = this.#build(query, placeholders as Given).compile();
    const values = (given: Parameters): unknown[] =>
      parameters.map((value) => (value instanceof Placeholder ? given[value.name] : value));
    return { sql, values };
  }
}

/**
 * A query to be used again and again. `build` is called once with stand-ins for `given`: it may place them in the query,
 * and do nothing else with them.
 */
export function prepare<Given extends Parameters, Row>(
  build: (query: Kysely<Schema>, given: Given) => Compilable<Row>,
): PreparedQuery<Given, Row> {
  return new PreparedQuery(build);
}
