import type { AttributeChange, Attributes } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { BlobGrant, FileGrant, Grant } from '../domain/grants.ts';
import type { Permission } from '../domain/permissions.ts';
import type { OpenFlags, OpenReply } from '../domain/requests.ts';
import type { VirtualPath } from '../domain/virtual-path.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Durable, Unit } from '../database/units.ts';
import { refuseReceipts } from './acts.ts';
import { attributesOfEntry, attributesOfUpload, defaultFileMode } from './attributes.ts';
import type { Discarded, Holder, LiveOpen, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { quotaLeft, withinDisk, type DiskSpace } from './quota.ts';
import { grantReceipt } from './receipt-directory.ts';
import {
  checkReach,
  findAgency,
  findPlace,
  granted,
  newId,
  type Agency,
  type Place,
} from './tree.ts';
import { deleteUpload, findUpload, isCurrent, modifiedIn, type Upload } from './uploads.ts';
import { createBlob, destroyBlob, grantBlob, grantVersion } from './versions.ts';

/** What an OPEN comes to: the reply, or the word that another session holds the upload and has to let go first. */
export type OpenResult =
  | { readonly kind: 'opened'; readonly reply: OpenReply; readonly discarded: Discarded }
  | { readonly kind: 'held'; readonly byOpenId: string };

/** OPEN for reading: what is published, or the holder's own partial upload. */
export async function openToRead(
  parts: FilesParts,
  grant: Grant,
  holder: Holder,
): Promise<OpenReply> {
  const { agencyCode, path } = granted(grant);
  const opened = await parts.database.write(async (unit) => {
    const agency = await findAgency(unit, agencyCode);
    const { blob, attributes, entryId } = await readableAt(parts, unit, { agency, path, holder });
    const openId = newId();
    const open: LiveOpen = {
      kind: 'reading',
      openId,
      holder,
      agency,
      path,
      blobId: blob.blobId,
      size: blob.size,
      sha256: blob.sha256,
    };
    await recordOpen(parts, unit, open, { mode: 'read', resumed: false, entryId });
    const file: FileGrant = {
      openId,
      read: true,
      write: false,
      append: false,
      resumed: false,
      blob,
      base: null,
      sizeMax: blob.size,
      sizeMaxFault: 'quota-exceeded',
      sizeMaxReason: '',
    };
    return { open, reply: { grant: file, attributes } };
  });
  parts.opens.add(opened.open);
  return opened.reply;
}

type Readable = {
  readonly blob: BlobGrant;
  readonly attributes: Attributes;
  /** Null for what is no entry. */
  readonly entryId: string | null;
};

type WantedToRead = {
  readonly agency: Agency;
  readonly path: VirtualPath;
  readonly holder: Holder;
};

/** The holder's own partial upload, what is published, or a receipt. */
async function readableAt(
  parts: FilesParts,
  unit: Unit,
  { agency, path, holder }: WantedToRead,
): Promise<Readable> {
  const receipt = await grantReceipt(parts, unit, agency, path);
  if (receipt !== undefined) return { ...receipt, entryId: null };
  const place = await findPlace(unit, agency, path);
  if (place.entry?.kind === 'directory') throw new Fault('is-a-directory');
  const entryId = place.entry?.id ?? null;
  const upload = await ownUpload(unit, place, holder);
  if (upload?.state === 'receiving') throw new Fault('file-busy');
  if (upload !== undefined)
    return {
      blob: await grantBlob(unit, parts.vault, upload.blob_id),
      attributes: attributesOfUpload(upload, agency, holder.username),
      entryId,
    };
  if (place.entry === undefined) throw new Fault('not-found');
  return {
    blob: await grantVersion(unit, parts.vault, place.entry.version_id),
    attributes: attributesOfEntry(place.entry, agency),
    entryId,
  };
}

/** What is to be received, once it is decided that it may be. */
export type Receiving = {
  readonly allowed: ReadonlySet<Permission>;
  readonly flags: OpenFlags;
  readonly change: AttributeChange;
  readonly holder: Holder;
  /** What the store has left. */
  readonly disk: DiskSpace;
};

export type OpenToWrite = Omit<Receiving, 'allowed'> & {
  readonly grant: Grant;
  readonly holder: Holder & { readonly userId: string };
};

/**
 * OPEN for writing. Content always goes into a blob of its own, so that what is published stays whole until CLOSE:
 * a new name or TRUNC starts empty, an open without TRUNC goes on with the user's partial upload or starts from what is
 * published (scp, JSch RESUME and curl resume depend on it, clients.md fact 3).
 */
export async function openToWrite(parts: FilesParts, asked: OpenToWrite): Promise<OpenResult> {
  // A new upload need not outlive a power cut: nobody was told that anything of it is kept. What there is already must.
  const first = await begin(parts, asked, 'soon');
  const result = first.kind === 'untouched' ? await begin(parts, asked, 'now') : first;
  if (result.kind === 'untouched') throw new Error('an upload was neither begun nor refused');
  if (result.kind === 'held') return result;
  parts.opens.add(result.open);
  return { kind: 'opened', reply: result.reply, discarded: result.discarded };
}

/** @returns `untouched` where there is an upload of that name, and what becomes of it would not be durable */
function begin(parts: FilesParts, asked: OpenToWrite, durable: Durable) {
  const { agencyCode, path } = granted(asked.grant);
  refuseReceipts(path);
  const work = async (unit: Unit) => {
    const agency = await findAgency(unit, agencyCode);
    const place = await findPlace(unit, agency, path);
    if (place.entry?.kind === 'directory') throw new Fault('is-a-directory');
    const found = await findUpload(unit, place, asked.holder.userId);
    if (found?.state === 'receiving' && found.open_id !== null) {
      const holding = parts.opens.get(found.open_id);
      const own = holding?.holder.sessionId === asked.holder.sessionId;
      if (own && !parts.opens.isLetGo(found.open_id))
        throw new Fault('file-busy', 'you are already writing that file');
      return { kind: 'held', byOpenId: found.open_id } as const;
    }
    if (found !== undefined && durable === 'soon') return { kind: 'untouched' } as const;
    const partial = found !== undefined && isCurrent(found, place.entry) ? found : undefined;
    checkFlags(asked, place, partial);
    if (place.entry === undefined) checkReach(path);
    const resumed = partial !== undefined && !asked.flags.truncate ? partial : undefined;
    const stale = found !== undefined && resumed === undefined ? found : undefined;
    if (stale !== undefined) await deleteUpload(unit, stale.id);
    const discarded = stale === undefined ? [] : await destroyBlob(unit, stale.blob_id);
    const { allowed } = asked.grant;
    const started = await startReceiving(parts, unit, { ...asked, allowed }, place, resumed);
    return { kind: 'opened', ...started, discarded } as const;
  };
  return parts.database.write(work, { durable });
}

function checkFlags(
  { flags, grant }: OpenToWrite,
  { entry }: Place,
  partial: Upload | undefined,
): void {
  const exists = entry !== undefined || partial !== undefined;
  if (exists && flags.create && flags.exclusive) throw new Fault('already-exists');
  if (!exists && !flags.create) throw new Fault('not-found');
  if (entry !== undefined && !grant.allowed.has('overwrite')) {
    throw new Fault('permission-denied', 'you may not replace files here');
  }
}

/** Begins an upload, with its rows and a blob of its own, or goes on with a partial. */
export async function startReceiving(
  parts: FilesParts,
  unit: Unit,
  asked: Receiving,
  place: Place,
  resumed: Upload | undefined,
): Promise<{ open: ReceivingOpen; reply: OpenReply }> {
  const { holder, flags, change, allowed } = asked;
  const openId = newId();
  const blob =
    resumed === undefined
      ? await createBlob(unit, parts.vault, place.agency.id)
      : await grantBlob(unit, parts.vault, resumed.blob_id);
  const fromPublished = resumed === undefined && !flags.truncate ? place.entry : undefined;
  const base: BlobGrant | null =
    fromPublished === undefined
      ? null
      : await grantVersion(unit, parts.vault, fromPublished.version_id);
  const upload = await recordUpload(unit, { asked, place, resumed, blob, base, openId });
  const have = resumed?.size ?? 0;
  const quota = await quotaLeft(unit, holder, place.entry?.version_id ?? null, have);
  const others = holder.userId === null ? 0 : parts.opens.receivingBytesOf(holder.userId);
  const left = withinDisk(
    { ...quota, bytes: Math.max(0, quota.bytes - others) },
    { ...asked.disk, bytesFree: asked.disk.bytesFree + have },
  );
  const open: ReceivingOpen = {
    kind: 'receiving',
    openId,
    holder,
    agency: place.agency,
    path: place.path,
    blobId: blob.blobId,
    uploadId: upload.id,
    resumedBytes: have,
    sizeMax: Math.max(left.bytes, have, base?.size ?? 0),
    baseBlobId: base?.blobId ?? null,
    directoryMoves: parts.opens.directoryMoves,
    allowed,
  };
  await recordOpen(parts, unit, open, {
    mode: flags.read ? 'read-write' : 'write',
    resumed: resumed !== undefined,
    entryId: place.entry?.id ?? null,
  });
  const file: FileGrant = {
    openId,
    read: flags.read,
    write: true,
    append: flags.append,
    resumed: resumed !== undefined,
    blob,
    base,
    sizeMax: left.bytes,
    sizeMaxFault: left.code,
    sizeMaxReason: left.reason,
  };
  const attributes = {
    ...attributesOfUpload(upload, place.agency, holder.username),
    ...(base === null ? {} : { size: base.size }),
  };
  return {
    open,
    reply: { grant: file, attributes: { ...attributes, mode: change.mode ?? attributes.mode } },
  };
}

type UploadStart = {
  readonly asked: Receiving;
  readonly place: Place;
  readonly resumed: Upload | undefined;
  readonly blob: BlobGrant;
  readonly base: BlobGrant | null;
  readonly openId: string;
};

async function recordUpload(
  unit: Unit,
  { asked, place, resumed, blob, base, openId }: UploadStart,
): Promise<Upload> {
  if (resumed !== undefined) {
    // What it took from its base was copied when it was cut: from here on it stands alone, also for a crash.
    const alone = { base_version_id: null, open_id: openId, ...modifiedIn(unit) };
    const going = { state: 'receiving', ...alone } as const;
    await unit.query.updateTable('uploads').set(going).where('id', '=', resumed.id).execute();
    return { ...resumed, ...going };
  }
  const upload: Row<'uploads'> = {
    id: newId(),
    user_id: asked.holder.userId,
    agency_id: place.agency.id,
    parent_id: place.parent.id,
    name: place.name,
    blob_id: blob.blobId,
    base_version_id: base === null ? null : (place.entry?.version_id ?? null),
    seen_version_id: place.entry?.version_id ?? null,
    state: 'receiving',
    open_id: openId,
    size: 0,
    mode: (asked.change.mode ?? place.entry?.mode ?? defaultFileMode) & 0o7777,
    created_at: unit.nowMs,
    ...modifiedIn(unit),
  };
  await insertUpload.run(unit, upload);
  return upload;
}

const insertUpload = prepare((query, upload: Upload) =>
  query.insertInto('uploads').values({
    id: upload.id,
    user_id: upload.user_id,
    agency_id: upload.agency_id,
    parent_id: upload.parent_id,
    name: upload.name,
    blob_id: upload.blob_id,
    base_version_id: upload.base_version_id,
    seen_version_id: upload.seen_version_id,
    state: upload.state,
    open_id: upload.open_id,
    size: upload.size,
    mode: upload.mode,
    modified_at: upload.modified_at,
    aged_from: upload.aged_from,
    created_at: upload.created_at,
  }),
);

/** The holder's own unfinished upload where it counts; an administrator has none. */
export async function ownUpload(
  unit: Unit,
  place: Place,
  holder: Holder,
): Promise<Upload | undefined> {
  if (holder.userId === null) return undefined;
  const upload = await findUpload(unit, place, holder.userId);
  return upload !== undefined && isCurrent(upload, place.entry) ? upload : undefined;
}

type OpenRecord = {
  readonly mode: 'read' | 'write' | 'read-write';
  readonly resumed: boolean;
  readonly entryId: string | null;
};

type NewTransfer = Omit<Row<'transfers'>, 'bytes' | 'sha256' | 'ended_at' | 'unusual_state'>;

const insertTransfer = prepare((query, transfer: NewTransfer) =>
  query.insertInto('transfers').values({
    id: transfer.id,
    direction: transfer.direction,
    user_id: transfer.user_id,
    username: transfer.username,
    agency_id: transfer.agency_id,
    agency_code: transfer.agency_code,
    path: transfer.path,
    entry_id: transfer.entry_id,
    blob_id: transfer.blob_id,
    session_id: transfer.session_id,
    source: transfer.source,
    client: transfer.client,
    state: transfer.state,
    bytes: 0,
    size: transfer.size,
    started_at: transfer.started_at,
  }),
);

/** The transfer row and the ledger row of an OPEN. */
export async function recordOpen(
  parts: FilesParts,
  unit: Unit,
  open: LiveOpen,
  record: OpenRecord,
): Promise<void> {
  const { holder } = open;
  await insertTransfer.run(unit, {
    id: open.openId,
    direction: open.kind === 'reading' ? 'download' : 'upload',
    user_id: holder.userId,
    username: holder.username,
    agency_id: open.agency.id,
    agency_code: open.agency.code,
    path: open.path,
    entry_id: record.entryId,
    blob_id: open.blobId,
    session_id: holder.sessionId,
    source: holder.origin.source ?? '',
    client: holder.client,
    state: open.kind === 'reading' ? 'sending' : 'receiving',
    size: open.kind === 'reading' ? open.size : null,
    started_at: unit.nowMs,
  });
  await parts.ledger.append(unit, {
    origin: holder.origin,
    outcome: 'success',
    reason: null,
    event: {
      event: 'file.opened.1',
      transfer: open.openId,
      agency: open.agency.code,
      path: open.path,
      mode: record.mode,
      resumed: record.resumed,
    },
  });
}
