import type { Database } from '../database/units.ts';

/** A name of a user, removed ones as well: a name is never used again, and nobody moves to another agency. */
export type KnownUser = {
  readonly username: string;
  readonly displayName: string;
  readonly agency: string;
};

const keptMax = 10_000;

/** Who is behind a name or an id, asked for many at once and kept for the rest of a report. */
export class KnownUsers {
  readonly #database: Database;
  readonly #agencies = new Map<string, string | null>();
  readonly #users = new Map<string, KnownUser | null>();

  constructor({ database }: { readonly database: Database }) {
    this.#database = database;
  }

  /** By name; those that nobody has are left out. */
  async agenciesOf(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const unknown = unknownOf(this.#agencies, names);
    if (unknown.length > 0) {
      const rows = await this.#database.read(({ query }) =>
        query
          .selectFrom('users')
          .innerJoin('agencies', 'agencies.id', 'users.agency_id')
          .select(['users.username', 'agencies.code'])
          .where('users.username', 'in', unknown)
          .execute(),
      );
      for (const name of unknown) this.#agencies.set(name, null);
      for (const { username, code } of rows) this.#agencies.set(username, code);
    }
    return knownOf(this.#agencies, names);
  }

  /** By id; those that nobody has are left out. */
  async byId(ids: readonly string[]): Promise<ReadonlyMap<string, KnownUser>> {
    const unknown = unknownOf(this.#users, ids);
    if (unknown.length > 0) {
      const rows = await this.#database.read(({ query }) =>
        query
          .selectFrom('users')
          .innerJoin('agencies', 'agencies.id', 'users.agency_id')
          .select(['users.id', 'users.username', 'users.display_name', 'agencies.code'])
          .where('users.id', 'in', unknown)
          .execute(),
      );
      for (const id of unknown) this.#users.set(id, null);
      for (const { id, username, display_name: displayName, code: agency } of rows)
        this.#users.set(id, { username, displayName, agency });
    }
    return knownOf(this.#users, ids);
  }
}

/** What is not known yet, each once. Where too much is kept, nothing is. */
function unknownOf(kept: Map<string, unknown>, keys: readonly string[]): string[] {
  if (kept.size + keys.length > keptMax) kept.clear();
  return [...new Set(keys)].filter((key) => !kept.has(key));
}

function knownOf<T>(kept: ReadonlyMap<string, T | null>, keys: readonly string[]): Map<string, T> {
  const found = new Map<string, T>();
  for (const key of keys) {
    const value = kept.get(key) ?? null;
    if (value !== null) found.set(key, value);
  }
  return found;
}
