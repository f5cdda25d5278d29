import { prepare } from '../database/prepared.ts';
import type { Database, Reader } from '../database/units.ts';
import { problemOfArchives } from './archive-check.ts';
import { startBehindArchives } from './archive-stubs.ts';
import { chainStart } from './chain.ts';
import { readCheckpoint, takeAsGood, type Before } from './checkpoint-check.ts';
import {
  checkpointFrom,
  checkpointsAfter,
  checkpointUpTo,
  type Checkpoint,
} from './checkpoints.ts';
import { keyEvents, KeyHistory } from './key-history.ts';
import { rootOfFrontier } from './merkle.ts';
import { frontier } from './merkle-tree.ts';
import { toldIn } from './row-check.ts';
import { strayIn } from './strays.ts';
import { badRow, type Finding } from './verify-walk.ts';

/** Everything, or what is behind the checkpoint of so many rows. */
export type WalkFrom = 'first' | { readonly verifiedSize: number };

/** Where a walk begins, and what it has to know of what is before. */
export type WalkStart = {
  readonly scope: 'whole' | 'new';
  readonly seq: number;
  readonly hash: Buffer;
  /** Of that row; null where nobody knows any more. */
  readonly atMs: number | null;
  readonly frontier: readonly Buffer[];
  readonly keys: KeyHistory;
  /** The last checkpoint up to there, and how many notes were looked at for it. */
  readonly before: Before;
  readonly checkpoints: number;
  /** Checkpoints up to there that the rows behind have yet to tell of. */
  readonly untold: readonly Checkpoint[];
  readonly finding: Finding | null;
  /** Up to here rows may be missing, as they are archived. */
  readonly goneTo: number;
};

type Base = Pick<WalkStart, 'scope' | 'seq' | 'hash' | 'atMs' | 'frontier' | 'goneTo'>;

const checkpointsAtOnce = 500;

const keyRows = prepare(
  (query, given: { readonly event: string; readonly to: number; readonly after: number }) =>
    query
      .selectFrom('ledger')
      .select(['seq', 'body'])
      .where('event', '=', given.event)
      .where('seq', '>', given.after)
      .where('seq', '<=', given.to)
      .orderBy('seq')
      .limit(checkpointsAtOnce),
);

const rowAt = prepare((query, { seq }: { readonly seq: number }) =>
  query.selectFrom('ledger').select(['at', 'hash']).where('seq', '=', seq),
);

export async function startOf(
  database: Pick<Database, 'read'>,
  from: WalkFrom,
  origin: string,
): Promise<WalkStart> {
  const base = await database.read((reader) => baseOf(reader, from));
  const { keys, finding: ofKeys } = await keysUpTo(database, base.seq);
  const notes =
    base.scope === 'new'
      ? {
          last: await database.read((reader) => lastUpTo(reader, base.seq)),
          count: 0,
          finding: null,
        }
      : await notesUpTo(database, base.seq, origin);
  const outside = await database.read(strayIn);
  const archived = base.scope === 'whole' ? await problemOfArchives(database, origin) : null;
  const { last } = notes;
  if (last !== null) takeAsGood(last, keys);
  return {
    ...base,
    keys,
    before: last,
    checkpoints: notes.count,
    // The row of a checkpoint is behind it; that of any before is not.
    untold: last !== null && last.size === base.seq ? [last] : [],
    finding: outside ?? archived ?? ofKeys ?? notes.finding ?? problemOfBase(base, last),
  };
}

/** What is archived is not walked over, and what was verified before is only where that is asked for. */
async function baseOf(reader: Reader, from: WalkFrom): Promise<Base> {
  const archived = await startBehindArchives(reader);
  const goneTo = archived?.seq ?? 0;
  const verifiedSize = from === 'first' ? 0 : from.verifiedSize;
  if (verifiedSize > (archived?.seq ?? 0)) {
    const checkpoint = await checkpointFrom(reader, verifiedSize);
    const row = await rowAt.first(reader, { seq: verifiedSize });
    if (checkpoint?.size === verifiedSize && row !== undefined)
      return {
        scope: 'new',
        goneTo,
        seq: verifiedSize,
        hash: Buffer.from(row.hash),
        atMs: row.at,
        frontier: await frontier(reader, verifiedSize),
      };
  }
  if (archived !== null) return { scope: 'whole', goneTo, ...archived, atMs: null };
  return { scope: 'whole', goneTo, seq: 0, hash: chainStart, atMs: null, frontier: [] };
}

function problemOfBase({ seq, frontier }: Base, last: Checkpoint | null): Finding | null {
  if (last === null || last.size !== seq || rootOfFrontier(frontier).equals(last.root)) return null;
  return {
    row: 1,
    checkpoint: null,
    problem: `rows 1 to ${seq} are not those of their checkpoint: one of them was altered, or the tree over them`,
  };
}

async function lastUpTo(reader: Reader, size: number): Promise<Checkpoint | null> {
  return (await checkpointUpTo(reader, size)) ?? null;
}

/** What the rows up to one tell of keys, and the first of them that tells nothing that Waybill writes. */
async function keysUpTo(
  database: Pick<Database, 'read'>,
  to: number,
): Promise<{ readonly keys: KeyHistory; readonly finding: Finding | null }> {
  const keys = new KeyHistory();
  if (to === 0) return { keys, finding: null };
  const rows: { seq: number; event: string; body: string }[] = [];
  for (const event of keyEvents)
    for await (const row of rowsOf(database, event, to)) rows.push({ ...row, event });
  for (const { seq, event, body } of rows.toSorted((one, other) => one.seq - other.seq)) {
    const problem = keys.heed(seq, event, toldIn(body) ?? {});
    if (problem !== null) return { keys, finding: badRow(seq, problem) };
  }
  return { keys, finding: null };
}

async function* rowsOf(database: Pick<Database, 'read'>, event: string, to: number) {
  for (let after = 0; ;) {
    const from = after;
    const rows = await database.read((reader) => keyRows.all(reader, { event, to, after: from }));
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < checkpointsAtOnce) return;
    after = last.seq;
  }
}

/** The notes up to a row: each is as it was and follows the one before it. */
async function notesUpTo(
  database: Pick<Database, 'read'>,
  to: number,
  origin: string,
): Promise<{
  readonly last: Checkpoint | null;
  readonly count: number;
  readonly finding: Finding | null;
}> {
  let last: Checkpoint | null = null;
  let count = 0;
  if (to === 0) return { last, count, finding: null };
  for (;;) {
    const after: number = last?.size ?? 0;
    const found = await database.read((reader) =>
      checkpointsAfter(reader, after, checkpointsAtOnce),
    );
    for (const checkpoint of found) {
      if (checkpoint.size > to) return { last, count, finding: null };
      const { problem } = readCheckpoint(checkpoint, last, origin);
      if (problem !== null) {
        const { size } = checkpoint;
        const finding = {
          row: null,
          checkpoint: size,
          problem: `the checkpoint of ${size} rows: ${problem}`,
        };
        return { last, count, finding };
      }
      last = checkpoint;
      count += 1;
    }
    if (found.length < checkpointsAtOnce) return { last, count, finding: null };
  }
}
