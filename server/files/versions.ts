import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { newId } from './tree.ts';
import type { Vault } from './vault.ts';

export type Version = Row<'versions'>;
export type Blob = Row<'blobs'>;

export function findVersion({ query }: Reader | Unit, id: string): Promise<Version | undefined> {
  return query.selectFrom('versions').selectAll().where('id', '=', id).executeTakeFirst();
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
  const blob = await findBlob(reader, blobId);
  if (blob === undefined || blob.wrapped_key === null)
    throw new Fault('content-corrupt', 'the content was destroyed');
  return {
    blobId: blob.id,
    dataKey: await vault.unwrapDataKey(reader, blob.agency_id, blob.id, blob.wrapped_key),
    size: blob.size,
    root: blob.root,
    sha256: blob.sha256,
  };
}

/** Leave to read what an entry holds now. */
export async function grantVersion(
  reader: Reader | Unit,
  vault: Vault,
  versionId: string | null,
): Promise<BlobGrant> {
  const version = versionId === null ? undefined : await findVersion(reader, versionId);
  if (version === undefined || version.blob_id === null)
    throw new Fault('content-corrupt', 'the content was destroyed');
  return grantBlob(reader, vault, version.blob_id);
}

/** A new blob to receive into. */
export async function createBlob(unit: Unit, vault: Vault, agencyId: string): Promise<BlobGrant> {
  const blobId = newId();
  const { dataKey, wrapped } = await vault.createDataKey(unit, agencyId, blobId);
  await unit.query
    .insertInto('blobs')
    .values({
      id: blobId,
      agency_id: agencyId,
      wrapped_key: wrapped,
      size: 0,
      sha256: null,
      root: null,
      state: 'receiving',
      created_at: unit.nowMs,
    })
    .execute();
  return { blobId, dataKey, size: 0, root: null, sha256: null };
}

/** Destroys the wrapped key, in the unit. The bytes go once the unit is durable and nobody reads them. */
export async function destroyBlob({ query }: Unit, blobId: string): Promise<void> {
  await query
    .updateTable('blobs')
    .set({ wrapped_key: null, state: 'destroyed' })
    .where('id', '=', blobId)
    .execute();
}

export type NewVersion = {
  readonly entryId: string;
  readonly blobId: string;
  readonly size: number;
  readonly sha256: string;
  readonly receivedBy: string | null;
  readonly transferId: string | null;
};

/** Records a version and counts it to its receiver's quota; returns its id. */
export async function insertVersion(unit: Unit, version: NewVersion): Promise<string> {
  const id = newId();
  await unit.query
    .insertInto('versions')
    .values({
      id,
      entry_id: version.entryId,
      blob_id: version.blobId,
      size: version.size,
      sha256: version.sha256,
      received_at: unit.nowMs,
      received_by: version.receivedBy,
      transfer_id: version.transferId,
      replaced_at: null,
    })
    .execute();
  if (version.receivedBy !== null) await countUsage(unit, version.receivedBy, version.size);
  return id;
}

/** Ends a version: its content is destroyed, its record stays. Returns the record as it was. */
export async function retireVersion(unit: Unit, versionId: string): Promise<Version> {
  const version = await findVersion(unit, versionId);
  if (version === undefined) throw new Error(`version ${versionId} is missing`);
  await unit.query
    .updateTable('versions')
    .set({ blob_id: null, replaced_at: unit.nowMs })
    .where('id', '=', versionId)
    .execute();
  if (version.blob_id !== null) {
    await destroyBlob(unit, version.blob_id);
    if (version.received_by !== null) await countUsage(unit, version.received_by, -version.size);
  }
  return version;
}

/** Bytes of published content that count to a user's quota. */
export async function usageOf({ query }: Reader | Unit, userId: string): Promise<number> {
  const row = await query
    .selectFrom('user_usage')
    .select('bytes')
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.bytes ?? 0;
}

async function countUsage(unit: Unit, userId: string, bytes: number): Promise<void> {
  const used = (await usageOf(unit, userId)) + bytes;
  await unit.query
    .insertInto('user_usage')
    .values({ user_id: userId, bytes: used })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ bytes: used }))
    .execute();
}
