import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Discarded } from './opens.ts';
import { newBlobId, newId } from './tree.ts';
import { countKept, countUsage, moveUsage, type KeptRoom } from './usage.ts';
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

type VersionRow = NewVersion & {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly agedFromMs: number | null;
};

const insertRow = prepare((query, version: VersionRow) =>
  query.insertInto('versions').values({
    id: version.id,
    entry_id: version.entryId,
    blob_id: version.blobId,
    size: version.size,
    sha256: version.sha256,
    received_at: version.receivedAtMs,
    aged_from: version.agedFromMs,
    received_by: version.receivedBy,
    transfer_id: version.transferId,
  }),
);

/** Records a version and counts it to its receiver's quota; returns its id. */
export async function insertVersion(unit: Unit, version: NewVersion): Promise<string> {
  const id = newId();
  const agedFromMs = unit.trusted.agedFromMs(unit.nowMs);
  await insertRow.run(unit, { id, ...version, receivedAtMs: unit.nowMs, agedFromMs });
  if (version.receivedBy !== null) await countUsage(unit, version.receivedBy, version.size);
  return id;
}

/** A version that its entry had before, and that is still there. */
export type Previous = Pick<
  Version,
  'id' | 'blob_id' | 'size' | 'sha256' | 'received_by' | 'received_at' | 'replaced_at'
>;

/** Which of an entry's versions a legal hold is on: these are never destroyed. */
export type HeldAmong = (versions: readonly Previous[]) => Promise<ReadonlySet<Previous>>;

/** How much of what an entry held is kept. */
export type Keeping = {
  readonly keptMax: number;
  readonly held: HeldAmong;
  /** Earlier versions that are looked at, from the newest on; all if not given. */
  readonly lookedAtMax?: number;
  /** Keeps what was the content also where its receiver's quota has no room for it. */
  readonly pastQuota?: boolean;
  /** It was replaced later than this, whatever the clock says. Milliseconds since the epoch. */
  readonly afterMs?: number;
};

export type Retired = {
  /** What was the content. */
  readonly version: Version;
  /** Earlier ones that went now; the version itself, where none is to be kept, is not among them. */
  readonly destroyed: readonly Previous[];
  readonly discarded: Discarded;
};

const previousOf = prepare((query, given: { entryId: string; max: number }) =>
  query
    .selectFrom('versions')
    .select(['id', 'blob_id', 'size', 'sha256', 'received_by', 'received_at', 'replaced_at'])
    .where('entry_id', '=', given.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', 'is not', null)
    .orderBy('replaced_at', 'desc')
    .limit(given.max),
);

/** As SQLite says it. */
const noLimit = -1;

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

/** What an entry had before, and has still, the newest first. */
export function previousVersions(
  reader: Reader | Unit,
  entryId: string,
): Promise<readonly Previous[]> {
  return previousOf.all(reader, { entryId, max: noLimit });
}

/** When an entry last lost a content that is kept; 0 where it has none. */
export async function lastReplacedMs(unit: Unit, entryId: string): Promise<number> {
  return (await previousOf.first(unit, { entryId, max: 1 }))?.replaced_at ?? 0;
}

const newerThan = prepare((query, given: { entryId: string; replacedAtMs: number; max: number }) =>
  query
    .selectFrom('versions')
    .select('id')
    .where('entry_id', '=', given.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', '>', given.replacedAtMs)
    .limit(given.max),
);

/** Whether a version is among the newest so many of its entry that are there; the content is the newest. */
export async function isAmongNewest(
  reader: Reader | Unit,
  version: Pick<Version, 'entry_id' | 'replaced_at'>,
  count: number,
): Promise<boolean> {
  const { entry_id: entryId, replaced_at: replacedAtMs } = version;
  if (count === 0 || replacedAtMs === null) return count > 0;
  const newer = await newerThan.all(reader, { entryId, replacedAtMs, max: count });
  return 1 + newer.length < count;
}

/**
 * Ends a version as the content of its entry. Of it and those before it the newest `keptMax` are kept, as far as their
 * receiver's quota has room: what is kept counts to it, but apart from what is published, so that keeping refuses nobody
 * anything. A held one stays whatever its place and the quota. The content of the others is destroyed, their records stay.
 */
export async function retireVersion(
  unit: Unit,
  entry: { readonly id: string; readonly version_id: string | null },
  { keptMax, held: heldAmong, lookedAtMax = noLimit, pastQuota = false, afterMs = 0 }: Keeping,
): Promise<Retired> {
  const previous = await previousOf.all(unit, { entryId: entry.id, max: lookedAtMax });
  // In the order in which they were replaced, whatever the clock says.
  const replacedAtMs = Math.max(unit.nowMs, (previous[0]?.replaced_at ?? 0) + 1, afterMs + 1);
  const version = await supersede.first(unit, { id: entry.version_id!, replacedAtMs });
  if (version === undefined) throw new Error(`version ${entry.version_id} is missing`);
  const room = await countKept(unit, version);
  const newestFirst = [version, ...previous];
  const held = await heldAmong(newestFirst);
  const free = newestFirst.filter((each) => !held.has(each));
  const wanted = newestFirst.slice(0, keptMax).filter((each) => !held.has(each));
  const kept = keepable(wanted, pastQuota ? null : room, free);
  const surplus = free.filter((each) => !kept.has(each));
  const discarded = await destroyVersions(unit, surplus);
  const destroyed = keptMax === 0 ? surplus.filter((each) => each !== version) : surplus;
  return { version, destroyed, discarded };
}

/**
 * From the newest on, those that fit beside what their receiver has kept elsewhere, and beside what is not `counted`.
 * Others' have their room already.
 */
function keepable(
  wanted: readonly Previous[],
  room: KeptRoom | null,
  counted: readonly Previous[],
): ReadonlySet<Previous> {
  if (room === null) return new Set(wanted);
  let left = room.bytes;
  const isTheirs = ({ received_by: userId }: Previous) => userId === room.userId;
  for (const { size } of counted.filter(isTheirs)) left += size;
  return new Set(
    wanted.filter((each) => {
      if (!isTheirs(each)) return true;
      const fits = each.size <= left;
      if (fits) left -= each.size;
      return fits;
    }),
  );
}

/** Destroys the content of earlier versions, which counts to their receivers no more. Their records stay. @returns the blobs whose bytes are files */
export async function destroyVersions(
  unit: Unit,
  versions: readonly Previous[],
): Promise<Discarded> {
  const discarded: string[] = [];
  for (const { id, blob_id: blobId, received_by: userId, size } of versions) {
    if (blobId === null) continue;
    await forgetBlob.run(unit, { id });
    if (userId !== null) await moveUsage(unit, { userId, bytes: 0, keptBytes: -size });
    discarded.push(...(await destroyBlob(unit, blobId)));
  }
  return discarded;
}

/**
 * A file took the place of another, whose earlier versions are its own from here on, but for those beyond `keptMax` that
 * are not held.
 *
 * @returns what went of them
 */
export async function adoptVersions(
  unit: Unit,
  from: { readonly entryId: string },
  to: { readonly entryId: string },
  { keptMax, held: heldAmong, lookedAtMax = noLimit }: Keeping,
): Promise<Pick<Retired, 'destroyed' | 'discarded'>> {
  await unit.query
    .updateTable('versions')
    .set({ entry_id: to.entryId })
    .where('entry_id', '=', from.entryId)
    .where('destroyed', '=', 0)
    .where('replaced_at', 'is not', null)
    .execute();
  const previous = await previousOf.all(unit, { entryId: to.entryId, max: lookedAtMax });
  const surplus = previous.slice(keptMax);
  const held = await heldAmong(surplus);
  const destroyed = surplus.filter((each) => !held.has(each));
  return { destroyed, discarded: await destroyVersions(unit, destroyed) };
}

/** Makes an earlier version the content of its entry again; what is that now has to be retired, too. */
export async function reviveVersion(unit: Unit, version: Version): Promise<void> {
  await unit.query
    .updateTable('versions')
    .set({ replaced_at: null })
    .where('id', '=', version.id)
    .execute();
  const { received_by: userId, size } = version;
  if (userId !== null) await moveUsage(unit, { userId, bytes: size, keptBytes: -size });
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
