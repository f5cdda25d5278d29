import type { Attributes, DirectoryEntry } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { ListReply } from '../domain/requests.ts';
import { childOf } from '../domain/virtual-path.ts';
import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import { agenciesDirectory } from '../policy/decide.ts';
import { isVisible } from '../policy/rules.ts';
import { attributesOfEntry, attributesOfUpload } from './attributes.ts';
import type { Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import {
  entryById,
  findAgency,
  findEntry,
  findPlace,
  granted,
  type Agency,
  type Entry,
} from './tree.ts';
import { findUpload, isCurrent } from './uploads.ts';
import { findVersion } from './versions.ts';

/** STAT: the holder's own unfinished upload, live bytes included, or what is published. */
export function stat(parts: FilesParts, grant: Grant, holder: Holder): Promise<Attributes> {
  return parts.database.read(async (reader) => {
    if (grant.location.kind === 'agencies') return agenciesAttributes(reader, grant);
    const { agencyCode, path } = granted(grant);
    const agency = await findAgency(reader, agencyCode);
    let entry: Entry | undefined;
    if (path === '/' || holder.userId === null) {
      entry = await findEntry(reader, agency, path);
    } else {
      const place = await findPlace(reader, agency, path);
      const upload = await findUpload(reader, place, holder.userId);
      if (upload !== undefined && isCurrent(upload, place.entry)) {
        const live = upload.open_id === null ? undefined : parts.opens.progressOf(upload.open_id);
        return attributesOfUpload(upload, agency, holder.username, live);
      }
      entry = place.entry;
    }
    if (entry === undefined || (grant.ownOnly && !(await isOwn(reader, entry, holder))))
      throw new Fault('not-found');
    return attributesOfEntry(entry, agency);
  });
}

/** What is no secret from someone who may neither list nor read: what it sent or made, and what every tree has. */
async function isOwn(reader: Reader, entry: Entry, holder: Holder): Promise<boolean> {
  if (entry.version_id === null) return entry.fixed === 1 || entry.created_by === holder.username;
  const version = await findVersion(reader, entry.version_id);
  return holder.userId !== null && version?.received_by === holder.userId;
}

type Listing = {
  readonly grant: Grant;
  readonly holder: Holder;
  readonly after: string | null;
  readonly entriesMax: number;
};
type Named = { readonly name: string; readonly attributes: Attributes };

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
  const fetched = await childrenAfter.all(reader, from);
  const own =
    holder.userId === null
      ? []
      : await uploadsAfter.all(reader, { ...from, userId: holder.userId });
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
  return { entries: shown(grant, merged(published, named)), next: last ?? null };
}

/** Both lists in byte order, the first of which is; of two with one name, the second's. */
function merged(published: readonly Named[], others: readonly Named[]): readonly Named[] {
  // As most directories are: their rows come in order, and nothing lies beside them.
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
function shown(grant: Grant, entries: readonly Named[]): readonly DirectoryEntry[] {
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
  const entries: Named[] = [];
  for (const agency of rows) {
    if (!isVisible(grant.identity.rules, childOf(grant.viewed, agency.code))) continue;
    entries.push({ name: agency.code, attributes: await rootAttributes(reader, agency) });
  }
  return { entries, next: rows.length === entriesMax ? (rows.at(-1)?.code ?? null) : null };
}

async function rootAttributes(reader: Reader, agency: Agency): Promise<Attributes> {
  const root = await entryById(reader, agency.root_entry_id);
  if (root === undefined) throw new Error(`agency ${agency.code} has no root`);
  return attributesOfEntry(root, agency);
}

async function agenciesAttributes(reader: Reader, grant: Grant): Promise<Attributes> {
  return rootAttributes(reader, await findAgency(reader, grant.identity.agencyCode));
}
