import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';
import { frontierRanges } from './merkle.ts';

/**
 * Rows that stay where all others go: whoever verifies what is behind an archive, or a receipt of its time, asks them for
 * the keys; and whoever finds that a key of names is gone, for the redaction.
 */
export const keptEvents = [
  'evidence-key.adopted.1',
  'evidence-key.rotated.1',
  'checkpoint-key.announced.1',
  'agency-names.redacted.1',
] as const;

/** What stays of rows that were sealed into a file and deleted. It is signed as canonical JSON. */
export type ArchiveStub = {
  readonly v: 1;
  readonly type: 'waybill-archive.1';
  /** Of the ledger. */
  readonly origin: string;
  /** Of the rows in the file; the last one is that of a checkpoint. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** ISO 8601 UTC: of the first and the last row. */
  readonly from: string;
  readonly to: string;
  /** Hex: the root of the tree of rows 1 to `lastSeq`, which the checkpoint has. */
  readonly root: string;
  /** Up to here rows are deleted. */
  readonly goneTo: number;
  /** Hex: the hash of row `goneTo`, and the roots of the whole subtrees of rows 1 to it, from left to right. */
  readonly goneHash: string;
  readonly goneFrontier: readonly string[];
  /** Rows that stay of those that go with this archive, with their hashes (hex). */
  readonly kept: readonly KeptRow[];
  /** A name in the archive's directory, and the bytes and SHA-256 (hex) of the sealed file. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly archivedAt: string;
  readonly server: { readonly name: string; readonly version: string };
};

export type KeptRow = { readonly seq: number; readonly hash: string };

/** A stub as it was signed. */
export type SignedStub = {
  readonly stub: ArchiveStub;
  /** Canonical JSON. */
  readonly text: string;
  /** Armored SSH signature, namespace `waybill-archive`. */
  readonly signature: string;
};

const newest = prepare((query) =>
  query.selectFrom('ledger_archives').selectAll().orderBy('last_seq', 'desc').limit(1),
);

/** The stub of the newest archive; undefined where nothing was ever archived. */
export async function newestStub(reader: Reader): Promise<SignedStub | undefined> {
  const row = await newest.first(reader, {});
  return row === undefined ? undefined : signedStubOf(row);
}

/** The same where nothing is believed yet: undefined for a text that is no stub. */
export function stubIn(text: string): ArchiveStub | undefined {
  let stub: Partial<Record<keyof ArchiveStub, unknown>>;
  try {
    stub = JSON.parse(text) as typeof stub;
  } catch {
    return undefined;
  }
  if (typeof stub !== 'object' || stub === null) return undefined;
  const { v, type, firstSeq, lastSeq, goneTo, goneHash, goneFrontier, kept } = stub;
  const isSound =
    v === 1 &&
    type === 'waybill-archive.1' &&
    [firstSeq, lastSeq, goneTo].every((each) => Number.isSafeInteger(each) && Number(each) >= 0) &&
    isHash(goneHash) &&
    Array.isArray(goneFrontier) &&
    goneFrontier.every(isHash) &&
    goneFrontier.length === frontierRanges(goneTo as number).length &&
    Array.isArray(kept) &&
    kept.every(isKeptRow);
  return isSound ? (stub as ArchiveStub) : undefined;
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isKeptRow(value: unknown): boolean {
  const { seq, hash } = (value ?? {}) as Partial<KeptRow>;
  return Number.isSafeInteger(seq) && isHash(hash);
}

export function signedStubOf({ stub, signature }: Row<'ledger_archives'>): SignedStub {
  return { stub: JSON.parse(stub) as ArchiveStub, text: stub, signature };
}

/** Where the rows that are still here begin: what a walk over them begins with. */
export type LedgerStart = {
  /** Rows up to here may be missing. 0: all are here. */
  readonly seq: number;
  readonly hash: Buffer;
  readonly frontier: readonly Buffer[];
};

/** @returns null where all rows are here, from the first, and where the stub was altered: archive-check.ts tells of that */
export async function startBehindArchives(reader: Reader): Promise<LedgerStart | null> {
  const row = await newest.first(reader, {});
  const stub = row && stubIn(row.stub);
  if (stub === undefined || stub.goneTo === 0) return null;
  const { goneTo, goneHash, goneFrontier } = stub;
  return {
    seq: goneTo,
    hash: Buffer.from(goneHash, 'hex'),
    frontier: goneFrontier.map((each) => Buffer.from(each, 'hex')),
  };
}
