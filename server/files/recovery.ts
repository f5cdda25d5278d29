import { verifiedPrefix } from '../blobs/recovery.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Unit } from '../database/units.ts';
import type { FilesParts } from './parts.ts';
import { deleteUpload, isResumable, type Upload } from './uploads.ts';
import { destroyBlob, findBlob } from './versions.ts';

const blobsPerQuery = 500;

export type Recovered = {
  /** Uploads that a crash left open and that are partial now, with the bytes that are really there. */
  readonly uploadsSettled: number;
  /** Blobs without a row, or whose key is destroyed: their bytes are gone now. */
  readonly blobsSwept: number;
};

/**
 * Start-up after any kind of end: every upload that was open becomes partial with the prefix of it that verifies, every
 * transfer that was going is ended, and bytes that no row speaks for are removed. What was published is not touched.
 */
export async function recover(parts: FilesParts, store: BlobStore): Promise<Recovered> {
  const open = await parts.database.read(({ query }) =>
    query.selectFrom('uploads').selectAll().where('state', '=', 'receiving').execute(),
  );
  for (const upload of open) await settle(parts, store, upload);
  await endTransfers(parts);
  return { uploadsSettled: open.length, blobsSwept: await sweep(parts, store) };
}

async function settle(parts: FilesParts, store: BlobStore, upload: Upload): Promise<void> {
  const size =
    upload.base_version_id === null ? await durableBytes(parts, store, upload.blob_id) : 0;
  await parts.database.write(async (unit) => {
    const keep = size > 0 && (await isResumable(unit, upload));
    if (keep) {
      const settled = { state: 'partial', open_id: null, size, modified_at: unit.nowMs } as const;
      await unit.query.updateTable('uploads').set(settled).where('id', '=', upload.id).execute();
      await unit.query
        .updateTable('blobs')
        .set({ size })
        .where('id', '=', upload.blob_id)
        .execute();
    } else {
      await deleteUpload(unit, upload.id);
      await destroyBlob(unit, upload.blob_id);
    }
    await endTransfer(parts, unit, upload.open_id, keep ? 'partial' : 'discarded', size);
  });
}

/**
 * The bytes from the start of a blob that verify. An upload over published content that was cut by a crash is given up instead:
 * what it took from the base was not copied yet, and the published file is there to start from again.
 */
export async function durableBytes(
  parts: FilesParts,
  store: BlobStore,
  blobId: string,
): Promise<number> {
  const dataKey = await parts.database.read(async (reader) => {
    const blob = await findBlob(reader, blobId);
    if (blob === undefined || blob.wrapped_key === null) return null;
    return parts.vault.unwrapDataKey(reader, blob.agency_id, blob.id, blob.wrapped_key);
  });
  return dataKey === null ? 0 : verifiedPrefix(store, { blobId, dataKey });
}

/** Downloads that a crash cut, and uploads that ended in a state without an upload row. */
async function endTransfers(parts: FilesParts): Promise<void> {
  const going = await parts.database.read(({ query }) =>
    query
      .selectFrom('transfers')
      .select(['id', 'direction'])
      .where('ended_at', 'is', null)
      .execute(),
  );
  // Side by side, so that they share commits: a crash may have cut thousands of downloads.
  await Promise.all(
    going.map(({ id, direction }) =>
      parts.database.write((unit) =>
        endTransfer(parts, unit, id, direction === 'download' ? 'incomplete' : 'discarded', 0),
      ),
    ),
  );
}

async function endTransfer(
  parts: FilesParts,
  unit: Unit,
  id: string | null,
  state: 'partial' | 'discarded' | 'incomplete',
  bytes: number,
): Promise<void> {
  if (id === null) return;
  const transfer = await unit.query
    .selectFrom('transfers')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (transfer === undefined || transfer.ended_at !== null) return;
  const size = state === 'partial' ? bytes : null;
  await unit.query
    .updateTable('transfers')
    .set({ state, bytes, size, ended_at: unit.nowMs })
    .where('id', '=', id)
    .execute();
  await parts.ledger.append(unit, {
    origin: { actor: { kind: 'server' }, session: transfer.session_id, source: null },
    outcome: 'failed',
    reason: 'session-ended',
    event: {
      event: 'file.closed.1',
      transfer: id,
      agency: transfer.agency_code,
      path: transfer.path,
      state,
      bytesRead: 0,
      bytesWritten: bytes,
      size,
      sha256: null,
      replaced: null,
    },
  });
}

/** Bytes that no row speaks for: a page of ids to a query, as one query for each of 100,000 blobs takes seconds. */
async function sweep(parts: FilesParts, store: BlobStore): Promise<number> {
  let swept = 0;
  let page: string[] = [];
  const sweepPage = async () => {
    const live = await liveBlobs(parts, page);
    for (const blobId of page) {
      if (live.has(blobId)) continue;
      await store.remove(blobId);
      swept += 1;
    }
    page = [];
  };
  for await (const blobId of store.list()) {
    page.push(blobId);
    if (page.length === blobsPerQuery) await sweepPage();
  }
  await sweepPage();
  return swept;
}

async function liveBlobs(parts: FilesParts, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await parts.database.read(({ query }) =>
    query
      .selectFrom('blobs')
      .select('id')
      .where('id', 'in', ids)
      .where('state', '<>', 'destroyed')
      .execute(),
  );
  return new Set(rows.map(({ id }) => id));
}
