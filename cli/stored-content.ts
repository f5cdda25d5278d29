import { createHash } from 'node:crypto';
import { ContentReader } from '../server/blobs/content-reader.ts';
import type { BlobStore } from '../server/blobs/store.ts';
import type { OpenDatabase } from '../server/database/open.ts';
import type { Reader } from '../server/database/units.ts';
import { Fault } from '../server/domain/faults.ts';
import type { Vault } from '../server/files/vault.ts';
import { reasonOf } from './doctor/finding.ts';

/** A blob that has content, or is to have it. */
export type StoredBlob = {
  readonly id: string;
  readonly agency_id: string;
  readonly wrapped_key: Uint8Array | null;
  /** Bytes of plaintext. */
  readonly size: number;
  readonly sha256: string | null;
  readonly root: Uint8Array | null;
  readonly state: string;
  /** Whether its bytes are a file and not in the database. */
  readonly inFile: boolean;
};

/** What a database before it has no small files in it. */
const contentMigration = '0003-inline-content.sql';
const rowsPerPage = 500;
const readBytes = 1024 * 1024;

/** Every blob that is not destroyed, in the order of their ids. */
export async function* storedBlobs(database: OpenDatabase): AsyncIterable<readonly StoredBlob[]> {
  const hasContent = !database.migrations.pending.includes(contentMigration);
  let after = '';
  for (;;) {
    const rows = await database.read(({ query }) =>
      query
        .selectFrom('blobs')
        .select(['id', 'agency_id', 'wrapped_key', 'size', 'sha256', 'root', 'state'])
        .select((build) =>
          hasContent ? build('content', 'is', null).as('in_file') : build.lit(1).as('in_file'),
        )
        .where('id', '>', after)
        .where('state', '<>', 'destroyed')
        .orderBy('id')
        .limit(rowsPerPage)
        .execute(),
    );
    // SQLite's truth is 1.
    yield rows.map(({ in_file, ...row }) => ({ ...row, inFile: Number(in_file) === 1 }));
    if (rows.length < rowsPerPage) return;
    after = rows.at(-1)!.id;
  }
}

/** Whose content it is, as ` of alameda: cases.csv`, be it what is there or what was replaced and is kept. */
export async function nameOf(database: OpenDatabase, blobId: string): Promise<string> {
  const row = await database.read(({ query }) =>
    query
      .selectFrom('versions')
      .innerJoin('entries', 'entries.id', 'versions.entry_id')
      .innerJoin('agencies', 'agencies.id', 'entries.agency_id')
      .select(['agencies.code', 'entries.name', 'entries.version_id', 'versions.id'])
      .where('versions.blob_id', '=', blobId)
      .executeTakeFirst(),
  );
  if (row === undefined) return '';
  const which = row.version_id === row.id ? '' : ' (a previous version)';
  return ` of ${row.code}: ${row.name}${which}`;
}

/** What is wrong with content; `unread` where nobody knows, as its bytes cannot be read now. */
export type ContentProblem = {
  readonly kind: 'damaged' | 'key-unusable' | 'unread';
  readonly text: string;
};

/** What is wrong with the content of a published file, read to its end; undefined where it is what came in. */
export async function problemOfContent(
  database: OpenDatabase,
  store: Pick<BlobStore, 'open'>,
  vault: Vault,
  blob: StoredBlob,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<ContentProblem | undefined> {
  try {
    const { id: blobId, agency_id, wrapped_key, size, sha256 } = blob;
    if (wrapped_key === null) return { kind: 'key-unusable', text: 'its key is gone' };
    const { dataKey, content } = await database.read(async (reader) => ({
      dataKey: await vault.unwrapDataKey(reader, agency_id, blobId, wrapped_key),
      content: blob.inFile ? null : await contentOf(reader, blobId),
    }));
    const root = blob.root === null ? null : Buffer.from(blob.root);
    const actual = await hashOf(
      await ContentReader.open(store, { blobId, dataKey, size, root, sha256, content }),
      onBytes,
    );
    return actual === sha256
      ? undefined
      : {
          kind: 'damaged',
          text: `its SHA-256 is ${actual}, and ${sha256 ?? 'none'} was recorded`,
        };
  } catch (error) {
    return { kind: kindOf(error), text: reasonOf(error) };
  }
}

function kindOf(error: unknown): ContentProblem['kind'] {
  const code = error instanceof Fault ? error.code : undefined;
  if (code === 'key-material-unusable') return 'key-unusable';
  return code === 'content-corrupt' ? 'damaged' : 'unread';
}

async function contentOf({ query }: Reader, blobId: string): Promise<Uint8Array | null> {
  const row = await query
    .selectFrom('blobs')
    .select('content')
    .where('id', '=', blobId)
    .executeTakeFirst();
  return row?.content ?? null;
}

async function hashOf(content: ContentReader, onBytes: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  try {
    for (let at = 0; at < content.size;) {
      const chunk = await content.read(at, readBytes);
      if (chunk.length === 0) throw new Fault('content-corrupt', 'it ends too soon');
      hash.update(chunk);
      at += chunk.length;
      onBytes(chunk.length);
    }
    return hash.digest('hex');
  } finally {
    await content.close();
  }
}
