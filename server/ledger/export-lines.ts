import type { Reader } from '../database/units.ts';
import type { Checkpoint } from './checkpoints.ts';
import { announcementsUpTo, type ExportedRow } from './export-rows.ts';
import { inclusionProof } from './merkle-tree.ts';
import type { OpenedName } from './names.ts';
import { parseNote, parseVerifierKey } from './signed-note.ts';

/** Both included. */
export type SeqRange = { readonly firstSeq: number; readonly lastSeq: number };

/** What stands first: of which ledger, which rows, and what is before them. */
export type ExportHead = {
  readonly type: 'export';
  readonly version: 1;
  readonly origin: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly exportedAt: string;
  /** Hex: the roots of the whole subtrees that the rows before consist of, from left to right. */
  readonly frontier: readonly string[];
  /** Hex, of the row before the first; zeros before row 1. */
  readonly previousHash: string;
  readonly evidenceKeys: readonly string[];
};

/** A row that announced a key of checkpoints, with what proves that it is in a tree. */
export type KeyAnnouncement = {
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly body: string;
  /** Hex, from its sibling upwards. */
  readonly path: readonly string[];
};

/** A line of an export of the ledger, whatever form it is written in. */
export type ExportLine =
  | ExportHead
  | ({ readonly type: 'key-announcement' } & KeyAnnouncement)
  | { readonly type: 'row'; readonly row: ExportedRow }
  | ({ readonly type: 'name' } & OpenedName)
  | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly type: 'end'; readonly rows: number; readonly lastCheckpoint: number };

const noHash = '0'.repeat(64);
/** A key signs for a day; of those before a row, one or two are in use. */
const announcementsMax = 100;

export function headLine(
  { firstSeq, lastSeq }: SeqRange,
  told: {
    readonly origin: string;
    readonly frontier: readonly Buffer[];
    readonly previousHash: string | null;
    readonly exportedAtMs: number;
    readonly evidenceKeys: readonly string[];
  },
): ExportHead {
  return {
    type: 'export',
    version: 1,
    origin: told.origin,
    firstSeq,
    lastSeq,
    exportedAt: new Date(told.exportedAtMs).toISOString(),
    frontier: told.frontier.map(hexOf),
    previousHash: told.previousHash ?? noHash,
    evidenceKeys: told.evidenceKeys,
  };
}

export function checkpointLine(checkpoint: Checkpoint): ExportLine {
  return { type: 'checkpoint', checkpoint };
}

export function endLine({ firstSeq, lastSeq }: SeqRange): ExportLine {
  return { type: 'end', rows: lastSeq - firstSeq + 1, lastCheckpoint: lastSeq };
}

export async function announcementLine(
  reader: Reader,
  row: ExportedRow,
  size: number,
): Promise<ExportLine> {
  return { type: 'key-announcement', ...(await announcementIn(reader, row, size)) };
}

/** @param size of the tree that the proof is for */
export async function announcementIn(
  reader: Reader,
  { seq, previousHash, hash, body }: ExportedRow,
  size: number,
): Promise<KeyAnnouncement> {
  const path = (await inclusionProof(reader, seq, size)).map(hexOf);
  return { seq, previousHash, hash, body, path };
}

/**
 * The rows up to `to` that announce the key of a checkpoint and those behind it, the oldest first; none where the key is
 * announced later.
 */
export async function announcementsFor(
  reader: Reader,
  { note }: Checkpoint,
  to: number,
): Promise<readonly ExportedRow[]> {
  const signers = new Set(parseNote(note)?.signatures.map(({ keyId }) => keyId));
  const rows = await announcementsUpTo(reader, to, announcementsMax);
  const own = rows.findIndex((row) => signers.has(keyIdOf(row) ?? ''));
  return rows.slice(0, own + 1).toReversed();
}

function keyIdOf({ body }: ExportedRow): string | undefined {
  const { publicKey } = JSON.parse(body) as { readonly publicKey?: unknown };
  return typeof publicKey === 'string' ? parseVerifierKey(publicKey)?.keyId : undefined;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** As docs/EVIDENCE.md has it. */
export function ndjsonLine(line: ExportLine): string {
  switch (line.type) {
    case 'row': {
      const { hash, body } = line.row;
      return `{"type":"row","hash":"${hash}","body":${JSON.stringify(body)}}\n`;
    }
    case 'checkpoint':
      return `${JSON.stringify({ type: 'checkpoint', note: line.checkpoint.note })}\n`;
    case 'export':
    case 'key-announcement':
    case 'name':
    case 'end':
      return `${JSON.stringify(line)}\n`;
  }
}
