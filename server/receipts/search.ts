import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Database, Reader } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import { idFrom, type KeptReceipt, type Receipt, type ReceiptKind } from './receipt.ts';

export type ReceiptFilter = {
  /** Code of the sender's agency. */
  readonly agency?: string;
  /** Of the sender. */
  readonly user?: string;
  /** Exactly. */
  readonly path?: string;
  readonly sha256?: string;
  readonly kind?: ReceiptKind;
  /** When it was issued, this moment included. */
  readonly fromMs?: number;
  /** When it was issued, this moment not included. */
  readonly toMs?: number;
};

export type ReceiptListing = ReceiptFilter & {
  readonly limit: number;
  /** The last that was looked at. */
  readonly after?: string | null;
};

export type ReceiptSearch = {
  /** The newest first. A page may have fewer than asked for though there is a next one. */
  list(
    listing: ReceiptListing,
  ): Promise<{ readonly items: readonly KeptReceipt[]; readonly next: string | null }>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<KeptReceipt>;
};

const pageItemsMax = 500;

const byId = prepare((query, given: { id: string }) =>
  query.selectFrom('receipts').selectAll().where('id', '=', given.id),
);

export function createReceiptSearch(
  database: Pick<Database, 'read'>,
  lookedAtMax: number = limits.receiptsLookedAtMax,
): ReceiptSearch {
  return {
    list: (listing) => database.read((reader) => search(reader, listing, lookedAtMax)),
    get: (id) =>
      database.read(async (reader) => {
        const row = await byId.first(reader, { id });
        if (row === undefined) throw new Fault('not-found', 'no such receipt');
        return keptOf(row);
      }),
  };
}

function keptOf({ body, signature }: Row<'receipts'>): KeptReceipt {
  return { receipt: JSON.parse(body) as Receipt, text: body, signature };
}

/** Filters and their columns; each has an index in the order of ids. The one that leaves the fewest comes first. */
const drivers = { sha256: 'sha256', path: 'path', user: 'username', agency: 'agency' } as const;
/** These have none: they are held against what another finds. */
const others = { kind: 'kind' } as const;
const columns = { ...drivers, ...others } as const;
type Column = keyof typeof columns;
const columnNames = Object.keys(columns) as Column[];

/**
 * One index serves the rarest filter; the others are held against what it finds, `lookedAtMax` rows at the most. Where
 * those were not enough for a page it ends early, perhaps with nothing, and says where to go on.
 */
async function search(reader: Reader, listing: ReceiptListing, lookedAtMax: number) {
  const limit = Math.max(1, Math.min(Math.trunc(listing.limit), pageItemsMax));
  const asked = columnNames.filter((name) => listing[name] !== undefined);
  const driver = asked.find((name) => name in drivers) as keyof typeof drivers | undefined;
  const rest = asked.filter((name) => name !== driver);
  const inOrder = inOrderOf(reader, listing, driver);
  if (rest.length === 0) return pageOf(await inOrder.limit(limit + 1).execute(), limit);
  // It comes in the order of what is looked through.
  let fitting = reader.query.selectFrom(inOrder.limit(lookedAtMax).as('looked')).selectAll();
  for (const name of rest) fitting = fitting.where(columns[name], '=', listing[name]!);
  const rows = await fitting.limit(limit + 1).execute();
  if (rows.length > limit) return pageOf(rows, limit);
  const last = await inOrder
    .limit(1)
    .offset(lookedAtMax - 1)
    .executeTakeFirst();
  return { ...pageOf(rows, limit), next: last?.id ?? null };
}

function inOrderOf(
  { query }: Reader,
  listing: ReceiptListing,
  driver: keyof typeof drivers | undefined,
) {
  const { fromMs, toMs, after } = listing;
  let select = query.selectFrom('receipts').selectAll();
  if (driver !== undefined) select = select.where(drivers[driver], '=', listing[driver]!);
  if (fromMs !== undefined) select = select.where('id', '>=', idFrom(fromMs));
  if (toMs !== undefined) select = select.where('id', '<', idFrom(toMs));
  if (after !== undefined && after !== null) select = select.where('id', '<', after);
  return select.orderBy('id', 'desc');
}

function pageOf(rows: readonly Row<'receipts'>[], limit: number) {
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(keptOf),
    next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}
