import { prepare } from '../database/prepared.ts';
import type { Database, Reader } from '../database/units.ts';
import type { ArchiveStub } from './archive-stubs.ts';
import { GrowingTree, leavesPerStored } from './merkle.ts';
import {
  checkRow,
  columnsAgree,
  columnsAgreeByBytes,
  columnsDiffer,
  prevOf,
  walkedRows,
  type WalkedRow,
} from './row-check.ts';
import { badRow, type Finding } from './verify-walk.ts';

const atOnce = 500;

const seqs = prepare(
  (query, given: { readonly after: number; readonly to: number; readonly most: number }) =>
    query
      .selectFrom('ledger')
      .select('seq')
      .where('seq', '>', given.after)
      .where('seq', '<=', given.to)
      .orderBy('seq')
      .limit(given.most),
);

const subtrees = prepare(
  (
    query,
    given: {
      readonly level: number;
      readonly from: number;
      readonly to: number;
      readonly most: number;
    },
  ) =>
    query
      .selectFrom('ledger_subtrees')
      .select(['position', 'hash'])
      .where('level', '=', given.level)
      .where('position', '>=', given.from)
      .where('position', '<', given.to)
      .orderBy('position')
      .limit(given.most),
);

type Gone = Pick<ArchiveStub, 'goneTo' | 'goneHash' | 'goneFrontier'>;

/**
 * Whether the rows up to `goneTo` that are still there are those that stay, and those whose turn to be deleted has not come:
 * the last ones, in an unbroken chain. They may be deleted while they are looked at.
 */
export async function problemOfGoneRows(
  database: Pick<Database, 'read'>,
  { goneTo, goneHash }: Gone,
  kept: ReadonlySet<number>,
): Promise<Finding | null> {
  for (;;) {
    const first = await firstOther(database, goneTo, kept);
    if (first === null) return null;
    const { finding, last } = await chainFrom(database, first, goneTo);
    if (last !== null && last.toString('hex') === goneHash) return null;
    // A deletion begins with the lowest: where it is still there, none has come in between.
    if (!(await database.read((reader) => isThere(reader, first)))) continue;
    return finding ?? badRow(first, 'the row was altered, or one behind it; they are archived');
  }
}

async function firstOther(
  database: Pick<Database, 'read'>,
  to: number,
  kept: ReadonlySet<number>,
): Promise<number | null> {
  for (let after = 0; ;) {
    const given = { after, to, most: atOnce };
    const rows = await database.read((reader) => seqs.all(reader, given));
    const other = rows.find(({ seq }) => !kept.has(seq));
    if (other !== undefined) return other.seq;
    const last = rows.at(-1);
    if (last === undefined) return null;
    after = last.seq;
  }
}

/** @returns the hash of the row `to`; null where something is wrong before it */
async function chainFrom(
  database: Pick<Database, 'read'>,
  first: number,
  to: number,
): Promise<{ readonly finding: Finding | null; readonly last: Buffer | null }> {
  let prev: Buffer | null = null;
  for (let next = first; next <= to;) {
    const from = next;
    const before: Buffer | null = prev;
    const part: ChainPart = await database.read((reader) => chainPart(reader, from, to, before));
    if (part.finding !== null) return { finding: part.finding, last: null };
    [next, prev] = [part.next, part.last];
  }
  return { finding: null, last: prev };
}

type ChainPart = {
  readonly finding: Finding | null;
  readonly next: number;
  readonly last: Buffer | null;
};

async function chainPart(
  reader: Reader,
  from: number,
  to: number,
  before: Buffer | null,
): Promise<ChainPart> {
  let [next, last] = [from, before];
  const rows: readonly WalkedRow[] = await walkedRows(
    reader,
    from - 1,
    Math.min(atOnce, to - from + 1),
  );
  for (const row of rows) {
    const checked = checkRow(row, next, last ?? prevOf(row));
    if (checked.problem !== null) return { finding: goneRow(from, next), next, last };
    const agree = columnsAgree(row, checked) ?? (await columnsAgreeByBytes(reader, row, checked));
    if (!agree) return { finding: badRow(next, columnsDiffer), next, last };
    [next, last] = [next + 1, checked.hash];
  }
  return { finding: rows.length === 0 ? goneRow(from, next) : null, next, last };
}

function goneRow(from: number, next: number): Finding {
  const row = Math.max(from, next - 1);
  return badRow(row, 'the row was altered, or is there though it is archived');
}

async function isThere(reader: Reader, seq: number): Promise<boolean> {
  return (await seqs.first(reader, { after: seq - 1, to: seq, most: 1 })) !== undefined;
}

/** Whether the stored subtrees of the rows that are gone come to what was signed of them. */
export async function problemOfGoneTree(
  database: Pick<Database, 'read'>,
  { goneTo, goneFrontier }: Gone,
): Promise<Finding | null> {
  const count = goneTo / leavesPerStored;
  if (!Number.isInteger(count)) return badSubtree(1, 0);
  // Its leaves are subtrees of the first level.
  const tree = new GrowingTree();
  while (tree.size < count) {
    const page = { level: 1, from: tree.size, to: count, most: atOnce };
    const rows = await database.read((reader) => subtrees.all(reader, page));
    const above: { level: number; position: number; hash: Buffer }[] = [];
    for (const { position, hash } of rows) {
      if (position !== tree.size) return badSubtree(1, tree.size);
      tree.append(Buffer.from(hash), (level, whole) =>
        above.push({
          level: level + 1,
          position: (position + 1) / leavesPerStored ** level - 1,
          hash: whole,
        }),
      );
    }
    if (rows.length === 0) return badSubtree(1, tree.size);
    for (const { level, position, hash } of above) {
      const at = { level, from: position, to: position + 1, most: 1 };
      const stored = await database.read((reader) => subtrees.first(reader, at));
      if (stored === undefined || !hash.equals(stored.hash)) return badSubtree(level, position);
    }
  }
  const isSigned = tree.frontier.every(
    (hash, index) => hash.toString('hex') === goneFrontier[index],
  );
  return isSigned && tree.frontier.length === goneFrontier.length ? null : badSubtree(1, 0);
}

function badSubtree(level: number, position: number): Finding {
  const width = leavesPerStored ** level;
  const from = position * width + 1;
  return badRow(from, `the tree of the archived rows from ${from} on is not as it was signed`);
}
