import { partialOf } from '../blobs/inline-content.ts';
import { verifiedPrefix } from '../blobs/recovery.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Unit } from '../database/units.ts';
import { refusalOf, type FaultCode } from '../domain/faults.ts';
import type { PartialReport } from '../domain/requests.ts';
import type { FilesParts } from './parts.ts';
import { deleteUpload, isResumable, modifiedIn, type Upload } from './uploads.ts';
import { destroyBlob, findBlob } from './versions.ts';

export type Recovered = {
  /** Uploads that a crash left open and that are partial now, with the bytes that are really there. */
  readonly uploadsSettled: number;
  /** Those of them that were given up, as what was received of them could not be read. */
  readonly unreadable: readonly Unreadable[];
};

export type Unreadable = {
  readonly blobId: string;
  readonly code: FaultCode;
  /** What was thrown. */
  readonly error: unknown;
};

/**
 * Start-up after any kind of end: every upload that was open becomes partial with the prefix of it that verifies, every
 * transfer that was going is ended. What was published is not touched, nor looked at: a start takes as long as what it
 * finds unfinished. Bytes that no row speaks for are another matter (sweep.ts).
 *
 * @throws Fault where the database cannot be written; never for the bytes of one upload
 */
export async function recover(parts: FilesParts, store: BlobStore): Promise<Recovered> {
  // The process before may have died with rows that no disk has yet. Before any file goes because of what they say, here
  // or in the sweep that follows, they are made durable: a unit of nothing does that (sync-lag.ts).
  await parts.database.write(async () => undefined);
  const open = await parts.database.read(({ query }) =>
    query.selectFrom('uploads').selectAll().where('state', '=', 'receiving').execute(),
  );
  const unreadable: Unreadable[] = [];
  for (const upload of open) {
    const { durable, problem } = await lookAt(parts, store, upload);
    await settle(parts, upload, durable, problem?.code);
    if (problem !== null) unreadable.push(problem);
  }
  await endTransfers(parts);
  return { uploadsSettled: open.length, unreadable };
}

type Look = { readonly durable: DurableContent; readonly problem: Unreadable | null };

/** A sector that cannot be read, or a key that is damaged, is the trouble of one upload: everybody else is served. */
async function lookAt(parts: FilesParts, store: BlobStore, upload: Upload): Promise<Look> {
  const { blob_id: blobId } = upload;
  // What was taken from a base was not copied yet, and what came over the API is whole or nothing.
  if (upload.base_version_id !== null || upload.user_id === null)
    return { durable: nothingDurable, problem: null };
  try {
    return { durable: await whatIsDurable(parts, store, blobId), problem: null };
  } catch (error) {
    const { code } = refusalOf(error);
    return { durable: nothingDurable, problem: { blobId, code, error } };
  }
}

async function settle(
  parts: FilesParts,
  upload: Upload,
  { size, content }: DurableContent,
  reason?: FaultCode,
): Promise<void> {
  await parts.database.write(async (unit) => {
    const keep = size > 0 && (await isResumable(unit, upload));
    if (keep) {
      const settled = { state: 'partial', open_id: null, size, ...modifiedIn(unit) } as const;
      await unit.query.updateTable('uploads').set(settled).where('id', '=', upload.id).execute();
      await unit.query
        .updateTable('blobs')
        .set({ size, content })
        .where('id', '=', upload.blob_id)
        .execute();
    } else {
      await deleteUpload(unit, upload.id);
      await destroyBlob(unit, upload.blob_id);
    }
    await endTransfer(parts, unit, upload.open_id, {
      state: keep ? 'partial' : 'discarded',
      size: keep ? size : null,
      // Its row has the size from which it was resumed: those bytes came with another transfer.
      bytesWritten: Math.max(0, size - upload.size),
      reason,
    });
  });
}

export type DurableContent = Pick<PartialReport, 'size' | 'content'>;

export const nothingDurable: DurableContent = { size: 0, content: null };

/**
 * What verifies of a blob from its start: of the bytes in its row where there are any, as a file beside them is nothing,
 * and otherwise of its file. An upload over published content that was cut by a crash is given up instead:
 * what it took from the base was not copied yet, and the published file is there to start from again.
 */
export async function whatIsDurable(
  parts: FilesParts,
  store: BlobStore,
  blobId: string,
): Promise<DurableContent> {
  const found = await parts.database.read(async (reader) => {
    const blob = await findBlob(reader, blobId);
    if (blob === undefined || blob.wrapped_key === null) return null;
    const { id, agency_id, wrapped_key, content } = blob;
    return {
      content,
      dataKey: await parts.vault.unwrapDataKey(reader, agency_id, id, wrapped_key),
    };
  });
  if (found === null) return nothingDurable;
  const { content, dataKey } = found;
  if (content !== null) await store.remove(blobId);
  const size = await verifiedPrefix(store, { blobId, dataKey, content });
  return { size, content: content === null ? null : partialOf(content, size) };
}

/** Downloads that a crash cut, and uploads that ended in a state without an upload row. */
async function endTransfers(parts: FilesParts): Promise<void> {
  const going = await parts.database.read(({ query }) =>
    query
      .selectFrom('transfers')
      .select(['id', 'direction'])
      .where('unusual_state', 'in', ['receiving', 'sending'])
      .execute(),
  );
  // Side by side, so that they share commits: a crash may have cut thousands of downloads.
  await Promise.all(
    going.map(({ id, direction }) =>
      parts.database.write((unit) =>
        endTransfer(parts, unit, id, {
          state: direction === 'download' ? 'incomplete' : 'discarded',
          size: null,
          bytesWritten: 0,
        }),
      ),
    ),
  );
}

type CrashEnd = {
  readonly state: 'partial' | 'discarded' | 'incomplete';
  /** Of what is kept. */
  readonly size: number | null;
  /** Those that are known to have come, or 0. */
  readonly bytesWritten: number;
  readonly reason?: FaultCode | undefined;
};

async function endTransfer(
  parts: FilesParts,
  unit: Unit,
  id: string | null,
  { state, size, bytesWritten, reason = 'session-ended' }: CrashEnd,
): Promise<void> {
  if (id === null) return;
  const transfer = await unit.query
    .selectFrom('transfers')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (transfer === undefined || transfer.ended_at !== null) return;
  await unit.query
    .updateTable('transfers')
    .set({ state, bytes: bytesWritten, size, ended_at: unit.nowMs })
    .where('id', '=', id)
    .execute();
  await parts.ledger.append(unit, {
    origin: { actor: { kind: 'server' }, session: transfer.session_id, source: null },
    outcome: 'failed',
    reason,
    event: {
      event: 'file.closed.1',
      transfer: id,
      agency: transfer.agency_code,
      path: transfer.path,
      state,
      bytesRead: 0,
      bytesWritten,
      size,
      sha256: null,
      replaced: null,
    },
  });
}
