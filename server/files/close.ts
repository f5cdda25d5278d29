import type { AttributeChange } from '../domain/attributes.ts';
import { partialOf } from '../blobs/inline-content.ts';
import { Fault, type FaultCode } from '../domain/faults.ts';
import type { CloseReport, PartialReport } from '../domain/requests.ts';
import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import { changeEntry } from './change-entry.ts';
import type { Discarded, LiveOpen, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { publish, type OnPublished, type ReceivedReport } from './publish.ts';
import { quotaLeft } from './quota.ts';
import { finishTransfer, isOver, type TransferEnd } from './transfer-end.ts';
import { pathOfPlace } from './tree.ts';
import {
  deleteUpload,
  entryNamed,
  findOwn,
  isResumable,
  modifiedIn,
  uploadOf,
  type Upload,
} from './uploads.ts';
import { destroyBlob } from './versions.ts';

/** CLOSE of a file that was read: how much of it went out, and whether that was all. */
export async function closeRead(
  parts: FilesParts,
  open: LiveOpen,
  report: Extract<CloseReport, { kind: 'read' }>,
  reason?: FaultCode,
): Promise<void> {
  const whole = open.kind === 'reading' && report.whole;
  const end: TransferEnd = {
    state: whole ? 'completed' : 'incomplete',
    bytesRead: report.bytesRead,
    bytesWritten: 0,
    size: open.kind === 'reading' ? open.size : null,
    // The hash of what went out is only known when all of it did.
    sha256: whole ? open.sha256 : null,
    ...(reason !== undefined && { reason }),
  };
  // Nothing is promised by it: an end that a power cut takes is written by the next start, as incomplete.
  await parts.database.write(
    async (unit) => {
      const ended = await finishTransfer(parts, unit, open, end);
      if (ended && whole) await recordCollection(parts, unit, open);
    },
    { durable: 'soon' },
  );
  parts.opens.remove(open.openId);
}

async function recordCollection(parts: FilesParts, unit: Unit, open: LiveOpen): Promise<void> {
  const { blobId, holder, path } = open;
  const { userId: readerId } = holder;
  const first = readerId === null ? undefined : await collect(unit, { blobId, readerId });
  const isFirst = first !== undefined;
  if (isFirst || readerId === null)
    await parts.receipts.collected(unit, { holder, tree: open.agency.code, path, blobId, isFirst });
}

type Collection = { readonly blobId: string; readonly readerId: string };

function collect(unit: Unit, collection: Collection): Promise<unknown> {
  const { nowMs, trusted } = unit;
  return collected.first(unit, { ...collection, nowMs, agedFromMs: trusted.agedFromMs(nowMs) });
}

type CollectedRow = Collection & { readonly nowMs: number; readonly agedFromMs: number | null };

/**
 * Who sends a file and reads it again has not collected it, nor has anybody else of its agency, nor an administrator. What
 * came over the API has no user; its receipt, which may be due yet, says which agency sent it.
 */
const collected = prepare((query, given: CollectedRow) =>
  query
    .updateTable('versions')
    .set({ collected_at: given.nowMs, collected_aged_from: given.agedFromMs })
    .where('blob_id', '=', given.blobId)
    .where('collected_at', 'is', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('users as sender')
            .innerJoin('users as reader', 'reader.agency_id', 'sender.agency_id')
            .select('reader.id')
            .whereRef('sender.id', '=', 'versions.received_by')
            .where('reader.id', '=', given.readerId),
        ),
      ),
    )
    .where((where) => {
      const reader = where
        .selectFrom('users')
        .innerJoin('agencies', 'agencies.id', 'users.agency_id')
        .select('agencies.code')
        .where('users.id', '=', given.readerId);
      const own = (['receipts', 'receipts_due'] as const).map((table) =>
        where
          .selectFrom(table)
          .select('agency')
          .whereRef('version_id', '=', 'versions.id')
          // In a form that the index of an agency's receipts does not serve: a content has few, and an agency all.
          .where((build) => build.fn('ifnull', ['agency', build.val('')]), '=', reader),
      );
      const [received, due] = own.map((sent) => where.not(where.exists(sent)));
      return where.or([where('received_by', 'is not', null), where.and([received!, due!])]);
    })
    .returning('id'),
);

/** What a CLOSE that publishes is to do beside. */
export type Publishing = {
  readonly onPublished?: OnPublished | undefined;
  /** Told of blobs whose files may go, also where nothing is published. */
  readonly discard: (blobIds: Discarded) => void;
};

/**
 * CLOSE of an upload whose bytes are durable, or come with it: publishes it. One unit holds the entry, the version with
 * its size and SHA-256, the bytes of a small file, the transfer and the ledger row (DESIGN.md D3). When publishing is refused the upload stays as a
 * partial, unless something else was published there meanwhile.
 */
export async function closeReceived(
  parts: FilesParts,
  open: ReceivingOpen,
  report: ReceivedReport,
  { onPublished, discard }: Publishing,
): Promise<void> {
  try {
    const replaced = await parts.database.write((unit) =>
      publish(parts, unit, open, report, onPublished),
    );
    parts.opens.remove(open.openId);
    discard(replaced);
  } catch (error) {
    // A database that cannot publish cannot record a partial either, and would only be waited for once more.
    if (!(error instanceof Fault) || error.cause !== undefined) throw error;
    const partial = closePartial(parts, open, unfinished(report), error.code);
    // Why it is not published is what its sender is told, also where not even that can be recorded now.
    discard(await partial.catch(() => Promise.reject(error)));
    throw error;
  }
}

/** What was received and could not be published, as a partial. */
export function unfinished(report: ReceivedReport): PartialReport {
  const { size, bytesRead, bytesWritten } = report;
  const content = report.content === null ? null : partialOf(report.content, size);
  return { kind: 'partial', size, content, bytesRead, bytesWritten };
}

/** CLOSE of a file opened for writing on which nothing was written: what is published stays, the attributes may change. */
export async function closeUnchanged(
  parts: FilesParts,
  open: ReceivingOpen,
  report: { bytesRead: number; change: AttributeChange },
): Promise<Discarded> {
  const { change } = report;
  await parts.database.write(async (unit) => {
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
  });
  parts.opens.remove(open.openId);
  // Nothing was written, says the worker: a file that is there all the same goes.
  return [open.blobId];
}

/**
 * The session went away, or publishing was refused, with the upload open: it stays for its uploader to see and resume;
 * nobody else ever sees it. With nothing received there is nothing to keep, nor where it could not be resumed.
 */
export async function closePartial(
  parts: FilesParts,
  open: ReceivingOpen,
  report: PartialReport,
  reason: FaultCode = 'session-ended',
): Promise<Discarded> {
  const discarded = await parts.database.write(async (unit) => {
    // A CLOSE that was under way when the session ended: its blob may be what is published.
    if (await isOver(unit, open)) return [];
    const upload = await findOwn(unit, open);
    const fits = upload === undefined || (await fitsQuota(unit, open, upload, report.size));
    const keep = report.size > 0 && fits && (await isResumable(unit, upload));
    if (keep) {
      await unit.query
        .updateTable('uploads')
        .set({ state: 'partial', open_id: null, size: report.size, ...modifiedIn(unit) })
        .where('id', '=', open.uploadId)
        .execute();
      await unit.query
        .updateTable('blobs')
        .set({ size: report.size, content: report.content })
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
    return keep || report.content !== null ? [] : [open.blobId];
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
