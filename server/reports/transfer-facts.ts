import type { Database, Reader } from '../database/units.ts';
import type { ClosedFile } from './closed-files.ts';

/** What the rows of the ledger do not say of a transfer. */
export type TransferFacts = {
  readonly id: string;
  /** Of the file; null for one that was never published. */
  readonly entryId: string | null;
  /** Of the content; it stays when the content is gone. */
  readonly blobId: string | null;
  /** Of the content, whatever of it went out. */
  readonly sha256: string | null;
  readonly userId: string | null;
  readonly client: string;
  readonly startedAtMs: number;
};

/** By the id of the transfer. */
export async function factsOf(
  database: Database,
  files: readonly Pick<ClosedFile, 'transfer'>[],
): Promise<ReadonlyMap<string, TransferFacts>> {
  if (files.length === 0) return new Map();
  const ids = files.map(({ transfer }) => transfer);
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('transfers')
      .leftJoin('blobs', 'blobs.id', 'transfers.blob_id')
      .select([
        'transfers.id',
        'transfers.entry_id',
        'transfers.blob_id',
        'transfers.user_id',
        'transfers.client',
        'transfers.started_at',
        'blobs.sha256',
      ])
      .where('transfers.id', 'in', ids)
      .execute(),
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        entryId: row.entry_id,
        blobId: row.blob_id,
        sha256: row.sha256,
        userId: row.user_id,
        client: row.client,
        startedAtMs: row.started_at,
      },
    ]),
  );
}

/** Transfers of one content that are looked through: the same may be sent and collected every day. */
const sameContentMax = 500;

type Content = { readonly blobId: string; readonly sha256: string };

/** The user who sent a content, or null: an administrator, or nobody knows any more. */
export async function senderIdOf(
  reader: Reader,
  { blobId, sha256 }: Content,
  beforeMs: number,
): Promise<string | null> {
  const version = await reader.query
    .selectFrom('versions')
    .select('received_by')
    .where('blob_id', '=', blobId)
    .where('blob_id', 'is not', null)
    .executeTakeFirst();
  if (version !== undefined) return version.received_by;
  // The content is gone; the record of the transfer that brought it is not.
  const same = reader.query
    .selectFrom('transfers')
    .select(['blob_id', 'direction', 'user_id'])
    .where('sha256', '=', sha256)
    .where('started_at', '<=', beforeMs)
    .orderBy('started_at', 'desc')
    .limit(sameContentMax)
    .as('same');
  const brought = await reader.query
    .selectFrom(same)
    .select('user_id')
    .where('blob_id', '=', blobId)
    .where('direction', '=', 'upload')
    .executeTakeFirst();
  return brought?.user_id ?? null;
}

/** A collection: who read the whole of a content, when and from where. */
export type Collection = {
  readonly transfer: string;
  readonly userId: string;
  readonly source: string;
  readonly endedAtMs: number;
};

/** Whole reads of a content by users, the first one first, from a time on. */
export async function collectionsOf(
  reader: Reader,
  { blobId, sha256 }: Content,
  fromMs: number,
): Promise<readonly Collection[]> {
  const same = reader.query
    .selectFrom('transfers')
    .select(['id', 'blob_id', 'direction', 'state', 'user_id', 'source', 'ended_at'])
    .where('sha256', '=', sha256)
    .where('started_at', '>=', fromMs)
    .orderBy('started_at')
    .limit(sameContentMax)
    .as('same');
  const rows = await reader.query
    .selectFrom(same)
    .select(['id', 'user_id', 'source', 'ended_at'])
    .where('blob_id', '=', blobId)
    .where('direction', '=', 'download')
    .where('state', '=', 'completed')
    .execute();
  return rows.flatMap(({ id, user_id: userId, source, ended_at: endedAtMs }) =>
    userId === null || endedAtMs === null ? [] : [{ transfer: id, userId, source, endedAtMs }],
  );
}
