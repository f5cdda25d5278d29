import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Discarded } from './opens.ts';
import { newBlobId, newId } from './tree.ts';
import type { Vault } from './vault.ts';

export type Version = Row<'versions'>;
export type Blob = Row<'blobs'>;

const versionById = prepare((query, given: { id: string }) =>
  query.selectFrom('versions').selectAll().where('id', '=', given.id),
);

export function findVersion(reader: Reader | Unit, id: string): Promise<Version | undefined> {
  return versionById.first(reader, { id });
}

export function findBlob({ query }: Reader | Unit, id: string): Promise<Blob | undefined> {
  return query.selectFrom('blobs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Leave to read a blob. @throws Fault `content-corrupt` where it was destroyed */
export async function grantBlob(
  reader: Reader | Unit,
  vault: Vault,
  blobId: string,
): Promise<BlobGrant> {
  return grantOf(reader, vault, await findBlob(reader, blobId));
}

async function grantOf(
  reader: Reader | Unit,
  vault: Vault,
  blob: Blob | undefined,
): Promise<BlobGrant> {
  if (blob === undefined || blob.wrapped_key === null)
    throw new Fault('content-corrupt', 'the content was destroyed');
  return {
    blobId: blob.id,
    dataKey: await vault.unwrapDataKey(reader, blob.agency_id, blob.id, blob.wrapped_key),
    size: blob.size,
    root: blob.root,
    sha256: blob.sha256,
    content: blob.content,
  };
}

const blobOfVersion = prepare((query, given: { versionId: string | null }) =>
  query
    .selectFrom('versions')
    .innerJoin('blobs', 'blobs.id', 'versions.blob_id')
    .selectAll('blobs')
    .where('versions.id', '=', given.versionId),
);

/** Leave to read what an entry holds now. */
export async function grantVersion(
  reader: Reader | Unit,
  vault: Vault,
  versionId: string | null,
): Promise<BlobGrant> {
  return grantOf(reader, vault, await blobOfVersion.first(reader, { versionId }));
}

type ReceivingBlob = {
  readonly id: string;
  readonly agency_id: string;
  readonly wrapped_key: Uint8Array;
  readonly created_at: number;
};

const insertBlob = prepare((query, blob: ReceivingBlob) =>
  query.insertInto('blobs').values({
    id: blob.id,
    agency_id: blob.agency_id,
    wrapped_key: blob.wrapped_key,
    size: 0,
    state: 'receiving',
    created_at: blob.created_at,
  }),
);

/** A new blob to receive into. */
export async function createBlob(unit: Unit, vault: Vault, agencyId: string): Promise<BlobGrant> {
  const blobId = newBlobId();
  const { dataKey, wrapped } = await vault.createDataKey(unit, agencyId, blobId);
  const row = { id: blobId, agency_id: agencyId, wrapped_key: wrapped, created_at: unit.nowMs };
  await insertBlob.run(unit, row);
  return { blobId, dataKey, size: 0, root: null, sha256: null, content: null };
}

const isInFile = prepare((query, given: { id: string }) =>
  query.selectFrom('blobs').select('id').where('id', '=', given.id).where('content', 'is', null),
);

const destroyById = prepare((query, given: { id: string }) =>
  query
    .updateTable('blobs')
    .set({ wrapped_key: null, state: 'destroyed', content: null })
    .where('id', '=', given.id),
);

/**
 * Destroys the wrapped key, in the unit, and the bytes that the database has.
 *
 * @returns the blob where its bytes are a file: that goes once the unit is durable and nobody reads it
 */
export async function destroyBlob(unit: Unit, blobId: string): Promise<Discarded> {
  const inFile = await isInFile.first(unit, { id: blobId });
  await destroyById.run(unit, { id: blobId });
  return inFile === undefined ? [] : [blobId];
}

export type NewVersion = {
  readonly entryId: string;
  readonly blobId: string;
  readonly size: number;
  readonly sha256: string;
  readonly receivedBy: string | null;
  readonly transferId: string | null;
};

type VersionRow = NewVersion & { readonly id: string; readonly receivedAtMs: number };

const insertRow = prepare((query, version: VersionRow) =>
  query.insertInto('versions').values({
    id: version.id,
    entry_id: version.entryId,
    blob_id: version.blobId,
    size: version.size,
    sha256: version.sha256,
    received_at: version.receivedAtMs,
    received_by: version.receivedBy,
    transfer_id: version.transferId,
  }),
);

/** Records a version and counts it to its receiver's quota; returns its id. */
export async function insertVersion(unit: Unit, version: NewVersion): Promise<string> {
  const id = newId();
  await insertRow.run(unit, { id, ...version, receivedAtMs: unit.nowMs });
  if (version.receivedBy !== null) await countUsage(unit, version.receivedBy, version.size);
  return id;
}

export type Retired = { readonly version: Version; readonly discarded: Discarded };

const endVersion = prepare((query, given: { id: string; nowMs: number }) =>
  query
    .updateTable('versions')
    .set({ blob_id: null, replaced_at: given.nowMs })
    .where('id', '=', given.id),
);

/** Ends a version: its content is destroyed, its record stays. Returns the record as it was. */
export async function retireVersion(unit: Unit, versionId: string): Promise<Retired> {
  const version = await findVersion(unit, versionId);
  if (version === undefined) throw new Error(`version ${versionId} is missing`);
  await endVersion.run(unit, { id: versionId, nowMs: unit.nowMs });
  if (version.blob_id === null) return { version, discarded: [] };
  const discarded = await destroyBlob(unit, version.blob_id);
  if (version.received_by !== null) await uncountUsage(unit, version.received_by, version.size);
  return { version, discarded };
}

const usageByUser = prepare((query, given: { userId: string }) =>
  query.selectFrom('user_usage').select('bytes').where('user_id', '=', given.userId),
);

/** Bytes of published content that count to a user's quota. */
export async function usageOf(reader: Reader | Unit, userId: string): Promise<number> {
  return (await usageByUser.first(reader, { userId }))?.bytes ?? 0;
}

const addUsage = prepare((query, given: { userId: string; bytes: number }) =>
  query
    .insertInto('user_usage')
    .values({ user_id: given.userId, bytes: given.bytes })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((build) => ({ bytes: build('user_usage.bytes', '+', given.bytes) })),
    ),
);

function countUsage(unit: Unit, userId: string, bytes: number): Promise<void> {
  return addUsage.run(unit, { userId, bytes });
}

const takeUsage = prepare((query, given: { userId: string; bytes: number }) =>
  query
    .updateTable('user_usage')
    .set((build) => ({ bytes: build('bytes', '-', given.bytes) }))
    .where('user_id', '=', given.userId)
    .returning('user_id'),
);

async function uncountUsage(unit: Unit, userId: string, bytes: number): Promise<void> {
  if ((await takeUsage.first(unit, { userId, bytes })) === undefined)
    throw new Error(`the usage of user ${userId} is missing`);
}
