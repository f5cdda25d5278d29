import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';

const demo = join(import.meta.dirname, '../../cli/demo.js');

async function runDemo(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  whenSaid?: { text: string; signal: NodeJS.Signals },
) {
  const child = spawn(plainNode, [...plainNodeArguments, demo, ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isSignalled = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      // Once: a second signal does not wait for the demo to tidy up.
      if (whenSaid === undefined || isSignalled || !output.includes(whenSaid.text)) return;
      isSignalled = true;
      child.kill(whenSaid.signal);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

void t.test('the demo shows the main job, also without an sftp on the machine', async (t) => {
  const { status, output } = await runDemo(['--exit'], { ...process.env, PATH: '/nonexistent' });
  t.equal(status, 0, output);
  t.match(output, 'the built-in client');
  t.equal(output.match(/the same SHA-256 as what was sent/g)?.length, 2);
  t.match(output, 'the ledger verifies');
  t.match(output, /sftp -P \d+ -i \S+amy_ed25519 .* amy@127\.0\.0\.1/);
});

void t.test('Ctrl-C ends it and leaves nothing behind', async (t) => {
  const { status, output } = await runDemo(
    [],
    { ...process.env },
    { text: 'Running until Ctrl-C', signal: 'SIGINT' },
  );
  t.equal(status, 0, output);
  const directory = /Stopped; (\S+) is removed/.exec(output)?.[1] ?? '';
  t.match(directory, /waybill-demo-/);
  t.notOk(existsSync(directory));
  t.notOk(existsSync(`${directory}.log`));
});
