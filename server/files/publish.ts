import { Fault } from '../domain/faults.ts';
import type { CloseReport } from '../domain/requests.ts';
import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import { columnsOf, makerOf } from './attributes.ts';
import { keepingAt } from './held.ts';
import type { Discarded, ReceivingOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { quotaLeft } from './quota.ts';
import { finishTransfer } from './transfer-end.ts';
import { newId, pathOfPlace, touchDirectory, type Entry } from './tree.ts';
import {
  deleteUpload,
  entryNamed,
  giveUpStaleOf,
  isSeen,
  uploadsBeside,
  type Upload,
} from './uploads.ts';
import { insertVersion, recordDestroyed, retireVersion, type Retired } from './versions.ts';

export type ReceivedReport = Extract<CloseReport, { kind: 'received' }>;

/** Told of the entry, and whether it had content, in the unit that publishes: before anything else can happen to it. */
export type OnPublished = (
  unit: Unit,
  entryId: string,
  told: { readonly replaced: boolean },
) => Promise<void>;

type FinishedBlob = Pick<ReceivedReport, 'size' | 'sha256' | 'root' | 'content'>;

const publishBlob = prepare((query, blob: FinishedBlob & { readonly id: string }) =>
  query
    .updateTable('blobs')
    .set({
      state: 'published',
      size: blob.size,
      sha256: blob.sha256,
      root: blob.root,
      content: blob.content,
    })
    .where('id', '=', blob.id),
);

/** Makes a received upload the content of its name, in the unit: entry, version, quota, transfer and ledger row. */
export async function publish(
  parts: FilesParts,
  unit: Unit,
  open: ReceivingOpen,
  report: ReceivedReport,
  onPublished?: OnPublished,
): Promise<Discarded> {
  const { upload, others } = await uploadsBeside(unit, open);
  const existing = await entryNamed(unit, upload);
  if (existing?.kind === 'directory') throw new Fault('is-a-directory');
  if (existing !== undefined && !open.allowed.has('overwrite')) {
    throw new Fault(
      'already-exists',
      'a file of that name was published meanwhile, and you may not replace files here',
    );
  }
  if (open.onlyOverSeen === true && !isSeen(upload, existing))
    throw new Fault('precondition-failed', 'the file was replaced or removed meanwhile');
  const left = await quotaLeft(unit, open.holder, existing?.version_id ?? null, upload.size);
  if (report.size > left.bytes) throw new Fault('quota-exceeded', left.reason);

  const { size, sha256, root, content } = report;
  await publishBlob.run(unit, { id: open.blobId, size, sha256, root, content });
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
  const inPlace = parts.opens.directoryMoves === open.directoryMoves;
  const path = inPlace ? open.path : await pathOfPlace(unit, upload);
  const replaced =
    existing === undefined
      ? await insertFile(unit, { upload, entryId, versionId, report, open })
      : await replaceContent(parts, unit, existing, { versionId, report, path });
  const ended = await finishTransfer(parts, unit, open, {
    state: 'published',
    ...report,
    path,
    entryId,
    replaced: replaced?.version.sha256 ?? null,
  });
  if (!ended) throw new Fault('handle-invalid', 'the transfer has ended');
  await parts.receipts.published(unit, {
    holder: open.holder,
    tree: open.agency.code,
    path,
    parentId: upload.parent_id,
    name: upload.name,
    entryId,
    versionId,
    size,
    sha256,
  });
  const published = { kind: 'file', version_id: versionId } as const;
  const because = { ledger: parts.ledger, origin: open.holder.origin };
  if (replaced !== undefined && replaced.destroyed.length > 0)
    await recordDestroyed(unit, replaced.destroyed, { ...because, agency: open.agency.code, path });
  const stale = await giveUpStaleOf(unit, others, published, because);
  await onPublished?.(unit, entryId, { replaced: replaced !== undefined });
  return [...(replaced?.discarded ?? []), ...stale];
}

const insertEntry = prepare((query, entry: Omit<Entry, 'kind' | 'fixed'>) =>
  query.insertInto('entries').values({
    id: entry.id,
    agency_id: entry.agency_id,
    parent_id: entry.parent_id,
    name: entry.name,
    kind: 'file',
    version_id: entry.version_id,
    size: entry.size,
    mode: entry.mode,
    accessed_at: entry.accessed_at,
    modified_at: entry.modified_at,
    fixed: 0,
    created_at: entry.created_at,
    created_by: entry.created_by,
  }),
);

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
  await insertEntry.run(unit, {
    id: entryId,
    agency_id: upload.agency_id,
    parent_id: upload.parent_id,
    name: upload.name,
    version_id: versionId,
    size: report.size,
    mode: upload.mode,
    accessed_at: unit.nowMs,
    modified_at: unit.nowMs,
    created_at: unit.nowMs,
    created_by: makerOf(open.holder),
    ...columnsOf(report.change),
  });
  await touchDirectory(unit, upload.parent_id);
}

type NewContent = {
  readonly versionId: string;
  readonly report: ReceivedReport;
  readonly path: string;
};

type ReplacedContent = Pick<Entry, 'id' | 'size' | 'mode' | 'accessed_at' | 'modified_at'> & {
  readonly version_id: string;
};

const updateEntry = prepare((query, entry: ReplacedContent) =>
  query
    .updateTable('entries')
    .set({
      version_id: entry.version_id,
      size: entry.size,
      mode: entry.mode,
      accessed_at: entry.accessed_at,
      modified_at: entry.modified_at,
    })
    .where('id', '=', entry.id),
);

async function replaceContent(
  parts: FilesParts,
  unit: Unit,
  entry: Entry,
  { versionId, report, path }: NewContent,
): Promise<Retired> {
  await updateEntry.run(unit, {
    id: entry.id,
    version_id: versionId,
    size: report.size,
    mode: entry.mode,
    accessed_at: unit.nowMs,
    modified_at: unit.nowMs,
    ...columnsOf(report.change),
  });
  const { id: entryId, agency_id: agencyId } = entry;
  return retireVersion(unit, entry, keepingAt(parts, unit, { agencyId, path, entryId }));
}
