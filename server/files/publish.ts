import { Fault } from '../domain/faults.ts';
import type { CloseReport } from '../domain/requests.ts';
import type { Unit } from '../database/units.ts';
import { columnsOf } from './attributes.ts';
import type { Discarded, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { quotaLeft } from './quota.ts';
import { finishTransfer } from './transfer-end.ts';
import { newId, pathOfPlace, touchDirectory, type Entry } from './tree.ts';
import { deleteUpload, entryNamed, giveUpStale, uploadOf, type Upload } from './uploads.ts';
import { insertVersion, retireVersion } from './versions.ts';

export type ReceivedReport = Extract<CloseReport, { kind: 'received' }>;

/** Makes a received upload the content of its name, in the unit: entry, version, quota, transfer and ledger row. */
export async function publish(
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
