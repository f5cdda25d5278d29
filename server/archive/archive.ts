import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepare } from '../database/prepared.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import {
  keptEvents,
  signedStubOf,
  type ArchiveStub,
  type SignedStub,
} from '../ledger/archive-stubs.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import { parseCheckpoint } from '../ledger/checkpoint-note.ts';
import { latestCheckpoint, ledgerOrigin, type Checkpoint } from '../ledger/checkpoints.ts';
import type { LedgerExports } from '../ledger/export.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isConsistent } from '../ledger/merkle.ts';
import { consistencyProof } from '../ledger/merkle-tree.ts';
import type { EvidenceKey } from '../signing/evidence-key.ts';
import type { ArchiveFiles, SealedFile } from './archive-files.ts';
import {
  checkBefore,
  ledgerYearsMin,
  planArchive,
  yearsBefore,
  youngFromMsAt,
  type ArchivePlan,
} from './archive-plan.ts';
import { CheckedLines } from './checked-lines.ts';

export type ArchiveParts = {
  readonly database: Database;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly files: Pick<ArchiveFiles, 'write' | 'isThere' | 'isWhole'>;
  readonly key: Pick<EvidenceKey, 'sign'>;
  /** Without names: what opens them stays where it can be taken away. */
  readonly exports: Pick<LedgerExports, 'lines'>;
  /** Rows that are older are archived by themselves; null: none are. */
  readonly years: number | null;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Why nothing may be sealed now, in words: the clock is in doubt, or the ledger is. */
  readonly problem: () => Promise<string | null>;
  /** Has what was deleted vanish from the log of the database, too. */
  readonly erase: () => Promise<unknown>;
  /** Of the server. */
  readonly version: string;
  readonly onFault: (error: unknown) => void;
};

/** A stub, and whether its file is still where it was written. */
export type ListedArchive = SignedStub & { readonly isFileThere: boolean };

/** Rows that are old enough, out of the database and into sealed files. */
export interface LedgerArchive {
  /** The newest first. */
  list(): Promise<readonly ListedArchive[]>;
  /**
   * Seals the rows of before `beforeMs` (without it, as old as they have to be) that are not sealed yet; their deletion
   * goes on after. One at a time.
   *
   * @throws Fault `field-invalid` at `/before`, `conflict` where nothing is old enough or the clock is in doubt
   */
  seal(origin: Origin, beforeMs?: number): Promise<SignedStub>;
  /** By the schedule, and at the start: goes on with a deletion that broke off, and seals what has become old. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };
/** A unit holds up every other; so does a disk that is given no rest. */
const rowsPerUnit = 250;
const restMs = 20;

export function createLedgerArchive(parts: ArchiveParts): LedgerArchive {
  const stopping = new AbortController();
  let work: Promise<unknown> | undefined;

  const remove = (): Promise<unknown> => {
    const removing = removeGone(parts, stopping.signal)
      .catch(parts.onFault)
      .finally(() => (work = undefined));
    work = removing;
    return removing;
  };
  const seal = async (origin: Origin, beforeMs: number): Promise<SignedStub | null> => {
    if (work !== undefined) throw new Fault('conflict', 'the ledger is being archived already');
    const sealing = sealRows(parts, origin, beforeMs, stopping.signal);
    work = sealing.catch(() => undefined).finally(() => (work = undefined));
    const stub = await sealing;
    await work;
    if (stub !== null) void remove();
    return stub;
  };

  return {
    list: () => listArchives(parts),
    seal: async (origin, beforeMs) => {
      const nowMs = parts.clock();
      const years = parts.years ?? ledgerYearsMin;
      const wantedMs = beforeMs ?? yearsBefore(nowMs, years);
      checkBefore(wantedMs, nowMs, years);
      const stub = await seal(origin, wantedMs);
      if (stub !== null) return stub;
      const before = new Date(wantedMs).toISOString();
      throw new Fault('conflict', `no rows of before ${before} are there that can be archived`);
    },
    tick: async () => {
      if (work !== undefined) return;
      await remove();
      if (parts.years === null || stopping.signal.aborted) return;
      if ((await parts.problem()) !== null) return;
      await seal(serverOrigin, yearsBefore(parts.clock(), parts.years));
    },
    stop: async () => {
      stopping.abort();
      await work;
    },
  };
}

async function listArchives({ database, files }: ArchiveParts): Promise<readonly ListedArchive[]> {
  const rows = await database.read(({ query }) =>
    query.selectFrom('ledger_archives').selectAll().orderBy('last_seq', 'desc').execute(),
  );
  const listed: ListedArchive[] = [];
  for (const row of rows) {
    const isFileThere = await files.isThere(row.file, row.bytes);
    listed.push({ ...signedStubOf(row), isFileThere });
  }
  return listed;
}

/** @returns null where nothing is old enough */
async function sealRows(
  parts: ArchiveParts,
  origin: Origin,
  beforeMs: number,
  signal: AbortSignal,
): Promise<SignedStub | null> {
  const { database, guarded, files, exports } = parts;
  const problem = await parts.problem();
  if (problem !== null) throw new Fault('conflict', problem);
  const plan = await database.read((reader) => planArchive(reader, beforeMs));
  if (plan === null) return null;
  const { firstSeq, checkpoint } = plan;
  if (!(await database.read((reader) => isSigned(reader, checkpoint))))
    throw new Fault('conflict', 'the rows are not those that were signed: `waybill audit verify`');
  const range = { firstSeq, lastSeq: checkpoint.size };
  const youngFromMs = (seq: number) => youngFromMsAt(plan.jumps, seq, beforeMs);
  const lines = new CheckedLines(range, checkpoint.root, youngFromMs, signal);
  const name = `ledger-${padded(firstSeq)}-${padded(checkpoint.size)}.sealed`;
  const sealed = await files.write(name, lines.over(exports.lines(range)));
  return guarded.write((unit) => storeStub(parts, unit, { origin, plan, name, sealed, lines }), {
    by: origin,
  });
}

/** Whether a checkpoint is of the beginning of what the newest note says: what columns say of it nobody has signed. */
async function isSigned(reader: Reader, { size, root }: Checkpoint): Promise<boolean> {
  const newest = parseCheckpoint((await latestCheckpoint(reader))?.note ?? '')?.checkpoint;
  if (newest === undefined || newest.size < size) return false;
  const proof = await consistencyProof(reader, size, newest.size);
  return isConsistent({ size, root }, newest, proof);
}

/** So that a directory lists them in their order. */
function padded(seq: number): string {
  return String(seq).padStart(12, '0');
}

type Sealed = {
  readonly origin: Origin;
  readonly plan: ArchivePlan;
  readonly name: string;
  readonly sealed: SealedFile;
  readonly lines: Pick<CheckedLines, 'fromMs' | 'toMs'>;
};

async function storeStub(
  { ledger, key, version }: ArchiveParts,
  unit: Unit,
  { origin, plan, name, sealed, lines }: Sealed,
): Promise<SignedStub> {
  const { firstSeq, checkpoint, goneTo, goneHash, goneFrontier, kept } = plan;
  const stub: ArchiveStub = {
    v: 1,
    type: 'waybill-archive.1',
    origin: await ledgerOrigin(unit),
    firstSeq,
    lastSeq: checkpoint.size,
    from: new Date(lines.fromMs).toISOString(),
    to: new Date(lines.toMs).toISOString(),
    root: checkpoint.root.toString('hex'),
    goneTo,
    goneHash,
    goneFrontier,
    kept,
    file: name,
    ...sealed,
    archivedAt: new Date(unit.nowMs).toISOString(),
    server: { name: 'waybill', version },
  };
  const text = canonicalJson(stub);
  const signature = key.sign('archive', text);
  await unit.query
    .insertInto('ledger_archives')
    .values({
      last_seq: checkpoint.size,
      first_seq: firstSeq,
      gone_to: goneTo,
      at: unit.nowMs,
      file: name,
      ...sealed,
      stub: text,
      signature,
    })
    .execute();
  await ledger.append(unit, {
    origin,
    outcome: 'success',
    reason: null,
    event: {
      event: 'ledger.archived.1',
      firstSeq,
      lastSeq: checkpoint.size,
      goneTo,
      file: name,
      ...sealed,
      stub: createHash('sha256').update(text).digest('hex'),
    },
  });
  return { stub, text, signature };
}

const newestGone = prepare((query) =>
  query
    .selectFrom('ledger_archives')
    .select(['gone_to', 'file', 'bytes', 'sha256'])
    .orderBy('last_seq', 'desc')
    .limit(1),
);

const nextRow = prepare((query, { after }: { readonly after: number }) =>
  query
    .selectFrom('ledger')
    .select('seq')
    .where('seq', '>', after)
    .where('event', 'not in', keptEvents)
    .orderBy('seq')
    .limit(1),
);

const deleteRows = prepare(
  (query, { after, to }: { readonly after: number; readonly to: number }) =>
    query
      .deleteFrom('ledger')
      .where('seq', '>', after)
      .where('seq', '<=', to)
      .where('event', 'not in', keptEvents),
);

const deleteSteps = prepare((query, { to }: { readonly to: number }) =>
  query.deleteFrom('clock_steps').where('seq', '<=', to),
);

/**
 * Deletes what is sealed, bit by bit: a start goes on where a kill left it. Whatever became of the file since it was
 * sealed, it is read first: the rows here may be the last that there are.
 */
async function removeGone(
  { database, files, erase }: ArchiveParts,
  signal: AbortSignal,
): Promise<void> {
  const waiting = await database.read(async (reader) => {
    const archive = await newestGone.first(reader, {});
    const next = await nextRow.first(reader, { after: 0 });
    const isDone = archive === undefined || next === undefined || next.seq > archive.gone_to;
    return isDone ? null : archive;
  });
  if (waiting === null) return;
  if (!(await files.isWhole(waiting.file, waiting)))
    throw new Error(
      `${waiting.file} is not where it was sealed, or not as it was: the rows in it stay in the ledger until it is back`,
    );
  let gone = 0;
  for (let after = 0; !signal.aborted;) {
    const from = after;
    const to = await database.write((unit) => removePart(unit, from));
    if (to === null) break;
    [after, gone] = [to, to];
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
  // SQLite overwrites what is deleted; until this its log has it still.
  if (gone > 0) await erase();
}

/** @returns up to where it is done; null where there is nothing to do */
async function removePart(unit: Unit, after: number): Promise<number | null> {
  const [archive, next] = [await newestGone.first(unit, {}), await nextRow.first(unit, { after })];
  if (archive === undefined || next === undefined || next.seq > archive.gone_to) return null;
  const to = Math.min(next.seq + rowsPerUnit - 1, archive.gone_to);
  await deleteRows.run(unit, { after: next.seq - 1, to });
  await deleteSteps.run(unit, { to });
  return to;
}
