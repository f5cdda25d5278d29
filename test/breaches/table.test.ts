import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './fixtures/sources.ts';

const table = readFileSync(join(root, 'docs/BREACHES.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells[3]?.startsWith('test/breaches/'))
  .map(([, row = '', rule = '', file = '']) => ({ row, rule, file }));

const tests = readdirSync(join(root, 'test/breaches'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/breaches/${name}`);

/** The names of the tests in a file, as far as its source has them. */
const namesIn = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/t\.test\(\s*(['`])(.*?)\1/gs)].map(
    (match) => match[2]!,
  );

t.test('every row of docs/BREACHES.md has a test of its name', async (t) => {
  t.ok(table.length >= 30);
  for (const { row, rule, file } of table) {
    t.ok(tests.includes(file), `${row}: ${file}`);
    t.ok(
      namesIn(file).some((name) => name.startsWith(`${row}:`)),
      `${row} is in ${file}`,
    );
    t.ok(rule.length > 20, `${row} leaves a rule`);
  }
});

t.test('every test of this folder is in the table', async (t) => {
  for (const file of tests) {
    if (/\/(table|ten-rules)\.test\.ts$/.test(file)) continue;
    for (const name of namesIn(file)) {
      const known = table.some((entry) => entry.file === file && name.startsWith(`${entry.row}:`));
      t.ok(known, `${file}: ${name}`);
    }
  }
  const rules = namesIn('test/breaches/ten-rules.test.ts').map((name) => name.split(':')[0]);
  t.same(rules, ['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10']);
});
