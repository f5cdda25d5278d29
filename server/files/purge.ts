import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { LedgerEvent, Origin } from '../domain/events.ts';
import type { RetentionTarget } from '../domain/retention.ts';
import { heldAmong } from './held.ts';
import type { HoldableFile } from './holds.ts';
import type { Discarded } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { childOf, entryById, pathOfPlace, touchDirectory, type Entry } from './tree.ts';
import { deleteUpload, isSeen, type Upload } from './uploads.ts';
import {
  destroyBlob,
  destroyVersions,
  findVersion,
  retireVersion,
  type Version,
} from './versions.ts';

type Facts = {
  readonly agency: { readonly id: string; readonly code: string };
  /** Inside the agency's tree. */
  readonly path: string;
  readonly size: number;
  /** Null for a partial upload: nobody knows the hash of what is not whole. */
  readonly sha256: string | null;
  /** Of a partial upload: when it was last written. */
  readonly receivedAtMs: number;
  /** A user name, or `admin:<name of the key>`; null where nobody knows. */
  readonly receivedBy: string | null;
  readonly collectedAtMs: number | null;
  /** What a hold may be on. */
  readonly holdable: HoldableFile;
  /** Whether its name is being received: then it is left alone. */
  readonly isReceiving: boolean;
};

/** What a run may destroy, as it lies in its tree now. */
export type Purgeable =
  | (Facts & {
      readonly target: 'file';
      readonly sha256: string;
      readonly version: Version;
      readonly entry: Entry;
      /** Whether an upload to its name was broken off that is nothing without it. */
      readonly isResumable: boolean;
    })
  | (Facts & {
      readonly target: 'previous-version';
      readonly sha256: string;
      readonly version: Version;
    })
  | (Facts & { readonly target: 'partial-upload'; readonly upload: Upload });

/** On whose word something is destroyed, and by what it can be told later. */
export type PurgeWarrant = {
  readonly origin: Origin;
  /** Ids. */
  readonly run: string;
  readonly job: string;
  readonly certificate: string;
};

const agencyById = prepare((query, given: { id: string }) =>
  query.selectFrom('agencies').select(['id', 'code']).where('id', '=', given.id),
);

const uploadById = prepare((query, given: { id: string }) =>
  query.selectFrom('uploads').selectAll().where('id', '=', given.id),
);

const uploadsNamed = prepare((query, given: { parentId: string; name: string }) =>
  query
    .selectFrom('uploads')
    .selectAll()
    .where('parent_id', '=', given.parentId)
    .where('name', '=', given.name),
);

const userById = prepare((query, given: { id: string }) =>
  query.selectFrom('users').select('username').where('id', '=', given.id),
);

const transferById = prepare((query, given: { id: string }) =>
  query.selectFrom('transfers').select('username').where('id', '=', given.id),
);

const deleteEntry = prepare((query, given: { id: string }) =>
  query.deleteFrom('entries').where('id', '=', given.id),
);

/**
 * What a plan speaks of, where it is still that: the content of a name, an earlier content of one, or a partial upload.
 *
 * @param id of a version, or of an upload
 */
export function findPurgeable(
  unit: Reader | Unit,
  target: RetentionTarget,
  id: string,
): Promise<Purgeable | undefined> {
  return target === 'partial-upload' ? findPartial(unit, id) : findContent(unit, target, id);
}

async function findContent(
  unit: Reader | Unit,
  target: Exclude<RetentionTarget, 'partial-upload'>,
  id: string,
): Promise<Purgeable | undefined> {
  const version = await findVersion(unit, id);
  if (version === undefined || version.blob_id === null) return undefined;
  const entry = await entryById(unit, version.entry_id);
  if (entry === undefined || entry.parent_id === null) return undefined;
  if ((entry.version_id === id) !== (target === 'file')) return undefined;
  const place = { parent_id: entry.parent_id, name: entry.name };
  const path = await pathOfPlace(unit, place);
  const facts = {
    agency: await agencyOf(unit, entry.agency_id),
    path,
    size: version.size,
    sha256: version.sha256,
    receivedAtMs: version.received_at,
    receivedBy: await receiverOf(unit, version),
    collectedAtMs: version.collected_at,
  };
  const holdable: HoldableFile = {
    agencyId: entry.agency_id,
    path,
    entryId: entry.id,
    receivedAtMs: version.received_at,
  };
  if (target === 'previous-version')
    return { ...facts, target, version, holdable, isReceiving: false };
  const uploads = await uploadsNamed.all(unit, { parentId: place.parent_id, name: place.name });
  const isReceiving = uploads.some((upload) => upload.state === 'receiving');
  const isResumable = uploads.some(
    (upload) => upload.state === 'partial' && !isSeen(upload, undefined),
  );
  return { ...facts, target, version, entry, isResumable, holdable, isReceiving };
}

async function findPartial(unit: Reader | Unit, id: string): Promise<Purgeable | undefined> {
  const upload = await uploadById.first(unit, { id });
  if (upload === undefined) return undefined;
  const path = await pathOfPlace(unit, upload);
  // Who holds a file holds what is on its way to become it.
  const entry = await childOf(unit, upload.parent_id, upload.name);
  const { agency_id: agencyId, modified_at: receivedAtMs } = upload;
  return {
    target: 'partial-upload',
    upload,
    agency: await agencyOf(unit, agencyId),
    path,
    size: upload.size,
    sha256: null,
    receivedAtMs,
    receivedBy: await usernameOf(unit, upload.user_id),
    collectedAtMs: null,
    holdable: { agencyId, path, entryId: entry?.id ?? upload.id, receivedAtMs },
    isReceiving: upload.state === 'receiving',
  };
}

async function agencyOf(unit: Reader | Unit, id: string): Promise<Purgeable['agency']> {
  const agency = await agencyById.first(unit, { id });
  if (agency === undefined) throw new Error(`agency ${id} is missing`);
  return agency;
}

/** As the transfer has it, which knows administrators, too. */
async function receiverOf(unit: Reader | Unit, version: Version): Promise<string | null> {
  const { transfer_id: id, received_by: userId } = version;
  const transfer = id === null ? undefined : await transferById.first(unit, { id });
  return transfer?.username ?? usernameOf(unit, userId);
}

async function usernameOf(unit: Reader | Unit, id: string | null): Promise<string | null> {
  if (id === null) return null;
  return (await userById.first(unit, { id }))?.username ?? null;
}

/**
 * Destroys it, in the unit in which it was found: the wrapped key and what the database has of the content, the name
 * where it was what the name holds, and its part of a quota. The records of what was stay, and the ledger says what went.
 *
 * @returns blobs whose bytes are files: they go once the unit is durable, each when its last reader is done
 */
export async function purge(
  parts: FilesParts,
  unit: Unit,
  purgeable: Purgeable,
  warrant: PurgeWarrant,
): Promise<Discarded> {
  switch (purgeable.target) {
    case 'file': {
      const { version, entry, holdable } = purgeable;
      await deleteEntry.run(unit, { id: entry.id });
      const held = heldAmong(parts, unit, holdable);
      const { destroyed, discarded } = await retireVersion(unit, entry, { keptMax: 0, held });
      // Whoever asks keeps a content as long as an earlier one is there: each goes by a plan and a certificate of its own.
      if (destroyed.length > 0) throw new Error('a file with earlier versions cannot be purged');
      await touchDirectory(unit, entry.parent_id!);
      await recordVersion(parts, unit, { event: 'file.purged.1', purgeable, version }, warrant);
      return discarded;
    }
    case 'previous-version': {
      const { version } = purgeable;
      const discarded = await destroyVersions(unit, [version]);
      await recordVersion(parts, unit, { event: 'version.purged.1', purgeable, version }, warrant);
      return discarded;
    }
    case 'partial-upload': {
      const { upload, size, receivedBy } = purgeable;
      await deleteUpload(unit, upload.id);
      const discarded = await destroyBlob(unit, upload.blob_id);
      const event = { event: 'upload.purged.1', size, username: receivedBy ?? '' } as const;
      await record(parts, unit, { ...event, ...whereOf(purgeable, warrant) }, warrant);
      return discarded;
    }
  }
}

type PurgedVersion = {
  readonly event: 'file.purged.1' | 'version.purged.1';
  readonly purgeable: Purgeable;
  readonly version: Version;
};

function recordVersion(
  parts: FilesParts,
  unit: Unit,
  { event, purgeable, version }: PurgedVersion,
  warrant: PurgeWarrant,
): Promise<void> {
  const { id, size, sha256 } = version;
  const what = { event, version: id, size, sha256, ...whereOf(purgeable, warrant) };
  return record(parts, unit, what, warrant);
}

function whereOf({ agency, path }: Purgeable, { run, job, certificate }: PurgeWarrant) {
  return { agency: agency.code, path, run, job, certificate };
}

function record(
  { ledger }: FilesParts,
  unit: Unit,
  event: LedgerEvent,
  { origin }: PurgeWarrant,
): Promise<void> {
  return ledger.append(unit, { origin, outcome: 'success', reason: null, event });
}
