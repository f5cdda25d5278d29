import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Discarded } from './opens.ts';
import { newBlobId, newId } from './tree.ts';
import type { Vault } from './vault.ts';

/** Whose act it is that something goes with. */
export type Because = { readonly ledger: Ledger; readonly origin: Origin };

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

/**
 * Destroys the wrapped key, in the unit, and the bytes that the database has.
 *
 * @returns the blob where its bytes are a file: that goes once the unit is durable and nobody reads it
 */
export async function destroyBlob(unit: Unit, blobId: string): Promise<Discarded> {
  const inFile = await withoutContent.first(unit, { blobId });
  await destroyRow.run(unit, { blobId });
  return inFile === undefined ? [] : [blobId];
}

const withoutContent = prepare((query, given: { blobId: string }) =>
  query
    .selectFrom('blobs')
    .select('id')
    .where('id', '=', given.blobId)
    .where('content', 'is', null),
);

const destroyRow = prepare((query, given: { blobId: string }) =>
  query
    .updateTable('blobs')
    .set({ wrapped_key: null, state: 'destroyed', content: null })
    .where('id', '=', given.blobId),
);

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

/** A version that its entry had before, and that is still there. */
export type Previous = Pick<Version, 'id' | 'blob_id' | 'size' | 'sha256' | 'replaced_at'>;

export type Retired = {
  /** What was the content. */
  readonly version: Version;
  /** Earlier ones that went now; the version itself, where none is kept, is not among them. */
  readonly destroyed: readonly Previous[];
  readonly discarded: Discarded;
};

const previousOf = prepare((query, given: { entryId: string }) =>
  query
    .selectFrom('versions')
    .select(['id', 'blob_id', 'size', 'sha256', 'replaced_at'])
    .where('entry_id', '=', given.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', 'is not', null)
    .orderBy('replaced_at', 'desc'),
);

const supersede = prepare((query, given: { id: string; replacedAtMs: number }) =>
  query
    .updateTable('versions')
    .set({ replaced_at: given.replacedAtMs })
    .where('id', '=', given.id)
    .returningAll(),
);

const forgetBlob = prepare((query, given: { id: string }) =>
  query.updateTable('versions').set({ blob_id: null }).where('id', '=', given.id),
);

/**
 * Ends a version as the content of its entry. Of it and those before it the newest `keptMax` are kept, which count to
 * nobody's quota; the content of the others is destroyed, their records stay.
 */
export async function retireVersion(
  unit: Unit,
  entry: { readonly id: string; readonly version_id: string | null },
  keptMax: number,
): Promise<Retired> {
  const previous = await previousOf.all(unit, { entryId: entry.id });
  // In the order in which they were replaced, whatever the clock says.
  const replacedAtMs = Math.max(unit.nowMs, (previous[0]?.replaced_at ?? 0) + 1);
  const version = await supersede.first(unit, { id: entry.version_id!, replacedAtMs });
  if (version === undefined) throw new Error(`version ${entry.version_id} is missing`);
  if (version.received_by !== null) await uncountUsage(unit, version.received_by, version.size);
  const surplus = [version, ...previous].slice(keptMax);
  const discarded = await destroyVersions(unit, surplus);
  return { version, destroyed: surplus.filter((each) => each !== version), discarded };
}

async function destroyVersions(unit: Unit, versions: readonly Previous[]): Promise<Discarded> {
  const discarded: string[] = [];
  for (const { id, blob_id: blobId } of versions) {
    if (blobId === null) continue;
    await forgetBlob.run(unit, { id });
    discarded.push(...(await destroyBlob(unit, blobId)));
  }
  return discarded;
}

/**
 * A file took the place of another, whose earlier versions are its own from here on, but for those beyond `keptMax`.
 *
 * @returns what went of them
 */
export async function adoptVersions(
  unit: Unit,
  from: { readonly entryId: string },
  to: { readonly entryId: string },
  keptMax: number,
): Promise<Pick<Retired, 'destroyed' | 'discarded'>> {
  await unit.query
    .updateTable('versions')
    .set({ entry_id: to.entryId })
    .where('entry_id', '=', from.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', 'is not', null)
    .execute();
  const destroyed = (await previousOf.all(unit, { entryId: to.entryId })).slice(keptMax);
  return { destroyed, discarded: await destroyVersions(unit, destroyed) };
}

/** Makes an earlier version the content of its entry again; what is that now has to be retired, too. */
export async function reviveVersion(unit: Unit, version: Version): Promise<void> {
  await unit.query
    .updateTable('versions')
    .set({ replaced_at: null })
    .where('id', '=', version.id)
    .execute();
  if (version.received_by !== null) await countUsage(unit, version.received_by, version.size);
}

/** Where in a tree, and on whose behalf, versions were destroyed. */
export type Destruction = Because & { readonly agency: string; readonly path: string };

/** The ledger rows of earlier versions that went. */
export async function recordDestroyed(
  unit: Unit,
  versions: readonly Previous[],
  { ledger, origin, agency, path }: Destruction,
): Promise<void> {
  for (const { id, size, sha256 } of versions)
    await ledger.append(unit, {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'version.destroyed.1', agency, path, version: id, size, sha256 },
    });
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

const subtractUsage = prepare((query, given: { userId: string; bytes: number }) =>
  query
    .updateTable('user_usage')
    .set((build) => ({ bytes: build('bytes', '-', given.bytes) }))
    .where('user_id', '=', given.userId)
    .returning('user_id'),
);

async function uncountUsage(unit: Unit, userId: string, bytes: number): Promise<void> {
  const found = await subtractUsage.first(unit, { userId, bytes });
  if (found === undefined) throw new Error(`the usage of user ${userId} is missing`);
}
