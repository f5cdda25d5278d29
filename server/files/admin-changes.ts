import type { BlobStore } from '../blobs/store.ts';
import { Fault, type FaultCode } from '../domain/faults.ts';
import type { BlobGrant, FileGrant } from '../domain/grants.ts';
import { permissions } from '../domain/permissions.ts';
import type { CloseReport } from '../domain/requests.ts';
import { parseVirtualPathText, segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';
import type { Unit } from '../database/units.ts';
import { agenciesDirectory } from '../policy/decide.ts';
import { because, record, refuseReceipts } from './acts.ts';
import { findFile, type AdminFile } from './admin-view.ts';
import { keepingAt } from './held.ts';
import { makeDirectoryAt } from './names.ts';
import { startReceiving } from './open.ts';
import type { Discarded, Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import type { OnPublished } from './publish.ts';
import { removeDirectoryAt, removeFileAt } from './removal.ts';
import { Settlement } from './settlement.ts';
import { checkReach, childOf, findAgency, findPlace, type Agency, type Place } from './tree.ts';
import { giveUpStale } from './uploads.ts';
import { removeVersion } from './version-removal.ts';
import { findVersion, recordDestroyed, retireVersion, reviveVersion } from './versions.ts';

export type Where = { readonly agencyCode: string; readonly path: string };

/** What an upload may replace: anything, nothing, any file that is there, or just that with this SHA-256. */
export type Over = 'anything' | 'nothing' | 'something' | { readonly sha256: readonly string[] };

export type UploadOpening = {
  readonly openId: string;
  readonly blob: BlobGrant;
  /** Largest size in bytes that it may reach, and what to say beyond it. */
  readonly sizeMax: number;
  readonly sizeMaxFault: FileGrant['sizeMaxFault'];
  readonly sizeMaxReason: string;
};

export type UploadEnd = {
  readonly file: AdminFile;
  /** Whether there was a file of that name when it was published, which may not have been there when it began. */
  readonly replaced: boolean;
};

/** What an administrator does to a tree. The directory of receipts is the server's alone. */
export type AdminChanges = {
  /**
   * Opens an upload with its rows; nobody sees it before `endUpload`.
   *
   * @throws Fault `not-found` (the agency), `parent-not-found`, `not-a-directory`, `is-a-directory`, `name-invalid`,
   * `path-too-long`, `permission-denied`, `precondition-failed`
   */
  beginUpload(holder: Holder, where: Where & { readonly over: Over }): Promise<UploadOpening>;
  /** Bytes that came so far. */
  noteProgress(openId: string, bytes: number): void;
  /** Publishes what was received, as a CLOSE does (DESIGN.md D3). @throws Fault what kept it from that; it is gone then */
  endUpload(openId: string, report: CloseReport): Promise<UploadEnd>;
  /** Gives up an upload: nothing of it stays but its records. */
  dropUpload(openId: string, bytesWritten: number, reason?: FaultCode): Promise<void>;
  /** @throws Fault as `beginUpload` */
  makeDirectory(holder: Holder, where: Where): Promise<AdminFile>;
  /**
   * Destroys a file with its earlier versions, or takes away an empty directory.
   *
   * @throws Fault `not-found`, `directory-not-empty`, `permission-denied`, `held`
   */
  remove(holder: Holder, entryId: string): Promise<void>;
  /**
   * Makes an earlier version the content again; what was is an earlier version then. It counts to the quota of its
   * receiver again, and is not refused by it.
   *
   * @throws Fault `not-found`, `is-a-directory`, `conflict`, `permission-denied`
   */
  restore(holder: Holder, entryId: string, versionId: string): Promise<AdminFile>;
  /**
   * Destroys one earlier version of a file; its record stays.
   *
   * @throws Fault `not-found`, `is-a-directory`, `conflict`, `permission-denied`
   */
  removeVersion(holder: Holder, entryId: string, versionId: string): Promise<void>;
};

const everything = new Set(permissions);

export function createAdminChanges(parts: FilesParts, store: BlobStore): AdminChanges {
  const { database, opens } = parts;
  const settlement = new Settlement(parts, store);
  /** Runs what leaves bytes behind that may go once it is committed. */
  const change = async <T>(
    { origin }: Holder,
    work: (unit: Unit) => Promise<Changed<T>>,
  ): Promise<T> => {
    const { result, discarded } = await database.write(work, { by: origin });
    settlement.discard(discarded);
    return result;
  };
  const liveUpload = (openId: string) => {
    const open = opens.get(openId);
    if (open?.kind !== 'receiving') throw new Fault('handle-invalid');
    return open;
  };
  return {
    beginUpload: async (holder, asked) => {
      const disk = await store.space();
      const { open, ...opening } = await database.write((unit) =>
        beginUpload(parts, unit, { ...asked, holder, disk }),
      );
      opens.add(open);
      return opening;
    },
    noteProgress: (openId, bytes) => opens.noteProgress(openId, bytes),
    endUpload: async (openId, report) => {
      const published: { end?: UploadEnd } = {};
      // A moment later it may be another's content, or gone.
      const onPublished: OnPublished = async (unit, entryId, { replaced }) => {
        published.end = { file: (await findFile(unit, entryId)).file, replaced };
      };
      await settlement.close(liveUpload(openId), report, { onPublished });
      if (published.end === undefined) throw new Fault('handle-invalid', 'nothing was received');
      return published.end;
    },
    dropUpload: async (openId, bytesWritten, reason) => {
      const nothing = { kind: 'partial', size: 0, content: null, bytesRead: 0 } as const;
      await settlement.close(liveUpload(openId), { ...nothing, bytesWritten }, { reason });
    },
    makeDirectory: (holder, where) =>
      change(holder, async (unit) => {
        const place = await placeIn(unit, where);
        const discarded = await makeDirectoryAt(parts, unit, { place, holder, change: {} });
        const made = await childOf(unit, place.parent.id, place.name);
        return { result: (await findFile(unit, made!.id)).file, discarded };
      }),
    remove: async (holder, entryId) => {
      await change(holder, (unit) => remove(parts, unit, holder, entryId));
    },
    restore: (holder, entryId, versionId) =>
      change(holder, (unit) => restore(parts, unit, { holder, entryId, versionId })),
    removeVersion: async (holder, entryId, versionId) => {
      await change(holder, async (unit) => ({
        result: null,
        discarded: await removeVersion(parts, unit, { holder, entryId, versionId }),
      }));
    },
  };
}

type Changed<T> = { readonly result: T; readonly discarded: Discarded };

async function placeIn(unit: Unit, { agencyCode, path: text }: Where): Promise<Place> {
  const path = parseVirtualPathText(text);
  refuseReceipts(path);
  const agency = await findAgency(unit, agencyCode);
  await refuseHidden(unit, agency, path);
  return findPlace(unit, agency, path);
}

/**
 * In the State's own tree nobody would see it: its users have the agencies' trees under that name.
 *
 * @throws Fault `permission-denied`
 */
async function refuseHidden(unit: Unit, { id }: Agency, path: VirtualPath): Promise<void> {
  if (segmentsOf(path)[0] !== agenciesDirectory) return;
  const { kind } = await unit.query
    .selectFrom('agencies')
    .select('kind')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (kind === 'state')
    throw new Fault('permission-denied', 'that directory shows the agencies and is fixed');
}

type UploadToBe = Where & {
  readonly over: Over;
  readonly holder: Holder;
  readonly disk: { readonly bytesTotal: number; readonly bytesFree: number };
};

async function beginUpload(parts: FilesParts, unit: Unit, asked: UploadToBe) {
  const { over, holder, disk } = asked;
  const place = await placeIn(unit, asked);
  if (place.entry?.kind === 'directory') throw new Fault('is-a-directory');
  await checkOver(unit, place, over);
  if (place.entry === undefined) checkReach(place.path);
  const exclusive = over === 'nothing';
  const { open, reply } = await startReceiving(
    parts,
    unit,
    {
      allowed: everything,
      flags: {
        read: false,
        write: true,
        append: false,
        create: true,
        truncate: true,
        exclusive,
      },
      change: {},
      holder,
      disk,
    },
    place,
    undefined,
  );
  const { openId, blob, sizeMax, sizeMaxFault, sizeMaxReason } = reply.grant;
  // What is asked of it now holds for the moment in which it is published, too.
  const onlyOverSeen = over !== 'anything';
  return {
    open: { ...open, onlyOverSeen },
    openId,
    blob,
    sizeMax,
    sizeMaxFault,
    sizeMaxReason,
  };
}

async function checkOver(unit: Unit, { entry }: Place, over: Over): Promise<void> {
  if (over === 'anything') return;
  if (over === 'nothing') {
    if (entry === undefined) return;
    throw new Fault('precondition-failed', 'a file of that name is there');
  }
  if (entry === undefined) throw new Fault('precondition-failed', 'there is no file of that name');
  if (over === 'something') return;
  const current = await findVersion(unit, entry.version_id!);
  if (current === undefined || !over.sha256.includes(current.sha256))
    throw new Fault('precondition-failed', 'the file has another content; look again');
}

async function remove(
  parts: FilesParts,
  unit: Unit,
  holder: Holder,
  entryId: string,
): Promise<Changed<null>> {
  const { agency, entry, file } = await findFile(unit, entryId);
  const path = parseVirtualPathText(file.path);
  // The root is fixed, and has no place in a directory.
  if (entry.fixed === 1 || path === '/')
    throw new Fault('permission-denied', 'that directory is part of every tree');
  refuseReceipts(path);
  const place = await findPlace(unit, agency, path);
  const discarded =
    entry.kind === 'directory'
      ? await removeDirectoryAt(parts, unit, place, holder)
      : await removeFileAt(parts, unit, place, holder);
  return { result: null, discarded };
}

type Restoration = {
  readonly holder: Holder;
  readonly entryId: string;
  readonly versionId: string;
};

async function restore(
  parts: FilesParts,
  unit: Unit,
  { holder, entryId, versionId }: Restoration,
): Promise<Changed<AdminFile>> {
  const { agency, entry, file } = await findFile(unit, entryId);
  if (entry.kind === 'directory') throw new Fault('is-a-directory');
  refuseReceipts(parseVirtualPathText(file.path));
  const version = await findVersion(unit, versionId);
  if (version?.entry_id !== entryId) throw new Fault('not-found', 'the file has no such version');
  if (version.id === entry.version_id)
    throw new Fault('conflict', 'that version is the content already');
  if (version.blob_id === null)
    throw new Fault('conflict', 'the content of that version was destroyed');
  await reviveVersion(unit, version);
  const { size, sha256 } = version;
  await unit.query
    .updateTable('entries')
    .set({ version_id: version.id, size, modified_at: unit.nowMs })
    .where('id', '=', entryId)
    .execute();
  // Whatever is kept otherwise, what it takes the place of is: a restoration can be undone.
  const keptMax = Math.max(1, parts.limits.previousVersionsKeptMax);
  const { path } = file;
  const keeping = keepingAt(parts, unit, { agencyId: agency.id, path, entryId }, keptMax);
  const replaced = await retireVersion(unit, entry, { ...keeping, pastQuota: true });
  const where = { agency: agency.code, path };
  await record(parts, unit, holder, {
    event: 'file.restored.1',
    ...where,
    version: version.id,
    size,
    sha256,
    replaced: replaced.version.sha256,
  });
  await recordDestroyed(unit, replaced.destroyed, { ...because(parts, holder), ...where });
  const published = { kind: 'file', version_id: version.id } as const;
  const stale = await giveUpStale(unit, entry, published, because(parts, holder));
  const { file: result } = await findFile(unit, entryId);
  return { result, discarded: [...replaced.discarded, ...stale] };
}
