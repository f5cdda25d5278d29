import type { Attributes, DirectoryEntry } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { ListReply } from '../domain/requests.ts';
import { childOf } from '../domain/virtual-path.ts';
import type { Row } from '../database/schema.ts';
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
    if (path !== '/' && holder.userId !== null) {
      const place = await findPlace(reader, agency, path);
      const upload = await findUpload(reader, place, holder.userId);
      if (upload !== undefined && isCurrent(upload, place.entry)) {
        const live = upload.open_id === null ? undefined : parts.opens.progressOf(upload.open_id);
        return attributesOfUpload(upload, agency, holder.username, live);
      }
    }
    const entry = await findEntry(reader, agency, path);
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
  await parts.database.write((unit) =>
    parts.ledger.append(unit, {
      origin: holder.origin,
      outcome: 'success',
      reason: null,
      event: { event: 'directory.listed.1', ...where },
    }),
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

  const fetched = await childrenAfter(reader, directory.id, after, entriesMax);
  const own =
    holder.userId === null
      ? []
      : await uploadsAfter(reader, directory.id, holder.userId, after, entriesMax);
  // Behind the last name of a list that was cut off, the other list can't be told complete.
  const last = firstOf(
    [fetched, own].flatMap((rows) => (rows.length < entriesMax ? [] : [rows.at(-1)!.name])),
  );
  const upToLast = ({ name }: { name: string }) => last === undefined || !isAfter(name, last);
  const entries = fetched.filter(upToLast);
  const named = new Map<string, Named>();
  for (const entry of entries)
    named.set(entry.name, { name: entry.name, attributes: attributesOfEntry(entry, agency) });
  const published = new Map(entries.map((entry) => [entry.name, entry]));
  for (const upload of own.filter(upToLast)) {
    const beside = published.get(upload.name);
    if (!isCurrent(upload, beside)) continue;
    const live = upload.open_id === null ? undefined : parts.opens.progressOf(upload.open_id);
    named.set(upload.name, {
      name: upload.name,
      attributes: attributesOfUpload(upload, agency, holder.username, live),
    });
  }
  if (
    showsAgencies(grant) &&
    isAfter(agenciesDirectory, after) &&
    upToLast({ name: agenciesDirectory })
  ) {
    named.set(agenciesDirectory, {
      name: agenciesDirectory,
      attributes: await agenciesAttributes(reader, grant),
    });
  }
  return { entries: shown(grant, [...named.values()]), next: last ?? null };
}

/** The first in byte order. */
function firstOf(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[0];
}

function childrenAfter(
  { query }: Reader,
  parentId: string,
  after: string | null,
  entriesMax: number,
): Promise<Entry[]> {
  return query
    .selectFrom('entries')
    .selectAll()
    .where('parent_id', '=', parentId)
    .where('name', '>', after ?? '')
    .orderBy('name')
    .limit(entriesMax)
    .execute();
}

function uploadsAfter(
  { query }: Reader,
  parentId: string,
  userId: string,
  after: string | null,
  uploadsMax: number,
): Promise<Row<'uploads'>[]> {
  return query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', parentId)
    .where('user_id', '=', userId)
    .where('name', '>', after ?? '')
    .orderBy('name')
    .limit(uploadsMax)
    .execute();
}

/** Only what the rules show, in byte order. */
function shown(grant: Grant, entries: readonly Named[]): readonly DirectoryEntry[] {
  const visible = grant.listsAll
    ? entries
    : entries.filter(({ name }) => isVisible(grant.identity.rules, childOf(grant.viewed, name)));
  return visible.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
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
