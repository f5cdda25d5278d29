import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';

export type TransferFilter = {
  readonly agency?: string;
  readonly username?: string;
  readonly state?: string;
  readonly direction?: 'upload' | 'download';
  readonly path?: string;
  /** What the path begins with. */
  readonly pathPrefix?: string;
  readonly sha256?: string;
  readonly session?: string;
  readonly client?: string;
  /** Of the start, this one included. */
  readonly fromMs?: number;
  /** Of the start, this one not included. */
  readonly toMs?: number;
};

/** Where a page ended: the start and the id of the last transfer that was looked at. */
export type TransferPlace = { readonly startedAtMs: number; readonly id: string };

export type TransferSearch = {
  readonly after: TransferPlace | null;
  readonly limit: number;
  readonly oldestFirst?: boolean;
};

type TransferRow = Row<'transfers'>;
export type TransferRows = {
  readonly rows: readonly TransferRow[];
  readonly next: TransferPlace | null;
};

/** What most transfers come to; the others have an index of their own (migrations/0004-growth.sql). */
const usualStates: ReadonlySet<string> = new Set(['published', 'completed']);
/** No path goes on with it: the last character there is. */
const lastCharacter = '\u{10ffff}';

type Wanted = Omit<TransferFilter, 'agency'> & { readonly agencyId?: string };
/** A filter that an index serves, in the order of the times. */
type Driver =
  'sha256' | 'session' | 'path' | 'username' | 'unusualState' | 'agencyId' | 'direction' | 'time';

/** The one that leaves the fewest comes first. */
const drivers: readonly Exclude<Driver, 'time' | 'unusualState'>[] = [
  'sha256',
  'session',
  'path',
  'username',
  'agencyId',
  'direction',
];

/**
 * One page of transfers by the time of their start. One filter is served by an index that is in that order; the others
 * are held against what it finds, `lookedAtMax` transfers at the most. So no search, whatever it combines, looks at
 * more: where they were not enough for a page it ends early, perhaps with nothing, and says where to go on.
 */
export async function searchTransfers(
  reader: Reader,
  { agency, ...filter }: TransferFilter,
  search: TransferSearch,
  lookedAtMax: number,
): Promise<TransferRows> {
  const agencyId = agency === undefined ? undefined : await agencyIdOf(reader, agency);
  if (agencyId === null) return { rows: [], next: null };
  const wanted: Wanted = { ...filter, ...(agencyId !== undefined && { agencyId }) };
  const driver = driverOf(wanted);
  const { pathPrefix } = wanted;
  if (pathPrefix !== undefined && !['sha256', 'session', 'path'].includes(driver)) {
    const found = await sortedOf(reader, wanted, search, lookedAtMax);
    if (found !== null) return pageOf(found, search.limit);
  }
  const rest = restOf(wanted, driver);
  if (rest === undefined)
    return pageOf(
      await inOrder(reader, wanted, driver, search)
        .limit(search.limit + 1)
        .execute(),
      search.limit,
    );
  return lookThrough(reader, { wanted, driver, rest, search, lookedAtMax });
}

async function agencyIdOf({ query }: Reader, code: string): Promise<string | null> {
  const agency = await query
    .selectFrom('agencies')
    .select('id')
    .where('code', '=', code)
    .executeTakeFirst();
  return agency?.id ?? null;
}

function driverOf(wanted: Wanted): Driver {
  const { state } = wanted;
  const found = drivers.find((name) => wanted[name] !== undefined) ?? 'time';
  // Those that did not end well are few, but not as few as the transfers of a file or a session.
  const isUnusual = state !== undefined && !usualStates.has(state);
  return isUnusual && ['agencyId', 'direction', 'time'].includes(found) ? 'unusualState' : found;
}

/** What the driver leaves to be asked; undefined for nothing. */
function restOf(wanted: Wanted, driver: Driver): Wanted | undefined {
  const { fromMs: _from, toMs: _to, ...others } = wanted;
  const served = driver === 'unusualState' ? 'state' : driver;
  const rest = Object.entries(others).filter(
    ([name, value]) => name !== served && value !== undefined,
  );
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** What one index finds, in the order of the times, from a place on. */
function inOrder(
  { query }: Reader,
  wanted: Wanted,
  driver: Driver,
  { after, oldestFirst = false }: TransferSearch,
) {
  let select = query.selectFrom('transfers').selectAll();
  if (driver === 'sha256') select = select.where('sha256', '=', wanted.sha256!);
  if (driver === 'session') select = select.where('session_id', '=', wanted.session!);
  if (driver === 'path') select = select.where('path', '=', wanted.path!);
  if (driver === 'username') select = select.where('username', '=', wanted.username!);
  if (driver === 'unusualState') select = select.where('unusual_state', '=', wanted.state!);
  if (driver === 'agencyId') select = select.where('agency_id', '=', wanted.agencyId!);
  if (driver === 'direction') select = select.where('direction', '=', wanted.direction!);
  const { fromMs, toMs } = wanted;
  if (fromMs !== undefined) select = select.where('started_at', '>=', fromMs);
  if (toMs !== undefined) select = select.where('started_at', '<', toMs);
  const [beyond, order] = oldestFirst ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
  if (after !== null) {
    const { startedAtMs, id } = after;
    // Said twice: it is the plain comparison that starts the walk through the index there.
    select = select
      .where('started_at', oldestFirst ? '>=' : '<=', startedAtMs)
      .where((where) =>
        where.or([
          where('started_at', beyond, startedAtMs),
          where.and([where('started_at', '=', startedAtMs), where('id', beyond, id)]),
        ]),
      );
  }
  return select.orderBy('started_at', order).orderBy('id', order);
}

type Look = {
  readonly wanted: Wanted;
  readonly driver: Driver;
  readonly rest: Wanted;
  readonly search: TransferSearch;
  readonly lookedAtMax: number;
};

async function lookThrough(reader: Reader, look: Look): Promise<TransferRows> {
  const { wanted, driver, rest, search, lookedAtMax } = look;
  const { limit } = search;
  // It comes in the order of what is looked through.
  const looked = lookAt(reader, inOrder(reader, wanted, driver, search), lookedAtMax);
  const rows = await fitting(looked, rest)
    .limit(limit + 1)
    .execute();
  if (rows.length > limit) return pageOf(rows, limit);
  const last = await inOrder(reader, wanted, driver, search)
    .limit(1)
    .offset(lookedAtMax - 1)
    .executeTakeFirst();
  return { rows, next: last === undefined ? null : placeOf(last) };
}

/** The first of what is found, to be held against more. */
function lookAt({ query }: Reader, found: ReturnType<typeof inOrder>, max: number) {
  return query.selectFrom(found.limit(max).as('looked')).selectAll();
}

function fitting(looked: ReturnType<typeof lookAt>, wanted: Wanted): ReturnType<typeof lookAt> {
  const { agencyId, session, pathPrefix } = wanted;
  let select = looked;
  for (const column of ['username', 'state', 'direction', 'path', 'sha256', 'client'] as const) {
    const value = wanted[column];
    if (value !== undefined) select = select.where(column, '=', value);
  }
  if (agencyId !== undefined) select = select.where('agency_id', '=', agencyId);
  if (session !== undefined) select = select.where('session_id', '=', session);
  if (pathPrefix !== undefined)
    select = select
      .where('path', '>=', pathPrefix)
      .where('path', '<', `${pathPrefix}${lastCharacter}`);
  return select;
}

function pageOf(rows: readonly TransferRow[], limit: number): TransferRows {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}

function placeOf({ started_at: startedAtMs, id }: TransferRow): TransferPlace {
  return { startedAtMs, id };
}

/**
 * What begins with a prefix that few have is looked at whole, and put in order.
 *
 * @returns null where there are more than `max`
 */
async function sortedOf(
  reader: Reader,
  wanted: Wanted,
  { after, limit, oldestFirst = false }: TransferSearch,
  max: number,
): Promise<readonly TransferRow[] | null> {
  const prefix = wanted.pathPrefix ?? '';
  const those = reader.query
    .selectFrom('transfers')
    .where('path', '>=', prefix)
    .where('path', '<', `${prefix}${lastCharacter}`);
  const { count } = await reader.query
    .selectFrom(
      those
        .select('path')
        .limit(max + 1)
        .as('some'),
    )
    .select((build) => build.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count > max) return null;
  const [beyond, order] = oldestFirst ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
  let select = fitting(lookAt(reader, those.selectAll(), max), wanted);
  const { fromMs, toMs } = wanted;
  if (fromMs !== undefined) select = select.where('started_at', '>=', fromMs);
  if (toMs !== undefined) select = select.where('started_at', '<', toMs);
  if (after !== null) {
    const { startedAtMs, id } = after;
    select = select.where((where) =>
      where.or([
        where('started_at', beyond, startedAtMs),
        where.and([where('started_at', '=', startedAtMs), where('id', beyond, id)]),
      ]),
    );
  }
  return select
    .orderBy('started_at', order)
    .orderBy('id', order)
    .limit(limit + 1)
    .execute();
}
