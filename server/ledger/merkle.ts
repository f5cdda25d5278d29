import { hash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962 (section 2.1) over leaf hashes that are there already: those of the ledger's rows, which
 * begin with the leaf prefix (chain.ts). Positions count from 0; sizes and positions are below 2^53. Nothing here reads
 * anything: a proof is told as the ranges of leaves whose roots it consists of.
 */

/** Leaves from `from` on, before `to`. */
export type Range = { readonly from: number; readonly to: number };

/** Subtrees are stored at every eighth height: of 256 leaves, of 65,536, and so on. */
export const storedHeights = 8;
export const leavesPerStored = 256;

const hashBytes = 32;
/** One for all: hashing awaits nothing, and three updates cost more than two copies. */
const node = Buffer.alloc(1 + 2 * hashBytes, 1);

/**
 * `SHA-256(0x01 || left || right)`, of two hashes of 32 bytes. By way of hex, as a buffer of its own costs more than the
 * hash: 2.1 us against 1.2.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== hashBytes || right.length !== hashBytes)
    throw new RangeError('a hash of another length');
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  return Buffer.from(hash('sha256', node, 'hex'), 'hex');
}

/** The root of no leaves: SHA-256 of nothing. */
export const emptyRoot = hash('sha256', '', 'buffer');

/** The largest power of two below `size`, which is at least 2: where a tree is split. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The whole subtrees that a tree of a size consists of, from left to right: one for each bit of its size. */
export function frontierRanges(size: number): readonly Range[] {
  checkCount(size);
  const ranges: Range[] = [];
  let from = 0;
  while (from < size) {
    const rest = size - from;
    const width = rest === 1 ? 1 : splitOf(rest + 1);
    ranges.push({ from, to: from + width });
    from += width;
  }
  return ranges;
}

/** The root over a frontier's hashes, which are from left to right. */
export function rootOfFrontier(hashes: readonly Uint8Array[]): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot;
  let root: Buffer = Buffer.from(last);
  for (let index = hashes.length - 2; index >= 0; index -= 1) root = nodeHash(hashes[index]!, root);
  return root;
}

/** `PATH(m, D[n])` of RFC 6962: what proves that a leaf is in a tree, from the leaf upwards. @throws RangeError */
export function inclusionRanges(position: number, size: number): readonly Range[] {
  checkCount(size);
  checkCount(position);
  if (position >= size) throw new RangeError(`leaf ${position} is not in a tree of ${size}`);
  const path: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (position < middle) {
      path.unshift({ from: middle, to });
      to = middle;
    } else {
      path.unshift({ from, to: middle });
      from = middle;
    }
  }
  return path;
}

/** `PROOF(m, D[n])` of RFC 6962: what proves that a tree is the beginning of another. @throws RangeError */
export function consistencyRanges(fromSize: number, toSize: number): readonly Range[] {
  checkCount(fromSize);
  checkCount(toSize);
  if (fromSize < 1 || fromSize > toSize)
    throw new RangeError(`a tree of ${fromSize} is not the beginning of one of ${toSize}`);
  const proof: Range[] = [];
  let from = 0;
  let to = toSize;
  while (to !== fromSize) {
    const middle = from + splitOf(to - from);
    if (fromSize <= middle) {
      proof.unshift({ from: middle, to });
      to = middle;
    } else {
      proof.unshift({ from, to: middle });
      from = middle;
    }
  }
  // Whoever checks it has the root of the smaller tree already, where that is the whole of it.
  return from === 0 ? proof : [{ from, to }, ...proof];
}

/** The root that a leaf and its proof come to (RFC 9162 section 2.1.3.2); null for a proof of another length. */
export function rootOfInclusion(
  leaf: Uint8Array,
  position: number,
  size: number,
  proof: readonly Uint8Array[],
): Buffer | null {
  if (position >= size || !areHashes([leaf, ...proof])) return null;
  let at = position;
  let last = size - 1;
  let root: Buffer = Buffer.from(leaf);
  for (const hash of proof) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else root = nodeHash(root, hash);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}

type Sized = { readonly size: number; readonly root: Uint8Array };

/** Whether the first tree is the beginning of the second one (RFC 9162 section 2.1.4.2). */
export function isConsistent(first: Sized, second: Sized, proof: readonly Uint8Array[]): boolean {
  if (first.size < 1 || first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && isEqual(first.root, second.root);
  const isPowerOfTwo = frontierRanges(first.size).length === 1;
  const [head, ...rest] = isPowerOfTwo ? [first.root, ...proof] : proof;
  if (head === undefined || !areHashes([head, ...rest])) return false;
  let at = first.size - 1;
  let last = second.size - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  let before: Buffer = Buffer.from(head);
  let after: Buffer = Buffer.from(head);
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = nodeHash(hash, before);
      after = nodeHash(hash, after);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else after = nodeHash(after, hash);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isEqual(before, first.root) && isEqual(after, second.root);
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(({ length }) => length === hashBytes);
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** A tree that grows leaf by leaf and keeps only its frontier: a hash for each bit of its size. */
export class GrowingTree {
  /** From left to right. */
  readonly #frontier: Buffer[];
  #size: number;

  /** @param frontier of the tree to go on with, from left to right */
  constructor(size = 0, frontier: readonly Uint8Array[] = []) {
    if (frontierRanges(size).length !== frontier.length)
      throw new RangeError(`a tree of ${size} has another frontier`);
    this.#size = size;
    this.#frontier = frontier.map((hash) => Buffer.from(hash));
  }

  get size(): number {
    return this.#size;
  }

  get frontier(): readonly Buffer[] {
    return this.#frontier;
  }

  /**
   * @param leaf is kept, so it must not change
   * @param onWhole told of each subtree of 256^level leaves that it completes, the smallest first
   */
  append(leaf: Buffer, onWhole?: (level: number, hash: Buffer) => void): void {
    let hash = leaf;
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = nodeHash(this.#frontier.pop()!, hash);
      height += 1;
      if (height % storedHeights === 0) onWhole?.(height / storedHeights, hash);
    }
    this.#frontier.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    return rootOfFrontier(this.#frontier);
  }
}

function checkCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${count} is no count`);
}
