import { inlineStoredBytesMax } from '../blobs/inline-content.ts';
import { prepare } from '../database/prepared.ts';
import { Fault } from '../domain/faults.ts';
import type { StoredContent } from '../domain/requests.ts';
import type { LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';

/**
 * fsync of an upload, and a small one that has grown into a file: has the blob's row say where its bytes are, which makes the
 * rows of its OPEN durable, too. What they are is for a recovery to verify, as with a file.
 *
 * @throws Fault `handle-invalid` where it is no upload, or was given up
 */
export async function keep(
  parts: FilesParts,
  open: LiveOpen,
  content: StoredContent,
): Promise<void> {
  if (open.kind !== 'receiving') throw new Fault('handle-invalid');
  if (content !== null && content.length > inlineStoredBytesMax) throw new Fault('handle-invalid');
  const { blobId, uploadId, openId } = open;
  await parts.database.write(async (unit) => {
    const kept = await setContent.first(unit, { blobId, uploadId, openId, content });
    if (kept === undefined) throw new Fault('handle-invalid', 'the upload was given up');
  });
}

type Kept = {
  readonly blobId: string;
  readonly uploadId: string;
  readonly openId: string;
  readonly content: StoredContent;
};

const setContent = prepare((query, given: Kept) =>
  query
    .updateTable('blobs')
    .set({ content: given.content })
    .where('id', '=', given.blobId)
    .where((where) =>
      where.exists(
        where
          .selectFrom('uploads')
          .select('id')
          .where('id', '=', given.uploadId)
          .where('open_id', '=', given.openId),
      ),
    )
    .returning('id'),
);
