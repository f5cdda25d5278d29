import type { Attributes } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Reader } from '../database/units.ts';
import { attributesOfEntry, attributesOfUpload } from './attributes.ts';
import type { Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { isReceiptDirectory, receiptAttributes, withNewestReceipt } from './receipt-directory.ts';
import {
  entryById,
  findAgency,
  findEntry,
  findPlace,
  granted,
  type Agency,
  type Entry,
} from './tree.ts';
import { findUpload, isCurrent } from './uploads.ts';
import { findVersion } from './versions.ts';

/** STAT: the holder's own unfinished upload, live bytes included, or what is published. */
export function stat(parts: FilesParts, grant: Grant, holder: Holder): Promise<Attributes> {
  return parts.database.read(async (reader) => {
    if (grant.location.kind === 'agencies') return agenciesAttributes(reader, grant);
    const { agencyCode, path } = granted(grant);
    const agency = await findAgency(reader, agencyCode);
    const receipt = grant.ownOnly
      ? undefined
      : await receiptAttributes(parts, reader, agency, path);
    if (receipt !== undefined) return receipt;
    let entry: Entry | undefined;
    if (path === '/' || holder.userId === null) {
      entry = await findEntry(reader, agency, path);
    } else {
      const place = await findPlace(reader, agency, path);
      const upload = await findUpload(reader, place, holder.userId);
      if (upload !== undefined && isCurrent(upload, place.entry)) {
        const live = upload.open_id === null ? undefined : parts.opens.progressOf(upload.open_id);
        return attributesOfUpload(upload, agency, holder.username, live);
      }
      entry = place.entry;
    }
    if (entry === undefined || (grant.ownOnly && !(await isOwn(reader, entry, holder))))
      throw new Fault('not-found');
    const attributes = attributesOfEntry(entry, agency);
    return isReceiptDirectory(path)
      ? withNewestReceipt(parts, reader, agency, attributes)
      : attributes;
  });
}

/** What is no secret from someone who may neither list nor read: what it sent or made, and what every tree has. */
async function isOwn(reader: Reader, entry: Entry, holder: Holder): Promise<boolean> {
  if (entry.version_id === null) return entry.fixed === 1 || entry.created_by === holder.username;
  const version = await findVersion(reader, entry.version_id);
  return holder.userId !== null && version?.received_by === holder.userId;
}

/** What a whole tree shows as. */
export async function rootAttributes(reader: Reader, agency: Agency): Promise<Attributes> {
  const root = await entryById(reader, agency.root_entry_id);
  if (root === undefined) throw new Error(`agency ${agency.code} has no root`);
  return attributesOfEntry(root, agency);
}

/** `/agencies` shows as the tree of whoever looks at it. */
export async function agenciesAttributes(reader: Reader, grant: Grant): Promise<Attributes> {
  return rootAttributes(reader, await findAgency(reader, grant.identity.agencyCode));
}
