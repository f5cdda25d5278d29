import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import type { Config } from '../../server/config.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import type { Reader } from '../../server/database/units.ts';
import { createVault } from '../../server/files/vault.ts';
import type { Vault } from '../../server/files/vault.ts';
import { formatSize } from '../units.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

type PublishedBlob = {
  readonly id: string;
  readonly agency_id: string;
  readonly wrapped_key: Uint8Array | null;
  readonly size: number;
  readonly sha256: string | null;
  readonly root: Uint8Array | null;
  readonly state: string;
  /** 1 where its bytes are a file and not in the database. */
  readonly in_file: unknown;
};

/** What a database before it has no small files in it. */
const contentMigration = '0003-inline-content.sql';
const rowsPerBatch = 500;
const readBytes = 1024 * 1024;
/** A broken disk should not print a million lines. */
const shownMax = 20;

/** That the bytes of every file are there, and with `deep` that they are the ones that came in. */
export async function* examineBlobs(
  config: Config,
  database: OpenDatabase,
  masterKey: Buffer | undefined,
  deep: boolean,
): AsyncIterable<Finding> {
  const directory = join(config.dataDirectory, 'blobs');
  const store = existsSync(directory) ? await openLocalDisk(directory) : undefined;
  const unclaimed = new Set<string>();
  if (store !== undefined) for await (const id of store.list()) unclaimed.add(id);

  const vault = masterKey === undefined ? undefined : createVault(masterKey);
  const problems: string[] = [];
  let files = 0;
  let bytes = 0;
  for await (const blob of blobRows(database)) {
    const there = blob.in_file === 1 ? unclaimed.delete(blob.id) : true;
    if (blob.state !== 'published') continue;
    files += 1;
    bytes += blob.size;
    if (!there)
      problems.push(
        `content ${blob.id} (${formatSize(blob.size)}) is missing${await nameOf(database, blob.id)}`,
      );
    else if (deep && store !== undefined && vault !== undefined) {
      const problem = await problemOfContent(database, store, vault, blob);
      if (problem !== undefined)
        problems.push(`content ${blob.id}${await nameOf(database, blob.id)}: ${problem}`);
    }
  }
  for (const problem of problems.slice(0, shownMax))
    yield finding('fail', 'content', problem, 'restore it from a backup');
  if (problems.length > shownMax)
    yield finding('fail', 'content', `and ${problems.length - shownMax} more`);
  if (deep && vault === undefined)
    yield finding('skip', 'content', 'nothing can be read without the right master key');
  else if (problems.length === 0) {
    const checked = deep
      ? 'all read, and each is what came in'
      : 'all there; --deep also reads them';
    yield finding('ok', 'content', `${files} files, ${formatSize(bytes)}: ${checked}`);
  }
  if (unclaimed.size > 0) {
    yield finding(
      'warn',
      'content',
      `${unclaimed.size} stored pieces belong to no file`,
      'left over from a crash; the next start of the server sweeps them',
    );
  }
}

async function* blobRows(database: OpenDatabase): AsyncIterable<PublishedBlob> {
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
        .limit(rowsPerBatch)
        .execute(),
    );
    yield* rows;
    if (rows.length < rowsPerBatch) return;
    after = rows.at(-1)!.id;
  }
}

/** Whose content it is, as ` of alameda: cases.csv`. */
async function nameOf(database: OpenDatabase, blobId: string): Promise<string> {
  const row = await database.read(({ query }) =>
    query
      .selectFrom('versions')
      .innerJoin('entries', 'entries.version_id', 'versions.id')
      .innerJoin('agencies', 'agencies.id', 'entries.agency_id')
      .select(['agencies.code', 'entries.name'])
      .where('versions.blob_id', '=', blobId)
      .executeTakeFirst(),
  );
  return row === undefined ? '' : ` of ${row.code}: ${row.name}`;
}

async function problemOfContent(
  database: OpenDatabase,
  store: BlobStore,
  vault: Vault,
  blob: PublishedBlob,
): Promise<string | undefined> {
  try {
    const { id: blobId, agency_id, wrapped_key, size, sha256 } = blob;
    if (wrapped_key === null) return 'its key is gone';
    const { dataKey, content } = await database.read(async (reader) => ({
      dataKey: await vault.unwrapDataKey(reader, agency_id, blobId, wrapped_key),
      content: blob.in_file === 1 ? null : await contentOf(reader, blobId),
    }));
    const root = blob.root === null ? null : Buffer.from(blob.root);
    const actual = await hashOf(
      await ContentReader.open(store, { blobId, dataKey, size, root, sha256, content }),
    );
    return actual === sha256
      ? undefined
      : `its SHA-256 is ${actual}, and ${sha256 ?? 'none'} was recorded`;
  } catch (error) {
    return reasonOf(error);
  }
}

async function contentOf({ query }: Reader, blobId: string): Promise<Uint8Array | null> {
  const row = await query
    .selectFrom('blobs')
    .select('content')
    .where('id', '=', blobId)
    .executeTakeFirst();
  return row?.content ?? null;
}

async function hashOf(content: ContentReader): Promise<string> {
  const hash = createHash('sha256');
  try {
    for (let at = 0; at < content.size;) {
      const chunk = await content.read(at, readBytes);
      if (chunk.length === 0) throw new Error('it ends too soon');
      hash.update(chunk);
      at += chunk.length;
    }
    return hash.digest('hex');
  } finally {
    await content.close();
  }
}
