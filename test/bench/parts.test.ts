import t from 'tap';
import { turned } from '../../bench/contest.ts';
import { distances } from '../../bench/distance.ts';
import { decadesOf, plotSvg } from '../../bench/plot.ts';
import { processTree, treeBytes } from '../../bench/processes.ts';
import { places } from '../../bench/trials/random-reads.ts';
import { trials } from '../../bench/trials/table.ts';
import { workerCounts } from '../../bench/trials/workers.ts';

t.test('who begins changes with the round', (t) => {
  const orders = [0, 1, 2, 3].map((round) => turned(['a', 'b', 'c'], round).join(''));
  t.same(orders, ['abc', 'bca', 'cab', 'abc']);
  t.same(turned([], 3), []);
  t.end();
});

t.test('random places are the same in every run, and inside the file', (t) => {
  const some = places(1000);
  t.same(some, places(1000));
  t.ok(some.every(({ offset, length }) => offset >= 0 && offset + length <= 256 * 1024 * 1024));
  t.same(
    [...new Set(some.map(({ length }) => length / 1024))].toSorted((a, b) => a - b),
    [4, 8, 16, 32],
  );
  t.ok(new Set(some.map(({ offset }) => offset)).size > 990, 'all over the file');
  t.end();
});

t.test('numbers of workers go up in doubles to the number of cores', (t) => {
  t.same(workerCounts(1), [0, 1]);
  t.same(workerCounts(2), [0, 1, 2]);
  t.same(workerCounts(6), [0, 1, 2, 4, 6]);
  t.end();
});

t.test('an axis goes from one power of ten to another', (t) => {
  t.same(decadesOf([0.4, 30]), [0.1, 100]);
  t.same(decadesOf([10]), [10, 100]);
  t.same(decadesOf([]), [1, 10]);
  t.end();
});

t.test('a point without a logarithm is left out of the plot', (t) => {
  const text = { title: '', subtitle: '', xLabel: '', yLabel: '' };
  const points = [
    { x: 1, y: 0 },
    { x: 2, y: 5 },
  ];
  const svg = plotSvg(
    {
      ...text,
      xTicks: [
        { at: 1, text: '1' },
        { at: 2, text: '2' },
      ],
    },
    [{ label: 'l', colour: 'red', dashed: true, points }],
  );
  t.equal(svg.match(/<circle/g)?.length, 1);
  t.notMatch(svg, /NaN|Infinity/);
  t.end();
});

t.test('distances need the limits of the machine', (t) => {
  const measured = { 'ledger.msAlone': 0.5 };
  t.same(distances([{ findings: { tables: [], values: measured } }]), []);
  const values = { ...measured, 'limits.appendMs': 0.25 };
  const [table] = distances([{ findings: { tables: [], values } }]);
  t.same(table?.lines[0]?.slice(2, 5), ['0.500', '0.250', '2.00x']);
  t.end();
});

t.test('a process is its own tree, and holds memory', (t) => {
  t.ok(processTree(process.pid).includes(process.pid));
  t.ok(treeBytes(process.pid) > 10 * 1024 * 1024);
  t.same(processTree(2 ** 30), []);
  t.end();
});

t.test('trials have names of their own', (t) => {
  const names = trials.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.end();
});
