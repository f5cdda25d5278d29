import type { BlobStore } from '../blobs/store.ts';
import { Fault, type FaultCode } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { parseVirtualPathText, type VirtualPath } from '../domain/virtual-path.ts';
import type { Reader, Unit } from '../database/units.ts';
import { recordOpen } from './open.ts';
import type { Holder, LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { Settlement } from './settlement.ts';
import { findAgency, findEntry, newId, pathOf, type Agency, type Entry } from './tree.ts';
import { listVersions, type AdminVersion, type VersionPlace } from './version-list.ts';
import { findVersion, grantVersion } from './versions.ts';

/** A published file or a directory as an administrator sees it. */
export type AdminFile = {
  readonly id: string;
  readonly agency: string;
  /** Inside the agency's tree. */
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'directory';
  readonly size: number;
  /** Null for a directory, as is what else tells of content. */
  readonly sha256: string | null;
  /** Another one each time the content is replaced. */
  readonly version: string | null;
  /** The upload that brought it. */
  readonly transferId: string | null;
  readonly receivedAtMs: number | null;
  /** A user name, or `admin:<name of the key>`. */
  readonly receivedFrom: string | null;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
};

export type FileOpening = {
  readonly openId: string;
  readonly grant: BlobGrant;
  readonly file: AdminFile;
};

/** What there is to read, before it is opened. */
export type FileContent = {
  readonly file: AdminFile;
  readonly versionId: string;
  readonly size: number;
  readonly sha256: string;
};

export type FileListing = {
  readonly agencyCode: string;
  readonly path: string;
  /** What the names begin with. */
  readonly prefix?: string;
  /** In the order of the names' bytes, or the other way round. */
  readonly descending?: boolean;
};

type FilePage = { readonly items: readonly AdminFile[]; readonly next: string | null };

export type AdminFiles = {
  /**
   * The entries of a directory, `after` being the last name of the page before; or, when the path names a file, that
   * file.
   *
   * @throws Fault `not-found`, `name-invalid`, `path-too-long`
   */
  list(
    listing: FileListing,
    page: { readonly after: string | null; readonly max: number },
  ): Promise<FilePage>;
  /** @throws Fault `not-found` */
  get(entryId: string): Promise<AdminFile>;
  /** What lies at a path. @throws Fault `not-found`, `name-invalid`, `path-too-long` */
  at(agencyCode: string, path: string): Promise<AdminFile>;
  /** What a file held and holds, the newest first. @throws Fault `not-found`, `is-a-directory` */
  versions(
    entryId: string,
    page: { readonly after: VersionPlace | null; readonly max: number },
  ): Promise<{ readonly items: readonly AdminVersion[]; readonly next: VersionPlace | null }>;
  /**
   * The current content of a file, or that of a version.
   *
   * @throws Fault `not-found`, `is-a-directory`, `conflict` where it was destroyed
   */
  content(entryId: string, versionId?: string): Promise<FileContent>;
  /** Opens a version for reading, with its transfer and its ledger row. @throws as `content` */
  open(holder: Holder, entryId: string, versionId: string): Promise<FileOpening>;
  /** Bytes that went out so far. */
  noteProgress(openId: string, bytes: number): void;
  /**
   * Ends what `open` began; `whole` when every byte went out, otherwise `reason` is why not, where it is known. An end that
   * cannot be written now is written as soon as it can be.
   */
  close(openId: string, bytesRead: number, whole: boolean, reason?: FaultCode): Promise<void>;
};

/** The namespace without a user's rules: every agency's tree, but no unfinished upload, which is its uploader's alone. */
export function createAdminFiles(parts: FilesParts, store: BlobStore): AdminFiles {
  const { database } = parts;
  const settlement = new Settlement(parts, store);
  return {
    list: async ({ path, ...listing }, page) => {
      const parsed = parseVirtualPathText(path);
      return database.read((reader) => list(reader, { ...listing, ...page, path: parsed }));
    },
    get: (entryId) => database.read(async (reader) => (await findFile(reader, entryId)).file),
    at: async (agencyCode, path) => {
      const parsed = parseVirtualPathText(path);
      return database.read((reader) => fileAt(reader, agencyCode, parsed));
    },
    versions: (entryId, page) =>
      database.read(async (reader) =>
        listVersions(reader, await findContent(reader, entryId), page),
      ),
    content: (entryId, versionId) =>
      database.read(async (reader) => {
        const { file, entry } = await findFile(reader, entryId);
        if (entry.kind === 'directory') throw new Fault('is-a-directory');
        const version = await readable(reader, entry, versionId ?? entry.version_id!);
        return { file, versionId: version.id, size: version.size, sha256: version.sha256 };
      }),
    open: (holder, entryId, versionId) => open(parts, holder, entryId, versionId),
    noteProgress: (openId, bytes) => parts.opens.noteProgress(openId, bytes),
    close: async (openId, bytesRead, whole, reason) => {
      const open = parts.opens.get(openId);
      if (open === undefined) throw new Fault('handle-invalid');
      await settlement.close(open, { kind: 'read', bytesRead, whole }, { reason });
    },
  };
}

type Listing = Omit<FileListing, 'path'> & {
  readonly path: VirtualPath;
  readonly after: string | null;
  readonly max: number;
};

/** No name goes on with it: the last character there is. */
const lastCharacter = '\u{10ffff}';

async function list(reader: Reader, listing: Listing): Promise<FilePage> {
  const { agencyCode, path, prefix = '', descending = false, after, max } = listing;
  const agency = await findAgency(reader, agencyCode);
  const entry = await findEntry(reader, agency, path);
  if (entry === undefined) throw new Fault('not-found');
  if (entry.kind === 'file') return { items: [await described(reader, agency, entry)], next: null };
  let select = selectEntries(reader).where('entries.parent_id', '=', entry.id);
  if (prefix !== '')
    select = select
      .where('entries.name', '>=', prefix)
      .where('entries.name', '<', `${prefix}${lastCharacter}`);
  if (after !== null) select = select.where('entries.name', descending ? '<' : '>', after);
  const rows = await select
    .orderBy('entries.name', descending ? 'desc' : 'asc')
    .limit(max + 1)
    .execute();
  const shown = rows.slice(0, max);
  const below = path === '/' ? '' : path;
  return {
    items: shown.map((row) => fileOf(row, agency, `${below}/${row.name}`)),
    next: rows.length > max ? (shown.at(-1)?.name ?? null) : null,
  };
}

async function described(reader: Reader, agency: Agency, entry: Entry): Promise<AdminFile> {
  const row = await selectEntries(reader)
    .where('entries.id', '=', entry.id)
    .executeTakeFirstOrThrow();
  return fileOf(row, agency, await pathOf(reader, entry));
}

async function fileAt(reader: Reader, agencyCode: string, path: VirtualPath): Promise<AdminFile> {
  const agency = await findAgency(reader, agencyCode);
  const entry = await findEntry(reader, agency, path);
  if (entry === undefined) throw new Fault('not-found');
  return described(reader, agency, entry);
}

export type FoundFile = {
  readonly agency: Agency;
  readonly entry: Entry;
  readonly file: AdminFile;
};

/** An entry of an agency that is there. @throws Fault `not-found` */
export async function findFile(reader: Reader | Unit, entryId: string): Promise<FoundFile> {
  const entry = await selectEntries(reader).where('entries.id', '=', entryId).executeTakeFirst();
  const agency = await reader.query
    .selectFrom('agencies')
    .select(['id', 'code', 'root_entry_id'])
    .where('id', '=', entry?.agency_id ?? '')
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (entry === undefined || agency === undefined) throw new Fault('not-found');
  return { agency, entry, file: fileOf(entry, agency, await pathOf(reader, entry)) };
}

async function findContent(reader: Reader, entryId: string): Promise<Entry> {
  const { entry } = await findFile(reader, entryId);
  if (entry.kind === 'directory') throw new Fault('is-a-directory');
  return entry;
}

/** @throws Fault `not-found`, `conflict` */
async function readable(reader: Reader | Unit, entry: Entry, versionId: string) {
  const version = await findVersion(reader, versionId);
  if (version?.entry_id !== entry.id) throw new Fault('not-found', 'the file has no such version');
  if (version.blob_id === null)
    throw new Fault('conflict', 'the content of that version was destroyed');
  return version;
}

type DescribedEntry = Entry & {
  readonly sha256: string | null;
  readonly transfer_id: string | null;
  readonly received_at: number | null;
  readonly received_from: string | null;
};

function selectEntries({ query }: Reader | Unit) {
  return query
    .selectFrom('entries')
    .leftJoin('versions', 'versions.id', 'entries.version_id')
    .leftJoin('transfers', 'transfers.id', 'versions.transfer_id')
    .selectAll('entries')
    .select([
      'versions.sha256',
      'versions.transfer_id',
      'versions.received_at',
      'transfers.username as received_from',
    ]);
}

function fileOf(entry: DescribedEntry, agency: Agency, path: string): AdminFile {
  return {
    id: entry.id,
    agency: agency.code,
    path,
    name: entry.name,
    kind: entry.kind,
    size: entry.size,
    sha256: entry.sha256,
    version: entry.version_id,
    transferId: entry.transfer_id,
    receivedAtMs: entry.received_at,
    receivedFrom: entry.received_from,
    createdAtMs: entry.created_at,
    modifiedAtMs: entry.modified_at,
  };
}

async function open(
  parts: FilesParts,
  holder: Holder,
  entryId: string,
  versionId: string,
): Promise<FileOpening> {
  const { live, ...opened } = await parts.database.write(async (unit) => {
    const { agency, entry, file } = await findFile(unit, entryId);
    if (entry.kind === 'directory') throw new Fault('is-a-directory');
    await readable(unit, entry, versionId);
    const grant = await grantVersion(unit, parts.vault, versionId);
    const openId = newId();
    const path = parseVirtualPathText(file.path);
    const live: LiveOpen = {
      kind: 'reading',
      openId,
      holder,
      agency,
      path,
      blobId: grant.blobId,
      size: grant.size,
      sha256: grant.sha256,
    };
    await recordOpen(parts, unit, live, { mode: 'read', resumed: false, entryId });
    return { live, openId, grant, file };
  });
  parts.opens.add(live);
  return opened;
}
