import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { api } from './api/suite.ts';
import { blocks } from './blocks/suite.ts';
import { campaign, grouped } from './campaign.ts';
import { messages } from './messages/suite.ts';
import { packets } from './packets/suite.ts';
import { paths } from './paths/suite.ts';
import type { Suite } from './suite.ts';

const suites: readonly Suite<never>[] = [paths, blocks, packets, messages, api].map(
  (suite) => suite as unknown as Suite<never>,
);

const help = `usage: npm run fuzz -- [suite...] [options]

suites:   ${suites.map(({ name, unit }) => `${name} (${unit})`).join(', ')}; all of them by default
options:  --count N   units of each (or COUNT; default 100000)
          --seed N    (or SEED; default random, and told)
          --only N    one case of that seed
          --help

Inputs that failed once are in test/fuzz/corpus and run first. A new failure is shrunk and written there.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: process.env['COUNT'] ?? '100000' },
    seed: { type: 'string', default: process.env['SEED'] ?? String(randomInt(2 ** 31)) },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const chosen =
  positionals.length === 0 ? suites : suites.filter(({ name }) => positionals.includes(name));
if (values.help || chosen.length === 0 || chosen.length < positionals.length) {
  process.stdout.write(`${help}\n`);
  process.exitCode = values.help ? 0 : 2;
} else {
  await run();
}

type Outcome = { readonly lines: readonly string[]; readonly good: boolean };

/** The output is TAP, with the figures as comments. Each of several suites has a process, two at a time. */
async function run(): Promise<void> {
  const outcomes: Outcome[] = [];
  say('TAP version 14');
  const waiting = [...chosen];
  const line = async (): Promise<void> => {
    for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
      const outcome = chosen.length === 1 ? await runHere(suite) : await runApart(suite.name);
      outcomes.push(outcome);
      const [first = '', ...rest] = outcome.lines;
      say(`${outcome.good ? 'ok' : 'not ok'} ${outcomes.length} - ${first}`);
      for (const each of rest) say(`  # ${suite.name}: ${each}`);
    }
  };
  await Promise.all(Array.from({ length: 2 }, line));
  const good = outcomes.filter((outcome) => outcome.good).length;
  say(`1..${outcomes.length}`);
  say(`# { total: ${outcomes.length}, pass: ${good}, fail: ${outcomes.length - good} }`);
  process.exitCode = good === outcomes.length ? 0 : 1;
}

async function runHere(suite: Suite<never>): Promise<Outcome> {
  const { units, seconds, failures, notes } = await campaign(suite, {
    seed: Number(values.seed),
    count: Number(values.count),
    only: values.only === undefined ? undefined : Number(values.only),
    tell: (line) => process.stderr.write(`  ${line}\n`),
    keep: true,
  });
  const head = `${suite.name}: ${grouped(units)} ${suite.unit} in ${seconds.toFixed(1)} s, ${grouped(units / seconds)}/s, ${failures.length} failures`;
  return {
    lines: [head, ...[...notes, ...failures].join('\n').split('\n')],
    good: failures.length === 0,
  };
}

/** Memory is measured apart, and a standstill ends one suite alone. */
async function runApart(name: string): Promise<Outcome> {
  const more = values.only === undefined ? [] : ['--only', values.only];
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      process.argv[1]!,
      name,
      '--seed',
      values.seed,
      '--count',
      values.count,
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const [, head] = /^(?:not )?ok 1 - (.*)$/m.exec(text) ?? [];
  const rest = [...text.matchAll(/^ {2}# [a-z]+: (.*)$/gm)].map((match) => match[1]!);
  return {
    lines: [head ?? `${name}: it ended without a word, status ${status}`, ...rest],
    good: status === 0,
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
