import t from 'tap';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { goals } from '../../bench/goals.ts';
import { dateWithZone } from '../../bench/machine.ts';
import { goalTable, markdownReport, type Results, type TrialResult } from '../../bench/report.ts';
import { earlierResults, merged, neighbours, writeResults } from '../../bench/results-file.ts';

const root = resolve(import.meta.dirname, '../../..');
const order = ['one', 'two', 'three'];

function trial(name: string, more: Partial<TrialResult> = {}): TrialResult {
  return {
    name,
    at: '2026-11-22T14:00:00+00:00',
    commit: 'abc',
    rounds: 5,
    mib: 1024,
    quick: false,
    seconds: 1,
    findings: { tables: [{ title: `table of ${name}`, columns: ['a', 'b'], lines: [['1', '2']] }] },
    ...more,
  };
}

function results(line: string, trials: readonly TrialResult[]): Results {
  return {
    machine: { line, kernel: 'Linux 6', fileSystem: 'ext2/3/4' },
    versions: { node: 'v20' },
    trials,
  };
}

t.test(
  'results of this machine are read again, and new ones take the place of old ones',
  async (t) => {
    const out = join(t.testdir(), 'RESULTS.md');
    t.same(earlierResults(out, 'here'), { kind: 'none' });
    await writeResults(out, results('here', [trial('one'), trial('three')]), root);
    const earlier = earlierResults(out, 'here');
    t.equal(earlier.kind, 'same machine');
    const fresh = results('here', [trial('two'), trial('one', { commit: 'def' })]);
    const all = merged(earlier, fresh, order);
    t.same(
      all.trials.map(({ name, commit }) => `${name} ${commit}`),
      ['one def', 'two abc', 'three abc'],
    );
  },
);

t.test("another machine's results are told, whatever is left of them", async (t) => {
  const out = join(t.testdir(), 'RESULTS.md');
  await writeResults(out, results('there', [trial('one')]), root);
  t.same(earlierResults(out, 'here'), { kind: 'other machine', machine: 'there' });
  t.same(merged(earlierResults(out, 'here'), results('here', []), order).trials, []);
  writeFileSync(neighbours(out).json, 'not JSON');
  t.same(earlierResults(out, 'here'), { kind: 'other machine', machine: 'unknown' });
});

t.test('a results file without its neighbour tells its machine itself', async (t) => {
  const directory = t.testdir({ 'RESULTS.md': markdownReport(results('there', []), 'x.svg') });
  const out = join(directory, 'RESULTS.md');
  t.same(earlierResults(out, 'here'), { kind: 'other machine', machine: 'there' });
  t.same(earlierResults(out, 'there'), { kind: 'none' });
});

t.test('every goal stands in the table, reached or not', (t) => {
  const figures = { 'put-aes128-gcm.speed': 1.25, 'put-aes128-gcm.cpu': 1.01 };
  const { lines } = goalTable(
    results('here', [trial('one', { findings: { tables: [], figures } })]),
  );
  t.equal(lines.length, Object.keys(goals).length);
  t.same(lines[0]!.slice(1, 4), ['>= 1.25x', '1.25x', 'yes']);
  t.same(lines[1]!.slice(1, 4), ['<= 1x', '1.01x', 'no']);
  t.same(lines[2]!.slice(2, 4), ['not measured', 'no']);
  t.end();
});

t.test('the plot stands beside the results and is linked from them', async (t) => {
  const out = join(t.testdir(), 'RESULTS.md');
  const points = [
    { x: 512, y: 0.4 },
    { x: 4096, y: 3 },
  ];
  const plot = [{ label: 'a < b', colour: '#000000', dashed: false, points }];
  await writeResults(
    out,
    results('here', [trial('one', { findings: { tables: [], plot } })]),
    root,
  );
  t.match(readFileSync(out, 'utf8'), '](results.svg)');
  const svg = readFileSync(join(out, '../results.svg'), 'utf8');
  t.match(svg, 'a &lt; b');
  t.equal(svg.match(/<circle/g)?.length, 2);
});

t.test('a date tells its zone', (t) => {
  const date = new Date('2026-11-22T14:00:00Z');
  t.equal(new Date(dateWithZone(date)).getTime(), date.getTime());
  t.match(dateWithZone(date), /[+-]\d\d:\d\d$/);
  t.end();
});
