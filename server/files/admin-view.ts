import { Fault, type FaultCode } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { parseVirtualPathText, type VirtualPath } from '../domain/virtual-path.ts';
import type { Reader, Unit } from '../database/units.ts';
import { closeRead } from './close.ts';
import { recordOpen } from './open.ts';
import type { Holder, LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { findAgency, findEntry, newId, pathOf, type Agency, type Entry } from './tree.ts';
import { grantVersion } from './versions.ts';

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
  readonly receivedFrom: string | null;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
};

export type FileOpening = {
  readonly openId: string;
  readonly grant: BlobGrant;
  readonly file: AdminFile;
};

export type AdminFiles = {
  /**
   * The entries of a directory in the order of their names' bytes, `after` being the last name of the page before; or,
   * when the path names a file, that file.
   *
   * @throws Fault `not-found`, `name-invalid`, `path-too-long`
   */
  list(
    agencyCode: string,
    path: string,
    after: string | null,
    max: number,
  ): Promise<{ readonly items: readonly AdminFile[]; readonly next: string | null }>;
  /** @throws Fault `not-found` */
  get(entryId: string): Promise<AdminFile>;
  /** Opens a file for reading, with its transfer and its ledger row. @throws Fault `not-found`, `is-a-directory` */
  open(holder: Holder, entryId: string): Promise<FileOpening>;
  /** Ends what `open` began; `whole` when every byte went out, otherwise `reason` is why not, where it is known. */
  close(openId: string, bytesRead: number, whole: boolean, reason?: FaultCode): Promise<void>;
};

/** The namespace without a user's rules: every agency's tree, but no unfinished upload, which is its uploader's alone. */
export function createAdminFiles(parts: FilesParts): AdminFiles {
  const { database } = parts;
  return {
    list: async (agencyCode, path, after, max) => {
      const parsed = parseVirtualPathText(path);
      return database.read((reader) => list(reader, { agencyCode, path: parsed, after, max }));
    },
    get: (entryId) => database.read(async (reader) => (await find(reader, entryId)).file),
    open: (holder, entryId) => open(parts, holder, entryId),
    close: async (openId, bytesRead, whole, reason) => {
      const open = parts.opens.get(openId);
      if (open === undefined) throw new Fault('handle-invalid');
      await closeRead(parts, open, { kind: 'read', bytesRead, whole }, reason);
    },
  };
}

type Listing = {
  readonly agencyCode: string;
  readonly path: VirtualPath;
  readonly after: string | null;
  readonly max: number;
};

async function list(reader: Reader, { agencyCode, path, after, max }: Listing) {
  const agency = await findAgency(reader, agencyCode);
  const entry = await findEntry(reader, agency, path);
  if (entry === undefined) throw new Fault('not-found');
  if (entry.kind === 'file') {
    const row = await selectEntries(reader)
      .where('entries.id', '=', entry.id)
      .executeTakeFirstOrThrow();
    return { items: [fileOf(row, agency, path)], next: null };
  }
  const rows = await selectEntries(reader)
    .where('entries.parent_id', '=', entry.id)
    .where('entries.name', '>', after ?? '')
    .orderBy('entries.name')
    .limit(max + 1)
    .execute();
  const shown = rows.slice(0, max);
  const below = path === '/' ? '' : path;
  return {
    items: shown.map((row) => fileOf(row, agency, `${below}/${row.name}`)),
    next: rows.length > max ? (shown.at(-1)?.name ?? null) : null,
  };
}

type Found = { readonly agency: Agency; readonly entry: Entry; readonly file: AdminFile };

async function find(reader: Reader | Unit, entryId: string): Promise<Found> {
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
    .leftJoin('users', 'users.id', 'versions.received_by')
    .selectAll('entries')
    .select([
      'versions.sha256',
      'versions.transfer_id',
      'versions.received_at',
      'users.username as received_from',
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

async function open(parts: FilesParts, holder: Holder, entryId: string): Promise<FileOpening> {
  const { live, ...opened } = await parts.database.write(async (unit) => {
    const { agency, entry, file } = await find(unit, entryId);
    if (entry.kind === 'directory') throw new Fault('is-a-directory');
    const grant = await grantVersion(unit, parts.vault, entry.version_id);
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
