import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import type { Limits } from '../domain/limits.ts';
import type { RetentionTarget } from '../domain/retention.ts';
import { type Place, agedUploads, countFiles } from './plan-pages.ts';

const entriesPerPart = 2_000;
const versionsPerPart = 1_000;
const uploadsPerPart = 250;

/** So many things of each kind. */
export type Kinds = Readonly<Record<RetentionTarget, number>>;

/** Of the things that a rule's agencies have, those of a part of them. */
type Counted = { readonly count: number; readonly after: Place | null };

/** @param agencyId null for all agencies */
export function countPart(
  reader: Reader,
  target: RetentionTarget,
  agencyId: string | null,
  after: Place,
): Promise<Counted> {
  const counts = {
    file: countEntries,
    'previous-version': countPrevious,
    'partial-upload': countPartials,
  };
  return counts[target](reader, agencyId, after);
}

/**
 * Whether a plan takes more than so many percent of any kind of thing: each is worth as much to whoever needs it. Of what
 * is no file there are often only those few that are to go, and nobody is asked about them.
 */
export function isShare(
  planned: Kinds,
  scope: Kinds,
  {
    retentionSharePercentMax: percentMax,
    retentionUnaskedMin: unaskedMin,
  }: Pick<Limits, 'retentionSharePercentMax' | 'retentionUnaskedMin'>,
): boolean {
  return (['file', 'previous-version', 'partial-upload'] as const).some(
    (target) =>
      planned[target] > (target === 'file' ? 0 : unaskedMin) &&
      planned[target] * 100 > percentMax * Math.max(scope[target], planned[target]),
  );
}

async function countEntries(
  reader: Reader,
  agencyId: string | null,
  [, after]: Place,
): Promise<Counted> {
  const part = { after, rowsMax: entriesPerPart };
  const { files, last } = await countFiles(reader, agencyId, part);
  return { count: files, after: last === null ? null : [0, last] };
}

/** All versions that have content, with what of them was replaced: there is no shorter way that pays no tombstones. */
const versionsPart = prepare((query, given: { atMs: number; id: string }) =>
  query
    .selectFrom('versions')
    .leftJoin('entries', 'entries.id', 'versions.entry_id')
    .select(['versions.id', 'versions.received_at', 'versions.replaced_at', 'entries.agency_id'])
    .where('versions.blob_id', 'is not', null)
    // Said twice: it is the plain comparison that starts the walk through the index there.
    .where('versions.received_at', '>=', given.atMs)
    .where((where) =>
      where.or([
        where('versions.received_at', '>', given.atMs),
        where.and([
          where('versions.received_at', '=', given.atMs),
          where('versions.id', '>', given.id),
        ]),
      ]),
    )
    .orderBy('versions.received_at')
    .orderBy('versions.id')
    .limit(versionsPerPart),
);

async function countPrevious(
  reader: Reader,
  agencyId: string | null,
  [atMs, id]: Place,
): Promise<Counted> {
  const rows = await versionsPart.all(reader, { atMs, id });
  const found = rows.filter(
    ({ replaced_at, agency_id }) =>
      replaced_at !== null && agency_id !== null && isOf(agencyId, agency_id),
  );
  const last = rows.at(-1);
  const isEnd = last === undefined || rows.length < versionsPerPart;
  return { count: found.length, after: isEnd ? null : [last.received_at, last.id] };
}

async function countPartials(
  reader: Reader,
  agencyId: string | null,
  after: Place,
): Promise<Counted> {
  const part = { after, beforeMs: Number.MAX_SAFE_INTEGER, rowsMax: uploadsPerPart };
  const rows = await agedUploads(reader, part);
  const last = rows.at(-1);
  const isEnd = last === undefined || rows.length < uploadsPerPart;
  return {
    count: rows.filter(({ agency_id }) => isOf(agencyId, agency_id)).length,
    after: isEnd ? null : [last.modified_at, last.id],
  };
}

function isOf(agencyId: string | null, ofId: string): boolean {
  return agencyId === null || agencyId === ofId;
}
