import type { Reader } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import { checkpointFrom, ledgerOrigin } from './checkpoints.ts';
import type { LedgerExportParts } from './export.ts';
import { announcementIn, announcementsFor, hexOf, type KeyAnnouncement } from './export-lines.ts';
import { rowsForExport } from './export-rows.ts';
import { inclusionProof } from './merkle-tree.ts';
import type { OpenedName } from './names.ts';
import { namesIn } from './opened-row.ts';

/** What proves, without the server or any other row, that one row is in the ledger. */
export type InclusionProof = KeyAnnouncement & {
  readonly type: 'inclusion';
  readonly version: 1;
  readonly origin: string;
  /** The note of the first checkpoint that has the row. */
  readonly checkpoint: string;
  /** The row that announced the key that signed it, in the same tree. */
  readonly keyAnnouncement: KeyAnnouncement;
  /** What opens the names in the row. */
  readonly names: readonly OpenedName[];
};

/** @throws Fault `not-found`, `conflict` */
export async function inclusionProofOf(
  parts: LedgerExportParts,
  seq: number,
): Promise<InclusionProof> {
  const isCovered = await parts.database.read(
    async (reader) => (await checkpointFrom(reader, seq)) !== undefined,
  );
  if (!isCovered) await parts.checkpointNow();
  return parts.database.read((reader) => proofIn(parts, reader, seq));
}

async function proofIn(
  { names }: LedgerExportParts,
  reader: Reader,
  seq: number,
): Promise<InclusionProof> {
  const [row] = await rowsForExport(reader, seq - 1, seq);
  if (row === undefined) throw await missing(reader, seq);
  const checkpoint = await checkpointFrom(reader, seq);
  if (checkpoint === undefined)
    throw new Fault('conflict', 'no checkpoint has that row yet: try again in a minute');
  const { size, note } = checkpoint;
  const [announced] = await announcementsFor(reader, checkpoint, size);
  if (announced === undefined)
    throw new Fault('conflict', 'the key of its checkpoint is not announced in the ledger');
  const { previousHash, hash, body } = row;
  return {
    type: 'inclusion',
    version: 1,
    origin: await ledgerOrigin(reader),
    seq,
    previousHash,
    hash,
    body,
    path: (await inclusionProof(reader, seq, size)).map(hexOf),
    checkpoint: note,
    keyAnnouncement: await announcementIn(reader, announced, size),
    names: names === null ? [] : await namesIn(reader, names, [row]),
  };
}

async function missing(reader: Reader, seq: number): Promise<Fault> {
  const archive = await reader.query
    .selectFrom('ledger_archives')
    .select(['first_seq', 'file'])
    .where('last_seq', '>=', seq)
    .orderBy('last_seq')
    .limit(1)
    .executeTakeFirst();
  return archive === undefined
    ? new Fault('not-found', `the ledger has no row ${seq}`)
    : new Fault('not-found', `row ${seq} is archived, in ${archive.file}`);
}
