import t from 'tap';
import { helpText, readOptions } from '../../bench/options.ts';
import type { Trial } from '../../bench/trial.ts';

const trial = (name: string, quick: boolean): Trial => ({
  name,
  about: `about ${name}`,
  quick,
  run: async () => ({ tables: [] }),
});
const trials = [trial('one', true), trial('two', false), trial('three', true)];
const read = (...args: string[]) => readOptions(args, trials);
const names = (...args: string[]) => read(...args).trials.map(({ name }) => name);

t.test('without a word it is the full run, and writes nothing', (t) => {
  t.match(read(), { rounds: 5, mib: 1024, files: 2000, quick: false, write: false, force: false });
  t.same(read().peers, ['sshd', 'proftpd', 'rclone']);
  t.same(names(), ['one', 'two', 'three']);
  t.end();
});

t.test('--quick takes the trials that have a figure to reach', (t) => {
  t.same(names('--quick'), ['one', 'three']);
  t.match(read('--quick'), { rounds: 3, mib: 128, files: 300, quick: true });
  t.same(read('--quick').peers, ['sshd']);
  t.equal(read('--quick', '--rounds', '7').rounds, 7);
  t.end();
});

t.test('a trial that is named runs, quick or not, in the order of the table', (t) => {
  t.same(names('three', 'two'), ['two', 'three']);
  t.same(names('--quick', 'two'), ['two']);
  t.end();
});

t.test('--out writes', (t) => {
  t.match(read('--out', '/tmp/r.md'), { write: true, out: '/tmp/r.md' });
  t.match(read('--write'), { write: true, out: 'bench/RESULTS.md' });
  t.end();
});

t.test('what makes no sense is refused in words', (t) => {
  t.throws(() => read('four'), { message: 'no trial four' });
  t.throws(() => read('--peers', 'sshd,vsftpd'), { message: 'no peer vsftpd' });
  for (const bad of ['0', '-1', '1.5', 'many', ''])
    t.throws(() => read(`--rounds=${bad}`), /expected a whole number/, bad);
  t.throws(() => read('--what'));
  t.end();
});

t.test('the help names every trial and what to install', (t) => {
  const help = helpText(trials);
  for (const { name, about } of trials) t.match(help, new RegExp(`${name} +${about}`));
  t.match(help, 'proftpd-basic proftpd-mod-crypto');
  t.end();
});
