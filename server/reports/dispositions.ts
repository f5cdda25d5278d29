import type { Reader } from '../database/units.ts';
import type { ClosedFile } from './closed-files.ts';
import { isoOf } from './lines.ts';
import type { ReportParts } from './report.ts';
import { rowsAbout, whoOf } from './rows.ts';
import type { TransferFacts } from './transfer-facts.ts';

/** What became of a content that was received. */
export type Disposition = {
  /** Null while it is there, and where nobody knows when it went. */
  readonly at: string | null;
  readonly method: string;
  /** Of its destruction. */
  readonly certificate: string | null;
};

const standing: Disposition = { at: null, method: '', certificate: null };

/** Rows about the name of a file, certificates of one content, and versions of a file, that are looked through for its end. */
const lookedAtMax = 500;

export async function dispositionOf(
  parts: Pick<ReportParts, 'database' | 'names'>,
  received: ClosedFile,
  facts: TransferFacts | undefined,
): Promise<Disposition> {
  if (facts === undefined || facts.blobId === null) return standing;
  const found = await parts.database.read(async (reader) => {
    if (await isThere(reader, facts.blobId!)) return 'there';
    const versionId = await destroyedVersion(reader, facts);
    return (await certifiedEnd(reader, received, versionId)) ?? { versionId };
  });
  if (found === 'there') return standing;
  return 'versionId' in found ? recordedEnd(parts, received, found.versionId) : found;
}

async function isThere({ query }: Reader, blobId: string): Promise<boolean> {
  const version = await query
    .selectFrom('versions')
    .select('id')
    .where('blob_id', '=', blobId)
    .where('blob_id', 'is not', null)
    .executeTakeFirst();
  return version !== undefined;
}

async function destroyedVersion(
  { query }: Reader,
  { id, entryId }: TransferFacts,
): Promise<string | null> {
  if (entryId === null) return null;
  const destroyed = query
    .selectFrom('versions')
    .select(['id', 'transfer_id'])
    .where('entry_id', '=', entryId)
    .where('destroyed', '=', 1)
    .where('replaced_at', 'is not', null)
    .orderBy('replaced_at', 'desc')
    .limit(lookedAtMax)
    .as('destroyed');
  const version = await query
    .selectFrom(destroyed)
    .select('id')
    .where('transfer_id', '=', id)
    .executeTakeFirst();
  return version?.id ?? null;
}

/** By a retention job: its certificate says so. */
async function certifiedEnd(
  { query }: Reader,
  { sha256, atMs }: ClosedFile,
  versionId: string | null,
): Promise<Disposition | null> {
  const ofContent = query
    .selectFrom('certificates')
    .select(['id', 'target_id', 'purged_at', 'received_at'])
    .where('sha256', '=', sha256)
    .where('sha256', 'is not', null)
    .where('purged_at', '>=', atMs)
    .orderBy('purged_at')
    .limit(lookedAtMax)
    .as('looked');
  const found = await query
    .selectFrom(ofContent)
    .select(['id', 'purged_at'])
    // A version was received in the very unit that wrote the row.
    .where((where) =>
      versionId === null ? where('received_at', '=', atMs) : where('target_id', '=', versionId),
    )
    .executeTakeFirst();
  if (found === undefined) return null;
  return {
    at: isoOf(found.purged_at),
    method: 'purged: cryptographic erase',
    certificate: found.id,
  };
}

/** By somebody who removed or replaced it; where it was renamed before, the ledger has it under another name. */
async function recordedEnd(
  parts: Pick<ReportParts, 'database' | 'names'>,
  received: ClosedFile,
  versionId: string | null,
): Promise<Disposition> {
  for (const { body, atMs } of await rowsAbout(parts, received, lookedAtMax)) {
    const { name } = whoOf(body.actor);
    const at = isoOf(atMs);
    if (body.event === 'file.removed.1' && body.sha256 === received.sha256)
      return { at, method: `removed by ${name}: cryptographic erase`, certificate: null };
    const isIt =
      body.event === 'version.destroyed.1' &&
      (versionId === null ? body.sha256 === received.sha256 : body.version === versionId);
    if (isIt) return { at, method: 'replaced: cryptographic erase', certificate: null };
    // With no earlier versions to be kept it went at once, which has no row of its own.
    const isReplaced = body.event === 'file.closed.1' && body.replaced === received.sha256;
    if (isReplaced && versionId === null)
      return { at, method: 'replaced: cryptographic erase', certificate: null };
  }
  return { at: null, method: 'destroyed: cryptographic erase', certificate: null };
}
