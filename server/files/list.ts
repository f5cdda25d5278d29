import type { DirectoryEntry } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import { ListedEntries, listingText } from '../domain/listing.ts';
import type { ListReply } from '../domain/requests.ts';
import { childOf } from '../domain/virtual-path.ts';
import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import { agenciesDirectory } from '../policy/decide.ts';
import { isVisible } from '../policy/rules.ts';
import { attributesOfEntry, attributesOfUpload, formerMakerPrefix } from './attributes.ts';
import { agenciesAttributes, rootAttributes } from './look.ts';
import type { Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { isReceiptDirectory, receiptEntries } from './receipt-directory.ts';
import { findAgency, findEntry, granted, type Agency } from './tree.ts';
import { isCurrent, type Upload } from './uploads.ts';

type Listing = {
  readonly grant: Grant;
  readonly holder: Holder;
  readonly after: string | null;
  readonly entriesMax: number;
};

/**
 * One batch of a directory in the order of the names' bytes, by key and not by offset, so that the last batch of
 * 100,000 entries costs what the first does. The first batch is recorded.
 */
export async function list(parts: FilesParts, listing: Listing): Promise<ListReply> {
  const reply = await parts.database.read((reader) =>
    listing.grant.location.kind === 'agencies'
      ? listAgencies(reader, listing)
      : listDirectory(parts, reader, listing),
  );
  if (listing.after === null) await recordListing(parts, listing);
  return reply;
}

async function recordListing(parts: FilesParts, { grant, holder }: Listing): Promise<void> {
  const where =
    grant.location.kind === 'agencies'
      ? { agency: grant.identity.agencyCode, path: grant.viewed }
      : { agency: grant.location.agencyCode, path: grant.location.path };
  await parts.database.write(
    (unit) =>
      parts.ledger.append(unit, {
        origin: holder.origin,
        outcome: 'success',
        reason: null,
        event: { event: 'directory.listed.1', ...where },
      }),
    { durable: 'soon' },
  );
}

async function listDirectory(
  parts: FilesParts,
  reader: Reader,
  listing: Listing,
): Promise<ListReply> {
  const { grant, holder, after, entriesMax } = listing;
  const { agencyCode, path } = granted(grant);
  const agency = await findAgency(reader, agencyCode);
  const directory = await findEntry(reader, agency, path);
  if (directory === undefined) throw new Fault('not-found');
  if (directory.kind !== 'directory') throw new Fault('not-a-directory');

  const from = { parentId: directory.id, after: after ?? '', entriesMax };
  const own =
    holder.userId === null
      ? []
      : await uploadsAfter.all(reader, { ...from, userId: holder.userId });
  if (isReceiptDirectory(path)) return listReceipts(parts, reader, listing, { agency, from, own });
  return own.length === 0 && grant.listsAll && !showsAgencies(grant)
    ? listPublished(reader, from, agency)
    : listTogether(parts, reader, listing, { agency, from, own });
}

/** The receipts, and what was put beside them while permissions could still say so. */
async function listReceipts(
  parts: FilesParts,
  reader: Reader,
  listing: Listing,
  together: Together,
): Promise<ListReply> {
  const { entriesMax } = listing;
  const { agency, from } = together;
  const made = await receiptEntries(parts, reader, agency, { after: from.after, max: entriesMax });
  const beside = await listTogether(parts, reader, listing, together);
  const besides = new ListedEntries(beside.text);
  const isCut = made.length >= entriesMax;
  if (besides.length === 0 && beside.next === null)
    return {
      text: listingText(shown(listing.grant, made)),
      next: isCut ? made.at(-1)!.name : null,
    };
  const last = firstOf([
    ...(isCut ? [made.at(-1)!.name] : []),
    ...(beside.next === null ? [] : [beside.next]),
  ]);
  const others = Array.from({ length: besides.length }, (_, index) => besides.at(index)!);
  const all = merged(others, shown(listing.grant, made));
  const upToLast = all.filter(({ name }) => last === undefined || !isAfter(name, last));
  return { text: listingText(upToLast), next: last ?? null };
}

/** As most directories are: what is published, all of it, and nothing else. */
async function listPublished(reader: Reader, from: From, { code }: Agency): Promise<ListReply> {
  const batch = await textAfter.first(reader, { ...from, code });
  if (batch === undefined) throw new Error('a sum without a row');
  return { text: batch.text ?? '', next: batch.count < from.entriesMax ? null : batch.last };
}

type Together = {
  readonly agency: Agency;
  readonly from: From;
  readonly own: readonly Upload[];
};

async function listTogether(
  parts: FilesParts,
  reader: Reader,
  { grant, holder, after, entriesMax }: Listing,
  { agency, from, own }: Together,
): Promise<ListReply> {
  const fetched = await childrenAfter.all(reader, from);
  // Behind the last name of a list that was cut off, the other list can't be told complete.
  const last = firstOf(
    [fetched, own].flatMap((rows) => (rows.length < entriesMax ? [] : [rows.at(-1)!.name])),
  );
  const upToLast = ({ name }: { name: string }) => last === undefined || !isAfter(name, last);
  const entries = own.length < entriesMax ? fetched : fetched.filter(upToLast);
  const published = entries.map((entry) => ({
    name: entry.name,
    attributes: attributesOfEntry(entry, agency),
  }));
  const rows = new Map(own.length === 0 ? [] : entries.map((entry) => [entry.name, entry]));
  const beside = own.filter(
    (upload) => upToLast(upload) && isCurrent(upload, rows.get(upload.name)),
  );
  const named = beside.map((upload) => {
    const live = upload.open_id === null ? undefined : parts.opens.progressOf(upload.open_id);
    const attributes = attributesOfUpload(upload, agency, holder.username, live);
    return { name: upload.name, attributes };
  });
  if (
    showsAgencies(grant) &&
    isAfter(agenciesDirectory, after) &&
    upToLast({ name: agenciesDirectory })
  ) {
    const attributes = await agenciesAttributes(reader, grant);
    named.push({ name: agenciesDirectory, attributes });
  }
  return { text: listingText(shown(grant, merged(published, named))), next: last ?? null };
}

/** Both lists in byte order, the first of which is; of two with one name, the second's. */
function merged(
  published: readonly DirectoryEntry[],
  others: readonly DirectoryEntry[],
): readonly DirectoryEntry[] {
  // Their rows come in order.
  if (others.length === 0) return published;
  const named = new Map(published.map((entry) => [entry.name, entry]));
  for (const other of others) named.set(other.name, other);
  return [...named.values()].toSorted((a, b) =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

/** The first in byte order. */
function firstOf(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[0];
}

type From = { readonly parentId: string; readonly after: string; readonly entriesMax: number };

const childrenAfter = prepare((query, { parentId, after, entriesMax }: From) =>
  query
    .selectFrom('entries')
    .select(['name', 'kind', 'version_id', 'size', 'mode', 'accessed_at', 'modified_at'])
    .select('created_by')
    .where('parent_id', '=', parentId)
    .where('name', '>', after)
    .orderBy('name')
    .limit(entriesMax),
);

/**
 * The same rows as `listingText` has them, made by the database: values that cross into JavaScript one by one take three
 * quarters of such a query.
 */
const textAfter = prepare((query, { parentId, after, entriesMax, code }: From & { code: string }) =>
  query
    .selectFrom(
      query
        .selectFrom('entries')
        .select(['name', 'kind', 'size', 'mode', 'accessed_at', 'modified_at', 'created_by'])
        .where('parent_id', '=', parentId)
        .where('name', '>', after)
        .orderBy('name')
        .limit(entriesMax)
        .as('batch'),
    )
    .select((build) => {
      const attributes = ['kind', 'size', 'mode', 'accessed_at', 'modified_at'] as const;
      const user = build
        .case()
        .when('created_by', 'not like', `${formerMakerPrefix}%`)
        .then(build.ref('created_by'))
        .end();
      const owner = build.fn.coalesce(user, build.val(code));
      const entry = build.fn('concat_ws', [
        build.val('/'),
        'name',
        ...attributes,
        owner,
        build.val(code),
      ]);
      return [
        build.fn.countAll<number>().as('count'),
        build.fn.max<string | null>('name').as('last'),
        build.fn
          .agg<string | null>('string_agg', [entry, build.val('/')])
          .orderBy('name')
          .as('text'),
      ];
    }),
);

const uploadsAfter = prepare((query, given: From & { readonly userId: string }) =>
  query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', given.parentId)
    .where('user_id', '=', given.userId)
    .where('name', '>', given.after)
    .orderBy('name')
    .limit(given.entriesMax),
);

/** Only what the rules show. */
function shown(grant: Grant, entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
  if (grant.listsAll) return entries;
  return entries.filter(({ name }) => isVisible(grant.identity.rules, childOf(grant.viewed, name)));
}

function isAfter(name: string, after: string | null): boolean {
  return after === null || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

/** Users of the State see the agencies' trees in their root. */
function showsAgencies(grant: Grant): boolean {
  const { identity, viewed } = grant;
  return (
    viewed === '/' &&
    identity.agencyKind === 'state' &&
    isVisible(identity.rules, childOf(viewed, agenciesDirectory))
  );
}

async function listAgencies(
  reader: Reader,
  { grant, after, entriesMax }: Listing,
): Promise<ListReply> {
  const rows = await reader.query
    .selectFrom('agencies')
    .select(['id', 'code', 'root_entry_id'])
    .where('removed_at', 'is', null)
    .where('id', '!=', grant.identity.agencyId)
    .where('code', '>', after ?? '')
    .orderBy('code')
    .limit(entriesMax)
    .execute();
  const entries: DirectoryEntry[] = [];
  for (const agency of rows) {
    if (!isVisible(grant.identity.rules, childOf(grant.viewed, agency.code))) continue;
    entries.push({ name: agency.code, attributes: await rootAttributes(reader, agency) });
  }
  const text = listingText(entries);
  return { text, next: rows.length === entriesMax ? (rows.at(-1)?.code ?? null) : null };
}
