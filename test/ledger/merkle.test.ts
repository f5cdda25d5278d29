import t from 'tap';
import { createHash, hash } from 'node:crypto';
import fc from 'fast-check';
import {
  consistencyRanges,
  emptyRoot,
  frontierRanges,
  GrowingTree,
  inclusionRanges,
  isConsistent,
  nodeHash,
  rootOfFrontier,
  rootOfInclusion,
  type Range,
} from '../../server/ledger/merkle.ts';

/** The definitions of RFC 6962 section 2.1, word by word. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(mth(leaves.slice(0, k)))
    .update(mth(leaves.slice(k)))
    .digest();
}

function path(m: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

function subproof(m: number, leaves: readonly Buffer[], isWhole: boolean): readonly Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}

function split(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

/** The test data of Certificate Transparency's own trees, and the roots over the first of them. */
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafOf = (input: Buffer) => hash('sha256', Buffer.concat([Buffer.of(0), input]), 'buffer');
const known = inputs.map((hex) => leafOf(Buffer.from(hex, 'hex')));
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => leafOf(Buffer.from(`row ${index}`)));
const many = numbered(700);
const rangesOver = (leaves: readonly Buffer[], ranges: readonly Range[]) =>
  ranges.map(({ from, to }) => mth(leaves.slice(from, to)));

t.test('the roots of Certificate Transparency’s test data', (t) => {
  const tree = new GrowingTree();
  t.equal(emptyRoot.toString('hex'), roots[0]);
  t.equal(tree.root().toString('hex'), roots[0]);
  known.forEach((leaf, index) => {
    tree.append(leaf);
    t.equal(tree.root().toString('hex'), roots[index + 1], `${index + 1} leaves`);
  });
  t.end();
});

t.test('its inclusion and consistency proofs', (t) => {
  const hexOf = (ranges: readonly Range[]) =>
    rangesOver(known, ranges).map((each) => each.toString('hex'));
  t.same(hexOf(inclusionRanges(0, 8)), [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
  t.same(hexOf(inclusionRanges(2, 3)), [
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  ]);
  t.same(hexOf(consistencyRanges(6, 8)), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  t.same(hexOf(consistencyRanges(1, 1)), []);
  t.end();
});

t.test('a tree that grows has the root and the frontier of the definition', (t) => {
  const tree = new GrowingTree();
  const wholes: string[] = [];
  many.forEach((leaf, index) => {
    tree.append(leaf, (level, root) =>
      wholes.push(`${level} ${index + 1} ${root.toString('hex')}`),
    );
    const size = index + 1;
    if (size % 37 !== 0 && size > 20) return;
    const leaves = many.slice(0, size);
    t.same(tree.root(), mth(leaves), `${size} leaves`);
    t.same(tree.frontier, rangesOver(leaves, frontierRanges(size)));
    t.same(rootOfFrontier(tree.frontier), tree.root());
  });
  t.same(wholes, [
    `1 256 ${mth(many.slice(0, 256)).toString('hex')}`,
    `1 512 ${mth(many.slice(256, 512)).toString('hex')}`,
  ]);
  t.end();
});

t.test('a tree goes on from a frontier', (t) => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(60), (before, behind) => {
      const frontier = rangesOver(many, frontierRanges(before));
      const tree = new GrowingTree(before, frontier);
      for (const leaf of many.slice(before, before + behind)) tree.append(leaf);
      t.ok(tree.root().equals(mth(many.slice(0, before + behind))));
    }),
    { numRuns: 60 },
  );
  t.throws(() => new GrowingTree(3, [many[0]!]), RangeError);
  t.end();
});

const sizes = fc.integer({ min: 1, max: 200 });

t.test('an inclusion proof is the one of the definition, and proves nothing else', (t) => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, at, other) => {
      const leaves = many.slice(0, size);
      const position = at % size;
      const proof = rangesOver(leaves, inclusionRanges(position, size));
      t.same(proof, path(position, leaves));
      const root = mth(leaves);
      t.ok(rootOfInclusion(leaves[position]!, position, size, proof)?.equals(root));
      const wrong = many[(size + (other % 100)) % many.length]!;
      t.notOk(rootOfInclusion(wrong, position, size, proof)?.equals(root));
      t.notOk(rootOfInclusion(leaves[position]!, position, size, [...proof, wrong])?.equals(root));
      if (proof.length > 0) {
        t.notOk(rootOfInclusion(leaves[position]!, position, size, proof.slice(1))?.equals(root));
        const elsewhere = (position + 1 + (other % (size - 1))) % size;
        t.notOk(rootOfInclusion(leaves[position]!, elsewhere, size, proof)?.equals(root));
        const changed = [...proof];
        changed[other % proof.length] = wrong;
        t.notOk(rootOfInclusion(leaves[position]!, position, size, changed)?.equals(root));
      }
    }),
    { numRuns: 80 },
  );
  t.end();
});

t.test('a consistency proof is the one of the definition, and proves nothing else', (t) => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (toSize, at, other) => {
      const fromSize = 1 + (at % toSize);
      const leaves = many.slice(0, toSize);
      const proof = rangesOver(leaves, consistencyRanges(fromSize, toSize));
      t.same(proof, subproof(fromSize, leaves, true));
      const first = { size: fromSize, root: mth(leaves.slice(0, fromSize)) };
      const second = { size: toSize, root: mth(leaves) };
      t.ok(isConsistent(first, second, proof));
      const wrong = many[300 + (other % 100)]!;
      t.notOk(isConsistent({ ...first, root: wrong }, second, proof));
      t.notOk(isConsistent(first, { ...second, root: wrong }, proof));
      t.notOk(isConsistent(first, second, [...proof, wrong]));
      if (proof.length > 0) {
        t.notOk(isConsistent(first, second, proof.slice(1)));
        const changed = [...proof];
        changed[other % proof.length] = wrong;
        t.notOk(isConsistent(first, second, changed));
      }
    }),
    { numRuns: 80 },
  );
  t.end();
});

t.test('what is no tree is refused', (t) => {
  t.throws(() => inclusionRanges(3, 3), RangeError);
  t.throws(() => inclusionRanges(-1, 3), RangeError);
  t.throws(() => inclusionRanges(0.5, 3), RangeError);
  t.throws(() => consistencyRanges(0, 3), RangeError);
  t.throws(() => consistencyRanges(4, 3), RangeError);
  t.throws(() => nodeHash(Buffer.alloc(31), Buffer.alloc(32)), RangeError);
  t.equal(rootOfInclusion(many[0]!, 0, 2, [Buffer.alloc(3)]), null);
  t.notOk(isConsistent({ size: 1, root: many[0]! }, { size: 2, root: many[1]! }, [Buffer.of(1)]));
  t.end();
});
