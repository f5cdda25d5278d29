import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from '../database/units.ts';
import { ledgerOrigin } from './checkpoints.ts';
import { startBehindArchives } from './archive-stubs.ts';
import type { AdoptedKey, UnvouchedKey } from './key-history.ts';
import { startOf, type WalkFrom, type WalkStart } from './verify-start.ts';
import { LedgerWalk, type Finding } from './verify-walk.ts';
import { walkStep } from './walk-step.ts';

export type LedgerVerification = {
  readonly ok: boolean;
  /** Everything that is there, or what is behind a checkpoint that was verified before. */
  readonly scope: 'whole' | 'new';
  /** Those up to the last good one; those that are archived or were verified before included. */
  readonly rows: number;
  readonly checkpoints: number;
  /** The first row that is missing, altered or out of order; of rows that only a checkpoint contradicts the first. */
  readonly firstBadRow: number | null;
  /** The size of the first checkpoint that is missing, altered or not signed as it should be. */
  readonly firstBadCheckpoint: number | null;
  readonly problem: string | null;
  /** The newest checkpoint that is good; 0 for none. Rows behind it have the chain alone to speak for them. */
  readonly verifiedSize: number;
  /** Hash of the last good row, hex: note it elsewhere to detect a truncated ledger later. */
  readonly lastHash: string;
  /** Checkpoint keys that only the evidence key speaks for, as after a restore; the oldest first. */
  readonly unvouchedKeys: readonly UnvouchedKey[];
  /** The evidence key that the ledger names last, as in `.pub` files: whoever has another one has another server's. */
  readonly evidenceKey: string | null;
  /** All that it names, in their order: those before the last are taken as they are, unless somebody knows better. */
  readonly evidenceKeys: readonly AdoptedKey[];
};

export type VerifyOptions = {
  /** Where to begin. Default: the first row. */
  readonly from?: WalkFrom;
  /** Where to end: with the checkpoint of so many rows. Default: with the last row. */
  readonly to?: number;
  /**
   * The keys that signed here, as a file of the keys directory has them; asked when the walk is over. Whoever can write to
   * the database can have it tell of any others. null, and without it: nobody knows.
   */
  readonly knownEvidenceKeys?: () => readonly string[] | null;
  /** Told of how far it has got, now and then. */
  readonly onProgress?: (rows: number) => void;
};

/**
 * Walks the ledger: the chain, its columns and the order of its times, the tree as it is stored, and every checkpoint with
 * its root, its signature, its key and the one before. It reads a few hundred rows at a time, so that whoever else works
 * with this connection comes in between, and keeps a few hashes, however many rows there are. It ends with the first thing
 * that is wrong.
 */
export async function verifyLedger(
  database: Pick<Database, 'read'>,
  options: VerifyOptions = {},
): Promise<LedgerVerification> {
  const origin = await database.read(ledgerOrigin);
  const start = await startOf(database, options.from ?? 'first', origin);
  const walk = new LedgerWalk(start, origin);
  let finding = start.finding;
  const { to = Infinity } = options;
  for (let isOver = false; finding === null && !isOver && walk.seq < to;) {
    ({ finding, isOver } = await database.read((reader) => walkStep(reader, walk, to)));
    options.onProgress?.(walk.seq);
    await turn();
  }
  if (finding !== null && (await isOvertaken(database, start, finding)))
    return verifyLedger(database, options);
  return heldAgainst(resultOf(start, walk, finding), options.knownEvidenceKeys?.() ?? null);
}

/** Whether what is wrong is that rows were archived while they were walked over: they go bit by bit, and not for a walk. */
async function isOvertaken(
  database: Pick<Database, 'read'>,
  { goneTo }: WalkStart,
  { row }: Finding,
): Promise<boolean> {
  const now = (await database.read(startBehindArchives))?.seq ?? 0;
  return now > goneTo && (row === null || row <= now);
}

/** A walk's result with the evidence keys of the ledger held against those that signed here. */
export function heldAgainst(
  result: LedgerVerification,
  known: readonly string[] | null,
): LedgerVerification {
  const other = known && result.evidenceKeys.find(({ publicKey }) => !known.includes(publicKey));
  if (!other || !result.ok) return result;
  return {
    ...result,
    ok: false,
    firstBadRow: other.seq,
    problem: `row ${other.seq} names an evidence key that the file evidence_keys in the keys directory does not have: ${other.publicKey}`,
  };
}

function resultOf(
  { scope }: WalkStart,
  walk: LedgerWalk,
  finding: Finding | null,
): LedgerVerification {
  return {
    ok: finding === null,
    scope,
    rows: walk.seq,
    checkpoints: walk.checkpoints,
    firstBadRow: finding?.row ?? null,
    firstBadCheckpoint: finding?.checkpoint ?? null,
    problem: finding?.problem ?? null,
    verifiedSize: walk.verifiedSize,
    lastHash: walk.lastHash.toString('hex'),
    unvouchedKeys: walk.keys.unvouched,
    evidenceKey: walk.keys.evidenceKey,
    evidenceKeys: walk.keys.evidenceKeys,
  };
}
