import { prepare } from '../database/prepared.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import {
  consistencyRanges,
  frontierRanges,
  GrowingTree,
  inclusionRanges,
  leavesPerStored,
  nodeHash,
  rootOfFrontier,
  type Range,
} from './merkle.ts';

/**
 * The tree over the rows of the ledger as the database has it: rows are its leaves (row `seq` is leaf `seq - 1`), and the
 * roots of whole subtrees of 256 rows, 65,536 and so on are stored, so that a proof in ten million rows reads about a
 * thousand hashes. What is not stored yet is reckoned from what is below it.
 */

const leaves = prepare((query, { after, to }: { readonly after: number; readonly to: number }) =>
  query
    .selectFrom('ledger')
    .select('hash')
    .where('seq', '>', after)
    .where('seq', '<=', to)
    .orderBy('seq'),
);

const storedOnes = prepare(
  (
    query,
    { level, from, to }: { readonly level: number; readonly from: number; readonly to: number },
  ) =>
    query
      .selectFrom('ledger_subtrees')
      .select('hash')
      .where('level', '=', level)
      .where('position', '>=', from)
      .where('position', '<', to)
      .orderBy('position'),
);

const store = prepare(
  (query, row: { readonly level: number; readonly position: number; readonly hash: Uint8Array }) =>
    query
      .insertInto('ledger_subtrees')
      .values({ level: row.level, position: row.position, hash: row.hash }),
);

const lastStored = prepare((query, { below }: { readonly below: number }) =>
  query
    .selectFrom('ledger_subtrees')
    .select('position')
    .where('level', '=', 1)
    .where('position', '<', below)
    .orderBy('position', 'desc')
    .limit(1),
);

/** The root over the first `size` rows. @throws RangeError where the ledger has not so many */
export async function rootAt(reader: Reader, size: number): Promise<Buffer> {
  return rootOfFrontier(await frontier(reader, size));
}

/** The roots of the whole subtrees that the first `size` rows consist of, from left to right. @throws RangeError */
export function frontier(reader: Reader, size: number): Promise<readonly Buffer[]> {
  return rootsOf(reader, frontierRanges(size));
}

/** What proves that row `seq` is among the first `size`, from its sibling upwards (RFC 6962 section 2.1.1). @throws RangeError */
export function inclusionProof(
  reader: Reader,
  seq: number,
  size: number,
): Promise<readonly Buffer[]> {
  return rootsOf(reader, inclusionRanges(seq - 1, size));
}

/** What proves that the first `fromSize` rows are the beginning of the first `toSize` (section 2.1.2). @throws RangeError */
export function consistencyProof(
  reader: Reader,
  fromSize: number,
  toSize: number,
): Promise<readonly Buffer[]> {
  return rootsOf(reader, consistencyRanges(fromSize, toSize));
}

async function rootsOf(reader: Reader, ranges: readonly Range[]): Promise<readonly Buffer[]> {
  const roots: Buffer[] = [];
  for (const range of ranges) roots.push(await rootOf(reader, range));
  return roots;
}

/** Of a range that RFC 6962 splits a tree into: it begins at a multiple of the power of two that it is no longer than. */
async function rootOf(reader: Reader, range: Range): Promise<Buffer> {
  const roots: Buffer[] = [];
  for (const part of frontierRanges(range.to - range.from))
    roots.push(await wholeRoot(reader, range.from + part.from, part.to - part.from));
  return rootOfFrontier(roots);
}

/** @param width a power of two, and `from` a multiple of it */
async function wholeRoot(reader: Reader, from: number, width: number): Promise<Buffer> {
  if (width < leavesPerStored) return folded(await leavesOf(reader, from, width), from, width);
  let level = 1;
  let own = leavesPerStored;
  while (own * leavesPerStored <= width) {
    own *= leavesPerStored;
    level += 1;
  }
  const given = { level, from: from / own, to: (from + width) / own };
  const found = await storedOnes.all(reader, given);
  if (found.length === width / own) return folded(found.map(hashOf), from, width);
  const parts: Buffer[] = [];
  for (let at = from; at < from + width; at += own) parts.push(await reckoned(reader, at, own));
  return folded(parts, from, width);
}

/** The root of a subtree that is not stored, from 256 of those below it. */
async function reckoned(reader: Reader, from: number, width: number): Promise<Buffer> {
  const below = width / leavesPerStored;
  if (below === 1) return folded(await leavesOf(reader, from, width), from, width);
  const parts: Buffer[] = [];
  for (let at = from; at < from + width; at += below)
    parts.push(await wholeRoot(reader, at, below));
  return folded(parts, from, width);
}

async function leavesOf(reader: Reader, from: number, width: number): Promise<readonly Buffer[]> {
  const found = (await leaves.all(reader, { after: from, to: from + width })).map(hashOf);
  if (found.length !== width)
    throw new RangeError(`rows ${from + 1} to ${from + width} are not all in the ledger`);
  return found;
}

function folded(hashes: readonly Buffer[], from: number, width: number): Buffer {
  let row = hashes;
  if (row.length === 0) throw new RangeError(`no hashes of ${width} rows from ${from + 1} on`);
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let index = 0; index < row.length; index += 2)
      above.push(nodeHash(row[index]!, row[index + 1]!));
    row = above;
  }
  return row[0]!;
}

function hashOf({ hash }: { readonly hash: Uint8Array }): Buffer {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength);
}

/** How many of the first `size` rows the stored subtrees cover: a multiple of 256. One of rows to come is none of ours. */
async function storedSize(reader: Reader, size: number): Promise<number> {
  const last = await lastStored.first(reader, { below: Math.floor(size / leavesPerStored) });
  return last === undefined ? 0 : (last.position + 1) * leavesPerStored;
}

/** Rows whose subtrees are stored in one unit, so that the units of transfers come in between. */
const rowsPerUnit = 16 * leavesPerStored;

/** Stores what is whole of the first `size` rows: in one go for a minute's rows, bit by bit for those of years. */
export async function growTree(database: Database, size: number): Promise<void> {
  for (;;) {
    const grown = await database.write((unit) => growBy(unit, size), { durable: 'soon' });
    if (grown + leavesPerStored > size) return;
    await new Promise(setImmediate);
  }
}

/** @returns how many rows are covered now */
async function growBy(unit: Unit, size: number): Promise<number> {
  const from = await storedSize(unit, size);
  const whole = Math.floor(size / leavesPerStored) * leavesPerStored;
  const to = Math.min(from + rowsPerUnit, whole);
  if (to <= from) return from;
  const tree = new GrowingTree(from, await frontier(unit, from));
  const made: { level: number; hash: Buffer; position: number }[] = [];
  for (let at = from; at < to; at += leavesPerStored)
    for (const leaf of await leavesOf(unit, at, leavesPerStored))
      tree.append(leaf, (level, hash) => {
        const position = (tree.size + 1) / leavesPerStored ** level - 1;
        made.push({ level, hash, position });
      });
  for (const each of made) await store.run(unit, each);
  return to;
}
