import type { Database, Reader } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import { newestStub, type ArchiveStub } from './archive-stubs.ts';
import { checkpointFrom, checkpointsAfter, latestCheckpoint, ledgerOrigin } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import {
  announcementsFor,
  announcementLine,
  checkpointLine,
  endLine,
  headLine,
  type ExportLine,
  type SeqRange,
} from './export-lines.ts';
import { rowsForExport, type ExportedRow } from './export-rows.ts';
import { inclusionProofOf, type InclusionProof } from './export-proof.ts';
import { frontier } from './merkle-tree.ts';
import type { LedgerNames } from './names.ts';
import { namesIn } from './opened-row.ts';
import { boundsOf } from './time-bounds.ts';

export type LedgerExportParts = {
  readonly database: Database;
  /** Without it, names stay closed. */
  readonly names: Pick<LedgerNames, 'open'> | null;
  /** Makes a checkpoint of what is new, so that an export ends with what is now. */
  readonly checkpointNow: () => Promise<unknown>;
  /** The public keys that ever signed here, as in `.pub` files, the newest first. */
  readonly evidenceKeys: () => Promise<readonly string[]>;
};

/** What is wanted: rows by number or by time, `toMs` not included; without an end, up to now. */
export type WantedRange = {
  readonly firstSeq?: number | undefined;
  readonly lastSeq?: number | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
};

/** Where an export that was cut off goes on: behind this row. */
export type ExportPlace = { readonly seq: number; readonly hash: string };

/** The ledger for who verifies it elsewhere. */
export interface LedgerExports {
  /**
   * The rows that an export has: those that are wanted, and behind them as many as it takes to end with a checkpoint, so
   * that each is signed for.
   *
   * @throws Fault `not-found` where there are none, `conflict` for rows that are archived or that no checkpoint has yet
   */
  range(wanted: WantedRange): Promise<SeqRange>;
  /** The lines of an export, some at a time; with `after`, those that come behind that row. @throws Fault `conflict` */
  lines(range: SeqRange, after?: ExportPlace): AsyncGenerator<readonly ExportLine[]>;
  /** What proves that one row is in the ledger. @throws Fault `not-found`, `conflict` */
  proof(seq: number): Promise<InclusionProof>;
}

/** Rows of one read: transfers come in between. */
const rowsPerPage = 500;
/** Names that an export remembers to have told. */
const namesToldMax = 50_000;

export function createLedgerExports(parts: LedgerExportParts): LedgerExports {
  return {
    range: (wanted) => rangeOf(parts, wanted),
    lines: (range, after) => linesOf(parts, range, after),
    proof: (seq) => inclusionProofOf(parts, seq),
  };
}

async function rangeOf(parts: LedgerExportParts, wanted: WantedRange): Promise<SeqRange> {
  await parts.checkpointNow();
  return parts.database.read(async (reader) => {
    const newest = await latestCheckpoint(reader);
    if (newest === undefined)
      throw new Fault('conflict', 'there is no checkpoint yet: try again in a minute');
    const asked = await askedSeqs(reader, wanted, newest);
    const archived = (await newestStub(reader))?.stub;
    if (archived !== undefined && wanted.fromMs !== undefined) checkFrom(archived, wanted.fromMs);
    // The first row all of whose successors are here.
    const firstThere = (archived?.lastSeq ?? 0) + 1;
    const firstSeq = Math.max(asked.first, wanted.firstSeq === undefined ? firstThere : 1);
    if (firstSeq < firstThere)
      throw new Fault(
        'conflict',
        `the rows before ${firstThere} are archived: \`waybill audit archive list\` names the files`,
        { pointer: '/firstSeq' },
      );
    if (firstSeq > asked.last)
      throw new Fault('not-found', 'the ledger has no such rows that a checkpoint covers');
    const covering = (await checkpointFrom(reader, asked.last)) ?? newest;
    return { firstSeq, lastSeq: covering.size };
  });
}

async function askedSeqs(
  reader: Reader,
  { firstSeq, lastSeq, fromMs, toMs }: WantedRange,
  newest: Checkpoint,
): Promise<{ readonly first: number; readonly last: number }> {
  const timed =
    fromMs === undefined && toMs === undefined
      ? { first: 1, last: newest.size }
      : await boundsOf(reader, {
          ...(fromMs !== undefined && { fromMs }),
          ...(toMs !== undefined && { toMs }),
        });
  return {
    first: Math.max(timed.first, firstSeq ?? 1),
    last: Math.min(timed.last, lastSeq ?? newest.size, newest.size),
  };
}

/** An export that begins later than was asked for looks whole. @throws Fault `conflict` at `/from` */
function checkFrom({ to, lastSeq }: ArchiveStub, fromMs: number): void {
  if (fromMs > Date.parse(to)) return;
  throw new Fault(
    'conflict',
    `the rows up to ${lastSeq}, of ${to}, are archived: ask for later ones, and \`waybill audit archive list\` names the files`,
    { pointer: '/from' },
  );
}

async function* linesOf(
  parts: LedgerExportParts,
  range: SeqRange,
  after: ExportPlace | undefined,
): AsyncGenerator<readonly ExportLine[]> {
  const { database } = parts;
  if (after === undefined) yield await headOf(parts, range);
  else await database.read((reader) => checkPlace(reader, after));
  const told = new Set<string>();
  let seq = after?.seq ?? range.firstSeq - 1;
  // A checkpoint stands behind its last row, and an export that was cut off goes on behind a row.
  let checkpointsTold = after === undefined ? seq : seq - 1;
  while (checkpointsTold < range.lastSeq) {
    const from = seq;
    const page = await database.read(async (reader) => {
      const to = Math.min(from + rowsPerPage, range.lastSeq);
      const rows = await rowsForExport(reader, from, to);
      // What is archived meanwhile goes from under it, and an end behind a hole would speak for all of it.
      if (rows.length !== to - from)
        throw new Fault(
          'conflict',
          `rows ${from + 1} to ${to} are not all there: they were archived meanwhile, or are missing`,
        );
      const checkpoints = await checkpointsAfter(reader, checkpointsTold, to - checkpointsTold);
      return { to, lines: await linesOfPage(parts, reader, { rows, checkpoints, to, told }) };
    });
    seq = page.to;
    checkpointsTold = page.to;
    yield page.lines;
  }
  yield [endLine(range)];
}

async function headOf(
  { database, evidenceKeys }: LedgerExportParts,
  range: SeqRange,
): Promise<readonly ExportLine[]> {
  const keys = await evidenceKeys();
  return database.read(async (reader) => {
    const before = range.firstSeq - 1;
    // Not from the row before, which may be archived.
    const [first] = await rowsForExport(reader, before, range.firstSeq);
    const head = headLine(range, {
      origin: await ledgerOrigin(reader),
      frontier: await frontier(reader, before),
      previousHash: first?.previousHash ?? null,
      exportedAtMs: reader.nowMs,
      evidenceKeys: keys,
    });
    const checkpoint = await checkpointFrom(reader, range.firstSeq);
    const announced =
      checkpoint === undefined ? [] : await announcementsFor(reader, checkpoint, before);
    const lines: ExportLine[] = [head];
    for (const row of announced) lines.push(await announcementLine(reader, row, before));
    return lines;
  });
}

async function checkPlace(reader: Reader, { seq, hash }: ExportPlace): Promise<void> {
  const [row] = await rowsForExport(reader, seq - 1, seq);
  if (row?.hash !== hash)
    throw new Fault(
      'conflict',
      `row ${seq} is not the one that the export has: it is of another ledger`,
    );
}

type Page = {
  readonly rows: readonly ExportedRow[];
  readonly checkpoints: readonly Checkpoint[];
  /** The last row that it may have. */
  readonly to: number;
  /** Commitments of names that the export has told of. */
  readonly told: Set<string>;
};

async function linesOfPage(
  { names }: LedgerExportParts,
  reader: Reader,
  { rows, checkpoints, to, told }: Page,
): Promise<readonly ExportLine[]> {
  const lines: ExportLine[] = [];
  if (names !== null)
    for (const name of await namesIn(reader, names, rows)) {
      if (told.has(name.commitment)) continue;
      if (told.size >= namesToldMax) told.clear();
      told.add(name.commitment);
      lines.push({ type: 'name', ...name });
    }
  const waiting = checkpoints.filter(({ size }) => size <= to);
  for (const row of rows) {
    while (waiting[0] !== undefined && waiting[0].size < row.seq)
      lines.push(checkpointLine(waiting.shift()!));
    lines.push({ type: 'row', row });
  }
  return [...lines, ...waiting.map(checkpointLine)];
}
