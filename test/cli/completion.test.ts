// What the shells complete is what the commands say of themselves.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { waybill } from './fixtures/run.ts';

/** Command line, the last word unfinished -> some of what is offered, and what is not. */
const cases: readonly (readonly [
  line: string,
  offered: readonly string[],
  not: readonly string[],
])[] = [
  ['waybill ', ['user', 'agency', 'key', 'completion', 'serve'], ['list', '--json']],
  ['waybill us', ['user'], ['agency', 'list']],
  ['waybill user ', ['list', 'import', 'add'], ['rotate', 'user']],
  ['waybill --url http://x user li', ['list'], ['locked']],
  ['waybill --json key ', ['rotate', 'report'], ['locked']],
  ['waybill user list --st', ['--status'], ['--sort']],
  ['waybill user list --', ['--status', '--json', '--key-file'], ['--overlap']],
  ['waybill user list --status ', ['active', 'disabled', 'removed'], ['--agency']],
  ['waybill user list --agency list --sort last', ['lastLoginAt'], ['username']],
  ['waybill key report --state ex', ['expiring', 'expired'], ['unused']],
  ['waybill completion ', ['bash', 'zsh', 'fish'], []],
  ['waybill user import some', ['some file.csv'], ['user']],
  ['waybill --key-file some', ['some file.csv'], ['user']],
  ['waybill user show amy ', [], ['list', 'some file.csv']],
];

async function scriptOf(t: Test, shell: string): Promise<{ directory: string; script: string }> {
  const { status, out, err } = await waybill(['completion', shell]);
  t.equal(status, 0, err);
  const directory = t.testdir();
  const script = join(directory, `waybill.${shell}`);
  writeFileSync(script, out);
  const here = join(directory, 'here');
  mkdirSync(here);
  writeFileSync(join(here, 'some file.csv'), '');
  return { directory: here, script };
}

function missing(shell: string): { skip?: string } {
  const found = spawnSync('/bin/sh', ['-c', `command -v ${shell}`]).status === 0;
  return found ? {} : { skip: `there is no ${shell}` };
}

/** Runs a shell's own program for each case and compares the words that it prints, one a line. */
function complete(
  t: Test,
  { directory }: { directory: string },
  ask: (line: string) => readonly [program: string, ...args: string[]],
  only: (line: string) => boolean = () => true,
): void {
  for (const [line, offered, not] of cases) {
    if (!only(line)) continue;
    const [program, ...args] = ask(line);
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: directory,
      encoding: 'utf8',
    });
    t.equal(stderr, '', line);
    t.equal(status, 0, line);
    const words = stdout.split('\n').map((each) => each.replace(/[:\t].*$/, '').trim());
    for (const word of offered) t.ok(words.includes(word), `${line}[TAB] offers ${word}`);
    for (const word of not) t.notOk(words.includes(word), `${line}[TAB] does not offer ${word}`);
  }
}

void t.test('bash', missing('bash'), async (t) => {
  const { directory, script } = await scriptOf(t, 'bash');
  const program = [
    'source "$1"',
    'COMP_WORDS=("${@:2}")',
    'COMP_CWORD=$((${#COMP_WORDS[@]} - 1))',
    '_waybill',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  complete(t, { directory }, (line) => [
    'bash',
    '--norc',
    '-c',
    program,
    'bash',
    script,
    ...line.split(' '),
  ]);
  // `=` is a word of its own to bash.
  const { stdout } = spawnSync(
    'bash',
    ['--norc', '-c', program, 'bash', script, 'waybill', 'user', 'list', '--status', '=', 'act'],
    { encoding: 'utf8' },
  );
  t.equal(stdout, 'active\n');
});

void t.test('zsh', missing('zsh'), async (t) => {
  const { directory, script } = await scriptOf(t, 'zsh');
  // Its own functions need an interactive shell; these print what they are given.
  const program = [
    'compdef() { : }',
    '_files() { print -l -- *(N) }',
    '_describe() { local each; for each in "${(@P)2}"; do [[ $each == $PREFIX* ]] && print -r -- $each; done; return 0 }',
    'source "$1"',
    'shift',
    'words=("$@")',
    'CURRENT=$#words',
    'PREFIX=${words[CURRENT]}',
    '_waybill',
    'true',
  ].join('\n');
  complete(t, { directory }, (line) => [
    'zsh',
    '-f',
    '-c',
    program,
    'zsh',
    script,
    ...line.split(' '),
  ]);
});

void t.test('fish', missing('fish'), async (t) => {
  const { directory, script } = await scriptOf(t, 'fish');
  complete(t, { directory }, (line) => [
    'fish',
    '--no-config',
    '-c',
    `source ${script}; complete -C '${line}'`,
  ]);
});

void t.test('no other shell, and no secret', async (t) => {
  t.match(await waybill(['completion', 'tcsh']), { status: 2, out: '' });
  const { out } = await waybill(['completion', 'bash'], {
    env: { WAYBILL_API_KEY: 'wb_test_secret' },
  });
  t.notMatch(out, /wb_test/);
});
