import { Fault } from '../domain/faults.ts';
import { parseVirtualPathText } from '../domain/virtual-path.ts';
import type { Unit } from '../database/units.ts';
import { because, refuseReceipts } from './acts.ts';
import { findFile } from './admin-view.ts';
import { refuseHeldVersion } from './held.ts';
import type { Discarded, Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { destroyVersions, findVersion, recordDestroyed } from './versions.ts';

export type VersionRemoval = {
  readonly holder: Holder;
  readonly entryId: string;
  readonly versionId: string;
};

/**
 * Destroys one earlier version of a file, in the unit: its key, what it counted to its receiver's quota, its bytes once
 * nobody reads them. Its record stays. The content is not removed but with its file.
 *
 * @throws Fault `not-found`, `is-a-directory`, `permission-denied`, `held`, `conflict` for the content and where it is destroyed already
 */
export async function removeVersion(
  parts: FilesParts,
  unit: Unit,
  { holder, entryId, versionId }: VersionRemoval,
): Promise<Discarded> {
  const { agency, entry, file } = await findFile(unit, entryId);
  if (entry.kind === 'directory') throw new Fault('is-a-directory');
  refuseReceipts(parseVirtualPathText(file.path));
  const version = await findVersion(unit, versionId);
  if (version?.entry_id !== entryId) throw new Fault('not-found', 'the file has no such version');
  if (version.id === entry.version_id)
    throw new Fault('conflict', 'that version is the content; it goes with the file');
  if (version.blob_id === null)
    throw new Fault('conflict', 'the content of that version was destroyed before');
  const held = { agencyId: agency.id, path: file.path, entryId };
  await refuseHeldVersion(parts, unit, held, version);
  const discarded = await destroyVersions(unit, [version]);
  const where = { agency: agency.code, path: file.path };
  await recordDestroyed(unit, [version], { ...because(parts, holder), ...where });
  return discarded;
}
