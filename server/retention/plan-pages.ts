import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import type { RetentionClock } from '../domain/retention.ts';

/** Where a walk goes on: behind the row of this time and id. */
export type Place = readonly [atMs: number, id: string];

export const beforeAll: Place = [-1, ''];

/** A part of a walk: of what is older than `beforeMs`, the oldest first. */
export type Part = {
  readonly after: Place;
  readonly beforeMs: number;
  readonly rowsMax: number;
};

type Given = {
  readonly atMs: number;
  readonly id: string;
  readonly beforeMs: number;
  readonly rowsMax: number;
};

/** A version that still has its content, and where it lies: nowhere where its entry is gone. */
export type AgedVersion = {
  readonly id: string;
  readonly received_at: number;
  /** From when its age counts where that is later. */
  readonly aged_from: number | null;
  readonly collected_at: number | null;
  readonly collected_aged_from: number | null;
  /** Null for what the entry holds now. */
  readonly replaced_at: number | null;
  readonly size: number;
  readonly sha256: string;
  readonly entry_id: string;
  readonly agency_id: string | null;
  readonly parent_id: string | null;
  readonly name: string | null;
};

/** A partial upload. */
export type AgedUpload = {
  readonly id: string;
  readonly modified_at: number;
  readonly aged_from: number | null;
  readonly agency_id: string;
  readonly parent_id: string;
  readonly name: string;
  readonly size: number;
};

const columns = [
  'versions.id',
  'versions.received_at',
  'versions.aged_from',
  'versions.collected_at',
  'versions.collected_aged_from',
  'versions.replaced_at',
  'versions.size',
  'versions.sha256',
  'versions.entry_id',
  'entries.agency_id',
  'entries.parent_id',
  'entries.name',
] as const;

/** The outer join keeps the order: asked from the entries on, every one of them would be looked at. */
const walkOf = (column: 'versions.received_at' | 'versions.collected_at') =>
  prepare((query, { atMs, id, beforeMs, rowsMax }: Given) =>
    query
      .selectFrom('versions')
      .leftJoin('entries', 'entries.id', 'versions.entry_id')
      .select(columns)
      .where('versions.blob_id', 'is not', null)
      .where(column, 'is not', null)
      // Said twice: it is the plain comparison that starts the walk through the index there.
      .where(column, '>=', atMs)
      .where(column, '<', beforeMs)
      .where((where) =>
        where.or([
          where(column, '>', atMs),
          where.and([where(column, '=', atMs), where('versions.id', '>', id)]),
        ]),
      )
      .orderBy(column)
      .orderBy('versions.id')
      .limit(rowsMax),
  );

const walks = {
  received: walkOf('versions.received_at'),
  collected: walkOf('versions.collected_at'),
} as const;

/**
 * Versions in the order of their receipt or collection as the clock said it, those of the same millisecond by their ids.
 * Of some the age began later (eligible.ts).
 */
export function agedVersions(
  reader: Reader,
  clock: RetentionClock,
  part: Part,
): Promise<readonly AgedVersion[]> {
  return walks[clock].all(reader, givenOf(part));
}

const partials = prepare((query, { atMs, id, beforeMs, rowsMax }: Given) =>
  query
    .selectFrom('uploads')
    .select(['id', 'modified_at', 'aged_from', 'agency_id', 'parent_id', 'name', 'size'])
    .where('open_id', 'is', null)
    .where('modified_at', '>=', atMs)
    .where('modified_at', '<', beforeMs)
    .where((where) =>
      where.or([
        where('modified_at', '>', atMs),
        where.and([where('modified_at', '=', atMs), where('id', '>', id)]),
      ]),
    )
    .orderBy('modified_at')
    .orderBy('id')
    .limit(rowsMax),
);

/** Partial uploads in the order of their last settlement, those of the same millisecond by their ids. */
export function agedUploads(reader: Reader, part: Part): Promise<readonly AgedUpload[]> {
  return partials.all(reader, givenOf(part));
}

function givenOf({ after: [atMs, id], beforeMs, rowsMax }: Part): Given {
  return { atMs, id, beforeMs, rowsMax };
}

const previous = prepare((query, given: { entryId: string }) =>
  query
    .selectFrom('versions')
    .select([
      'id',
      'received_at',
      'aged_from',
      'collected_at',
      'collected_aged_from',
      'replaced_at',
      'size',
      'sha256',
    ])
    .where('entry_id', '=', given.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', 'is not', null)
    .orderBy('replaced_at', 'desc'),
);

/** What an entry had before and has still, the newest first. */
export function previousVersionsOf(reader: Reader, entryId: string) {
  return previous.all(reader, { entryId });
}

const contentOf = prepare((query, given: { entryId: string }) =>
  query
    .selectFrom('entries')
    .innerJoin('versions', 'versions.id', 'entries.version_id')
    .select([
      'versions.id',
      'versions.received_at',
      'versions.aged_from',
      'versions.collected_at',
      'versions.collected_aged_from',
      'versions.replaced_at',
      'versions.size',
      'versions.sha256',
    ])
    .where('entries.id', '=', given.entryId),
);

export function currentVersionOf(reader: Reader, entryId: string) {
  return contentOf.first(reader, { entryId });
}

const byId = prepare((query, given: { id: string }) =>
  query.selectFrom('entries').select(['parent_id', 'name']).where('id', '=', given.id),
);

/** Paths of directories as they are in one snapshot, each looked up once. */
export class DirectoryPaths {
  readonly #reader: Reader;
  readonly #known = new Map<string, string>();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Of a name in a directory. */
  async pathOf(parentId: string, name: string): Promise<string> {
    return `${await this.#below(parentId)}/${name}`;
  }

  /** What comes before the names in a directory; the empty string in a root. */
  async #below(id: string): Promise<string> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const directory = await byId.first(this.#reader, { id });
    if (directory === undefined) throw new Error(`directory ${id} is missing`);
    const { parent_id: parentId, name } = directory;
    const below = parentId === null ? '' : `${await this.#below(parentId)}/${name}`;
    this.#known.set(id, below);
    return below;
  }
}

const scopePart = prepare((query, given: { after: string; rowsMax: number }) =>
  query
    .selectFrom('entries')
    .select(['id', 'kind', 'agency_id'])
    .where('id', '>', given.after)
    .orderBy('id')
    .limit(given.rowsMax),
);

/** So many entries, of all trees, and how many of them are files of an agency (null: of all). */
export async function countFiles(
  reader: Reader,
  agencyId: string | null,
  { after, rowsMax }: { readonly after: string; readonly rowsMax: number },
): Promise<{ readonly files: number; readonly last: string | null }> {
  const rows = await scopePart.all(reader, { after, rowsMax });
  const files = rows.filter(
    ({ kind, agency_id }) => kind === 'file' && (agencyId === null || agency_id === agencyId),
  ).length;
  return { files, last: rows.length < rowsMax ? null : rows.at(-1)!.id };
}
