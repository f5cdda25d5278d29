import type { Database, Reader } from '../database/units.ts';
import { limits } from '../domain/limits.ts';
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

/** Rows of the ledger as the JSON that was hashed plus its hash; `next` is the `before` of the next page. */
export type FoundRows = {
  readonly rows: readonly Record<string, unknown>[];
  readonly next: number | null;
};

type Found = { readonly seq: number; readonly body: string; readonly hash: Uint8Array };
/** Filters that an index serves, in the order of the rows; the one that leaves the fewest comes first. */
const drivers = ['session', 'path', 'reason', 'actor', 'agency', 'event'] as const;
type Driver = (typeof drivers)[number] | 'unusualOutcome' | 'all';

/**
 * Rows of the ledger, the newest first. One filter is served by an index; the others are held against what it finds,
 * `lookedAtMax` rows at the most. So no search, whatever it combines, looks at more: where they were not enough for a
 * page it ends early, perhaps with nothing, and says where to go on.
 */
export function searchLedger(
  database: Database,
  filter: LedgerFilter,
  page: LedgerPage,
  lookedAtMax: number = limits.ledgerRowsLookedAtMax,
): Promise<FoundRows> {
  return database.read(async (reader) => {
    const isTimed = filter.fromMs !== undefined || filter.toMs !== undefined;
    const bounds = isTimed ? await boundsOf(reader, filter) : null;
    const driver = driverOf(filter);
    const inOrder = inOrderOf(reader, { filter, driver, bounds, before: page.before });
    const rest = restOf(filter, driver);
    const wanted = page.rowsMax + 1;
    if (Object.keys(rest).length === 0)
      return pageOf(await inOrder.limit(wanted).execute(), page.rowsMax);
    // It comes in the order of what is looked through.
    const found = await fitting(lookAt(reader, inOrder, lookedAtMax), rest)
      .limit(wanted)
      .execute();
    if (found.length > page.rowsMax) return pageOf(found, page.rowsMax);
    const last = await inOrder
      .limit(1)
      .offset(lookedAtMax - 1)
      .executeTakeFirst();
    return { ...pageOf(found, page.rowsMax), next: last?.seq ?? null };
  });
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
  readonly bounds: SeqBounds | null;
  readonly before: number | null;
};

/** What one index finds, from a row on. */
function inOrderOf({ query }: Reader, { filter, driver, bounds, before }: Walk) {
  let select = query.selectFrom('ledger').selectAll();
  if (driver === 'unusualOutcome') select = select.where('unusual_outcome', '=', filter.outcome!);
  else if (driver !== 'all') select = select.where(driver, '=', filter[driver]!);
  if (bounds !== null)
    select = select.where('seq', '>=', bounds.first).where('seq', '<=', bounds.last);
  if (before !== null) select = select.where('seq', '<', before);
  return select.orderBy('seq', 'desc');
}

function lookAt({ query }: Reader, found: ReturnType<typeof inOrderOf>, max: number) {
  return query.selectFrom(found.limit(max).as('looked')).selectAll();
}

function fitting(
  looked: ReturnType<typeof lookAt>,
  { fromMs, toMs, ...equal }: LedgerFilter,
): ReturnType<typeof lookAt> {
  let select = looked;
  for (const column of [...drivers, 'outcome'] as const) {
    const value = equal[column];
    if (value !== undefined) select = select.where(column, '=', value);
  }
  if (fromMs !== undefined) select = select.where('at', '>=', fromMs);
  if (toMs !== undefined) select = select.where('at', '<', toMs);
  return select;
}

function pageOf(found: readonly Found[], rowsMax: number): FoundRows {
  const shown = found.slice(0, rowsMax);
  return {
    rows: shown.map((row) => ({
      ...(JSON.parse(row.body) as Record<string, unknown>),
      hash: Buffer.from(row.hash).toString('hex'),
    })),
    next: found.length > rowsMax ? (shown.at(-1)?.seq ?? null) : null,
  };
}
