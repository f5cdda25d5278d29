import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import type { Actor, LedgerEvent } from '../domain/events.ts';
import type { LedgerNames } from '../ledger/names.ts';
import { openedBodies } from '../ledger/opened-row.ts';
import type { Frame, ReportParts } from './report.ts';

/** Rows of a slice: reading them holds nobody up. */
const sliceRows = 250;

/** What was hashed, with the names of files as they were. */
export type RowBody = LedgerEvent & { readonly actor: Actor };

/** A row of the ledger, as reports read it. */
export type SeenRow = {
  readonly seq: number;
  readonly atMs: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly session: string | null;
  /** `address:port`, or an address or IPv6 /64. */
  readonly source: string | null;
  /** What stands for the path in the column; rows about one name have the same. */
  readonly pathKey: string | null;
  readonly body: RowBody;
};

type StoredRow = Omit<SeenRow, 'atMs' | 'pathKey' | 'body'> & {
  readonly at: number;
  readonly path: string | null;
  readonly body: string;
};

const columns = ['seq', 'at', 'outcome', 'reason', 'session', 'source', 'path', 'body'] as const;
type Slice = { readonly after: number; readonly last: number; readonly most: number };

const allRows = prepare((query, { after, last, most }: Slice) =>
  query
    .selectFrom('ledger')
    .select(columns)
    .where('seq', '>', after)
    .where('seq', '<=', last)
    .orderBy('seq')
    .limit(most),
);

const rowsOfEvent = prepare(
  (query, { event, after, last, most }: Slice & { readonly event: string }) =>
    query
      .selectFrom('ledger')
      .select(columns)
      .where('event', '=', event)
      .where('seq', '>', after)
      .where('seq', '<=', last)
      .orderBy('seq')
      .limit(most),
);

/** Rows with what they say, names opened: the one way by which reports come to it. A redacted name says that it is. */
async function openRows(
  reader: Reader,
  names: Pick<LedgerNames, 'open'>,
  rows: readonly StoredRow[],
): Promise<readonly SeenRow[]> {
  const bodies = await openedBodies(reader, names, rows);
  return rows.map(({ at, path, ...row }, index) => ({
    ...row,
    atMs: at,
    pathKey: path,
    body: bodies[index] as RowBody,
  }));
}

const rowsOfName = prepare(
  (query, given: { readonly path: string; readonly after: number; readonly most: number }) =>
    query
      .selectFrom('ledger')
      .select(columns)
      .where('path', '=', given.path)
      .where('seq', '>', given.after)
      .orderBy('seq')
      .limit(given.most),
);

/** Rows about one name behind a row, so many at the most. */
export async function rowsAbout(
  { database, names }: Pick<ReportParts, 'database' | 'names'>,
  { pathKey, seq }: Pick<SeenRow, 'pathKey' | 'seq'>,
  most: number,
): Promise<readonly SeenRow[]> {
  if (pathKey === null) return [];
  return database.read(async (reader) =>
    openRows(reader, names, await rowsOfName.all(reader, { path: pathKey, after: seq, most })),
  );
}

export type Walk = Pick<Frame, 'bounds' | 'fromMs' | 'toMs' | 'signal'> & {
  /** Only those, found by index; null for all. */
  readonly event: LedgerEvent['event'] | null;
};

/** How many rows were looked at so far. */
export type Looked = { rows: number };

/**
 * Rows of a time in their order, a slice at a time, each on a snapshot of its own, with a rest after each: transfers go on
 * meanwhile, and nothing but a slice is ever held. A slice may be empty: what is among the rows by their numbers need not
 * be of the time where the clock was set back.
 */
export async function* walkRows(
  { database, names, rest }: Pick<ReportParts, 'database' | 'names' | 'rest'>,
  { bounds, fromMs, toMs, signal, event }: Walk,
  looked: Looked,
): AsyncGenerator<readonly SeenRow[]> {
  const { last } = bounds;
  for (let after = bounds.first - 1; after < last;) {
    signal?.throwIfAborted();
    const slice = { after, last, most: sliceRows };
    const startedMs = performance.now();
    const rows = await database.read(async (reader) => {
      const found =
        event === null
          ? await allRows.all(reader, slice)
          : await rowsOfEvent.all(reader, { event, ...slice });
      return openRows(reader, names, found);
    });
    looked.rows += rows.length;
    yield rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    if (rows.length < sliceRows) return;
    after = rows.at(-1)!.seq;
    await rest(performance.now() - startedMs, signal);
  }
}

/** Who it was, as one searches for it in the ledger; the agency is that of a user. */
export function whoOf(actor: Actor): { readonly name: string; readonly agency: string | null } {
  if (actor.kind === 'user') return { name: actor.username, agency: actor.agency };
  return { name: actor.kind === 'admin' ? `admin:${actor.name}` : actor.kind, agency: null };
}

/** Of `address:port`, the address; what has no port stays. */
export function addressOf(source: string | null): string | null {
  if (source === null) return null;
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(source) ?? [];
  return bracketed ?? plain ?? source;
}
