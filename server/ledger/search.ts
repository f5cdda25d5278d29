import { prepare } from '../database/prepared.ts';
import type { Database, Reader } from '../database/units.ts';
import { limits } from '../domain/limits.ts';
import type { LedgerNames } from './names.ts';
import { openedBodies } from './opened-row.ts';
import { boundsOf, type SeqBounds } from './time-bounds.ts';

export type LedgerFilter = {
  readonly event?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly agency?: string;
  readonly session?: string;
  readonly path?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
};

/** `before` is a `seq`. */
export type LedgerPage = { readonly before: number | null; readonly rowsMax: number };

/** What rows say, their names opened, plus the hash of each; `next` is the `before` of the next page. */
export type FoundRows = {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly next: number | null;
};

type Found = { readonly seq: number; readonly body: string; readonly hash: Uint8Array };
/** Filters that an index serves, in the order of the rows; the one that leaves the fewest comes first. */
const drivers = ['session', 'path', 'reason', 'actor', 'agency', 'event'] as const;
type Driver = (typeof drivers)[number] | 'unusualOutcome' | 'all';
const equalColumns = ['session', 'reason', 'actor', 'agency', 'event', 'outcome'] as const;

export type SearchWith = {
  /** Opens names, and finds them; without it rows are told as they were hashed, and only old ones by a path. */
  readonly names?: Pick<LedgerNames, 'open' | 'find'>;
  readonly lookedAtMax?: number;
};

/**
 * Rows of the ledger, the newest first. One filter is served by an index; the others are held against what it finds,
 * `lookedAtMax` rows at the most. So no search, whatever it combines, looks at more: where they were not enough for a
 * page it ends early, perhaps with nothing, and says where to go on.
 */
export function searchLedger(
  database: Database,
  filter: LedgerFilter,
  page: LedgerPage,
  { names, lookedAtMax = limits.ledgerRowsLookedAtMax }: SearchWith = {},
): Promise<FoundRows> {
  return database.read(async (reader) => {
    const isTimed = filter.fromMs !== undefined || filter.toMs !== undefined;
    const bounds = isTimed ? await boundsOf(reader, filter) : null;
    const driver = driverOf(filter);
    const paths = await pathsOf(reader, names, filter);
    if (paths?.length === 0) return { rows: [], next: null };
    const walk: Walk = { filter, driver, paths, bounds, before: page.before };
    const inOrder = inOrderOf(reader, {
      ...walk,
      bounds: await boundsOfPaths(reader, walk, lookedAtMax),
    });
    const rest = restOf(filter, driver);
    const wanted = page.rowsMax + 1;
    if (Object.keys(rest).length === 0) {
      const found = await inOrder.limit(wanted).execute();
      return pageOf(reader, names, found, page.rowsMax);
    }
    // It comes in the order of what is looked through.
    const found = await fitting(lookAt(reader, inOrder, lookedAtMax), rest, paths)
      .limit(wanted)
      .execute();
    const shown = await pageOf(reader, names, found, page.rowsMax);
    if (found.length > page.rowsMax) return shown;
    const last = await inOrder
      .limit(1)
      .offset(lookedAtMax - 1)
      .executeTakeFirst();
    return { ...shown, next: last?.seq ?? null };
  });
}

const anyOfPath = prepare((query, given: { readonly path: string }) =>
  query.selectFrom('ledger').select('seq').where('path', '=', given.path).limit(1),
);

/** What rows have for the path that is asked for: itself, in rows of old, or commitments; only what some row has. */
async function pathsOf(
  reader: Reader,
  names: Pick<LedgerNames, 'find'> | undefined,
  { path, agency }: LedgerFilter,
): Promise<readonly string[] | null> {
  if (path === undefined) return null;
  const wanted = [path, ...((await names?.find(reader, path, agency)) ?? [])];
  const found: string[] = [];
  for (const each of wanted)
    if ((await anyOfPath.first(reader, { path: each })) !== undefined) found.push(each);
  return found;
}

function driverOf(filter: LedgerFilter): Driver {
  const { outcome } = filter;
  const found = drivers.find((name) => filter[name] !== undefined) ?? 'all';
  // What is not a success is rare, and has an index of its own (migrations/0004-growth.sql).
  const isUnusual = outcome !== undefined && outcome !== 'success';
  return isUnusual && ['actor', 'agency', 'event', 'all'].includes(found)
    ? 'unusualOutcome'
    : found;
}

/** What the driver leaves to be asked. Times are: where the clock was set back, their bounds hold others, too. */
function restOf(filter: LedgerFilter, driver: Driver): LedgerFilter {
  const served = driver === 'unusualOutcome' ? 'outcome' : driver;
  return Object.fromEntries(
    Object.entries(filter).filter(([name, value]) => name !== served && value !== undefined),
  );
}

type Walk = {
  readonly filter: LedgerFilter;
  readonly driver: Driver;
  /** Where a path is asked for, what rows have for it: one at least. */
  readonly paths: readonly string[] | null;
  readonly bounds: SeqBounds | null;
  readonly before: number | null;
};

/** What one index finds, from a row on. */
function inOrderOf({ query }: Reader, { filter, driver, paths, bounds, before }: Walk) {
  let select = query.selectFrom('ledger').selectAll();
  if (driver === 'unusualOutcome') select = select.where('unusual_outcome', '=', filter.outcome!);
  else if (driver === 'path')
    select =
      paths!.length === 1
        ? select.where('path', '=', paths![0]!)
        : select.where('path', 'in', paths!);
  else if (driver !== 'all') select = select.where(driver, '=', filter[driver]!);
  if (bounds !== null)
    select = select.where('seq', '>=', bounds.first).where('seq', '<=', bounds.last);
  if (before !== null) select = select.where('seq', '<', before);
  return select.orderBy('seq', 'desc');
}

/**
 * Of several paths an index has the rows of each in order, and of all of them it has not: so that only as many are sorted
 * as are looked at, those before them are left out.
 */
async function boundsOfPaths(
  reader: Reader,
  walk: Walk,
  lookedAtMax: number,
): Promise<SeqBounds | null> {
  const { driver, paths, bounds } = walk;
  if (driver !== 'path' || paths!.length === 1) return bounds;
  const newest: number[] = [];
  for (const path of paths!) {
    const rows = await inOrderOf(reader, { ...walk, paths: [path] })
      .clearSelect()
      .select('seq')
      .limit(lookedAtMax)
      .execute();
    newest.push(...rows.map(({ seq }) => seq));
  }
  const first = newest.toSorted((a, b) => b - a).at(lookedAtMax - 1);
  return first === undefined ? bounds : { first, last: bounds?.last ?? Number.MAX_SAFE_INTEGER };
}

function lookAt({ query }: Reader, found: ReturnType<typeof inOrderOf>, max: number) {
  return query.selectFrom(found.limit(max).as('looked')).selectAll();
}

function fitting(
  looked: ReturnType<typeof lookAt>,
  { fromMs, toMs, path, ...equal }: LedgerFilter,
  paths: readonly string[] | null,
): ReturnType<typeof lookAt> {
  let select = looked;
  if (path !== undefined) select = select.where('path', 'in', paths!);
  for (const column of equalColumns) {
    const value = equal[column];
    if (value !== undefined) select = select.where(column, '=', value);
  }
  if (fromMs !== undefined) select = select.where('at', '>=', fromMs);
  if (toMs !== undefined) select = select.where('at', '<', toMs);
  return select;
}

async function pageOf(
  reader: Reader,
  names: Pick<LedgerNames, 'open'> | undefined,
  found: readonly Found[],
  rowsMax: number,
): Promise<FoundRows> {
  const shown = found.slice(0, rowsMax);
  const bodies =
    names === undefined
      ? shown.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
      : await openedBodies(reader, names, shown);
  return {
    rows: shown.map(({ hash }, index) => ({
      ...bodies[index],
      hash: Buffer.from(hash).toString('hex'),
    })),
    next: found.length > rowsMax ? (shown.at(-1)?.seq ?? null) : null,
  };
}
