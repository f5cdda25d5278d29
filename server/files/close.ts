import type { AttributeChange } from '../domain/attributes.ts';
import type { TransferState } from '../domain/events.ts';
import { Fault, type FaultCode } from '../domain/faults.ts';
import type { CloseReport } from '../domain/requests.ts';
import type { Unit } from '../database/units.ts';
import { columnsOf } from './attributes.ts';
import type { Holder, LiveOpen, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { quotaLeft } from './quota.ts';
import { newId, pathOfPlace, touchDirectory, type Entry } from './tree.ts';
import { deleteUpload, giveUpStale, isSeen, type Upload } from './uploads.ts';
import { destroyBlob, insertVersion, retireVersion } from './versions.ts';

/** Blobs whose keys the commit destroyed: their bytes may go. */
export type Discarded = readonly string[];

type ReceivedReport = Extract<CloseReport, { kind: 'received' }>;

/** CLOSE of a file that was read: how much of it went out, and whether that was all. */
export async function closeRead(
  parts: FilesParts,
  open: LiveOpen,
  report: Extract<CloseReport, { kind: 'read' }>,
  reason?: FaultCode,
): Promise<void> {
  await parts.database.write(async (unit) => {
    const whole = open.kind === 'reading' && report.whole;
    const blob = await unit.query
      .selectFrom('blobs')
      .select('sha256')
      .where('id', '=', open.blobId)
      .executeTakeFirst();
    await finishTransfer(parts, unit, open, {
      state: whole ? 'completed' : 'incomplete',
      bytesRead: report.bytesRead,
      bytesWritten: 0,
      size: open.kind === 'reading' ? open.size : null,
      // The hash of what went out is only known when all of it did.
      sha256: whole ? (blob?.sha256 ?? null) : null,
      ...(reason !== undefined && { reason }),
    });
  });
  parts.opens.remove(open.openId);
}

/**
 * CLOSE of an upload whose bytes are durable: publishes it. One unit holds the entry, the version with its size and
 * SHA-256, the transfer and the ledger row (DESIGN.md D3). When publishing is refused the upload stays as a
 * partial, unless something else was published there meanwhile.
 */
export async function closeReceived(
  parts: FilesParts,
  open: ReceivingOpen,
  report: ReceivedReport,
): Promise<Discarded> {
  try {
    const closed = await parts.database.write((unit) => publish(parts, unit, open, report));
    parts.opens.remove(open.openId);
    return closed;
  } catch (error) {
    // A database that cannot publish cannot record a partial either, and would only be waited for once more.
    if (!(error instanceof Fault) || error.cause !== undefined) throw error;
    const { size, bytesRead, bytesWritten } = report;
    await closePartial(parts, open, { kind: 'partial', size, bytesRead, bytesWritten }, error.code);
    throw error;
  }
}

async function publish(
  parts: FilesParts,
  unit: Unit,
  open: ReceivingOpen,
  report: ReceivedReport,
): Promise<Discarded> {
  const upload = await uploadOf(unit, open);
  const existing = await entryNamed(unit, upload);
  if (existing?.kind === 'directory') throw new Fault('is-a-directory');
  if (existing !== undefined && !open.allowed.has('overwrite')) {
    throw new Fault(
      'already-exists',
      'a file of that name was published meanwhile, and you may not replace files here',
    );
  }
  const left = await quotaLeft(unit, open.holder, existing?.version_id ?? null, upload.size);
  if (report.size > left.bytes) throw new Fault('quota-exceeded', left.reason);

  await unit.query
    .updateTable('blobs')
    .set({ state: 'published', size: report.size, sha256: report.sha256, root: report.root })
    .where('id', '=', open.blobId)
    .execute();
  await deleteUpload(unit, upload.id);
  const entryId = existing?.id ?? newId();
  const versionId = await insertVersion(unit, {
    entryId,
    blobId: open.blobId,
    size: report.size,
    sha256: report.sha256,
    receivedBy: open.holder.userId,
    transferId: open.openId,
  });
  const replaced =
    existing === undefined
      ? await insertFile(unit, { upload, entryId, versionId, report, open })
      : await replaceContent(unit, existing, versionId, report);
  await finishTransfer(parts, unit, open, {
    state: 'published',
    ...report,
    path: await pathOfPlace(unit, upload),
    entryId,
    replaced: replaced?.sha256 ?? null,
  });
  const published = { kind: 'file', version_id: versionId } as const;
  const stale = await giveUpStale(unit, upload, published, {
    ledger: parts.ledger,
    origin: open.holder.origin,
  });
  return replaced === undefined || replaced.blob_id === null ? stale : [replaced.blob_id, ...stale];
}

type NewFile = {
  readonly upload: Upload;
  readonly entryId: string;
  readonly versionId: string;
  readonly report: ReceivedReport;
  readonly open: ReceivingOpen;
};

async function insertFile(
  unit: Unit,
  { upload, entryId, versionId, report, open }: NewFile,
): Promise<undefined> {
  await unit.query
    .insertInto('entries')
    .values({
      id: entryId,
      agency_id: upload.agency_id,
      parent_id: upload.parent_id,
      name: upload.name,
      kind: 'file',
      version_id: versionId,
      size: report.size,
      mode: upload.mode,
      accessed_at: unit.nowMs,
      modified_at: unit.nowMs,
      fixed: 0,
      created_at: unit.nowMs,
      created_by: open.holder.username,
      ...columnsOf(report.change),
    })
    .execute();
  await touchDirectory(unit, upload.parent_id);
}

async function replaceContent(unit: Unit, entry: Entry, versionId: string, report: ReceivedReport) {
  await unit.query
    .updateTable('entries')
    .set({
      version_id: versionId,
      size: report.size,
      accessed_at: unit.nowMs,
      modified_at: unit.nowMs,
      ...columnsOf(report.change),
    })
    .where('id', '=', entry.id)
    .execute();
  return retireVersion(unit, entry.version_id!);
}

/** CLOSE of a file opened for writing on which nothing was written: what is published stays, the attributes may change. */
export async function closeUnchanged(
  parts: FilesParts,
  open: ReceivingOpen,
  report: { bytesRead: number; change: AttributeChange },
): Promise<Discarded> {
  const { change } = report;
  const closed = await parts.database.write(async (unit) => {
    const upload = await uploadOf(unit, open);
    await deleteUpload(unit, upload.id);
    await destroyBlob(unit, open.blobId);
    const entry = await entryNamed(unit, upload);
    if (entry === undefined) throw new Fault('not-found', 'the file was removed meanwhile');
    const path = await pathOfPlace(unit, upload);
    await changeEntry(parts, unit, open.holder, { agency: open.agency.code, path, entry, change });
    await finishTransfer(parts, unit, open, {
      state: 'unchanged',
      path,
      bytesRead: report.bytesRead,
      bytesWritten: 0,
      size: entry.size,
      sha256: null,
    });
    return [open.blobId];
  });
  parts.opens.remove(open.openId);
  return closed;
}

export type EntryChange = {
  readonly agency: string;
  readonly path: string;
  readonly entry: Entry;
  readonly change: AttributeChange;
};

/** Sets what a change holds, with the ledger row that shows it before and after; nothing where it holds nothing. */
export async function changeEntry(
  parts: FilesParts,
  unit: Unit,
  holder: Holder,
  { agency, path, entry, change }: EntryChange,
): Promise<void> {
  const columns = columnsOf(change);
  if (Object.keys(columns).length === 0) return;
  await unit.query.updateTable('entries').set(columns).where('id', '=', entry.id).execute();
  const { mode, accessed_at, modified_at } = entry;
  const before = { mode, accessed_at, modified_at };
  const after = { ...before, ...columns };
  await parts.ledger.append(unit, {
    origin: holder.origin,
    outcome: 'success',
    reason: null,
    event: { event: 'attributes.changed.1', agency, path, before, after },
  });
}

/**
 * The session went away, or publishing was refused, with the upload open: it stays for its uploader to see and resume;
 * nobody else ever sees it. With nothing received there is nothing to keep, nor where it could not be resumed.
 */
export async function closePartial(
  parts: FilesParts,
  open: ReceivingOpen,
  report: Extract<CloseReport, { kind: 'partial' }>,
  reason: FaultCode = 'session-ended',
): Promise<Discarded> {
  const discarded = await parts.database.write(async (unit) => {
    const upload = await findOwn(unit, open);
    const fits = upload === undefined || (await fitsQuota(unit, open, upload, report.size));
    const keep = report.size > 0 && fits && (await isResumable(unit, upload));
    if (keep) {
      await unit.query
        .updateTable('uploads')
        .set({ state: 'partial', open_id: null, size: report.size, modified_at: unit.nowMs })
        .where('id', '=', open.uploadId)
        .execute();
      await unit.query
        .updateTable('blobs')
        .set({ size: report.size })
        .where('id', '=', open.blobId)
        .execute();
    } else {
      await deleteUpload(unit, open.uploadId);
      await destroyBlob(unit, open.blobId);
    }
    await finishTransfer(parts, unit, open, {
      ...report,
      state: keep ? 'partial' : 'discarded',
      ...(upload !== undefined && { path: await pathOfPlace(unit, upload) }),
      sha256: null,
      reason: fits ? reason : 'quota-exceeded',
    });
    return keep ? [] : [open.blobId];
  });
  parts.opens.remove(open.openId);
  return discarded;
}

/**
 * Uploads that ran side by side were each granted what the quota left at their OPEN: here, where a partial would begin
 * to count, those that pass it together are found.
 */
async function fitsQuota(
  unit: Unit,
  open: ReceivingOpen,
  upload: Upload,
  bytes: number,
): Promise<boolean> {
  const existing = await entryNamed(unit, upload);
  const left = await quotaLeft(unit, open.holder, existing?.version_id ?? null, upload.size);
  return bytes <= left.bytes;
}

/** Whether its user is still there to go on with it, and the name still holds what it held at OPEN. */
export async function isResumable(unit: Unit, upload: Upload | undefined): Promise<boolean> {
  if (upload === undefined) return false;
  const user = await unit.query
    .selectFrom('users')
    .select('status')
    .where('id', '=', upload.user_id)
    .executeTakeFirst();
  return user?.status !== 'removed' && isSeen(upload, await entryNamed(unit, upload));
}

function findOwn(unit: Unit, open: ReceivingOpen): Promise<Upload | undefined> {
  return unit.query
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', open.uploadId)
    .executeTakeFirst();
}

async function uploadOf(unit: Unit, open: ReceivingOpen): Promise<Upload> {
  const upload = await findOwn(unit, open);
  if (upload === undefined || upload.open_id !== open.openId)
    throw new Fault('handle-invalid', 'the upload was given up');
  return upload;
}

function entryNamed(unit: Unit, upload: Upload): Promise<Entry | undefined> {
  return unit.query
    .selectFrom('entries')
    .selectAll()
    .where('parent_id', '=', upload.parent_id)
    .where('name', '=', upload.name)
    .executeTakeFirst();
}

export type TransferEnd = {
  readonly state: TransferState;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly size: number | null;
  readonly sha256: string | null;
  /** Where the name is by now, if a directory above it was renamed since OPEN. */
  readonly path?: string;
  readonly entryId?: string;
  readonly replaced?: string | null;
  readonly reason?: FaultCode;
};

/** Ends the transfer row and writes the ledger row of a CLOSE. */
export async function finishTransfer(
  parts: FilesParts,
  unit: Unit,
  open: LiveOpen,
  end: TransferEnd,
): Promise<void> {
  const path = end.path ?? open.path;
  await unit.query
    .updateTable('transfers')
    .set({
      state: end.state,
      path,
      bytes: open.kind === 'reading' ? end.bytesRead : end.bytesWritten,
      size: end.size,
      sha256: end.sha256,
      ended_at: unit.nowMs,
      ...(end.entryId === undefined ? {} : { entry_id: end.entryId }),
    })
    .where('id', '=', open.openId)
    .execute();
  const whole = end.state === 'published' || end.state === 'completed' || end.state === 'unchanged';
  await parts.ledger.append(unit, {
    origin: open.holder.origin,
    outcome: whole ? 'success' : 'failed',
    reason: whole ? null : (end.reason ?? null),
    event: {
      event: 'file.closed.1',
      transfer: open.openId,
      agency: open.agency.code,
      path,
      state: end.state,
      bytesRead: end.bytesRead,
      bytesWritten: end.bytesWritten,
      size: end.size,
      sha256: end.sha256,
      replaced: end.replaced ?? null,
    },
  });
}
