// docs/EVIDENCE.md against the real server: the auditor's commands as they stand there.
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { verifierFile } from '../fixtures/verifier.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { openScene } from './story.ts';

const build = resolve(import.meta.dirname, '../..');
const root = resolve(build, '..');
t.setTimeout(600_000);

/** The blocks of one section, as one script. */
function scriptOf(section: string): string {
  const text = readFileSync(join(root, 'docs/EVIDENCE.md'), 'utf8');
  const part = text.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const blocks = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  return blocks.join('\n');
}

t.test(
  'an auditor verifies what the server exports, by docs/EVIDENCE.md alone',
  needs('bash', 'jq', 'sftp'),
  async (t) => {
    const scene = await openScene(t);
    const { server, amy, here } = scene;
    writeFileSync(join(here, 'cases.csv'), 'a,b\n');
    const sent = await run('sftp', [...sshOptions(server, amy), '-b', '-', address(amy)], {
      cwd: here,
      input: 'put cases.csv /outgoing/cases.csv\n',
    });
    t.equal(sent.status, 0, sent.output);
    writeFileSync(
      join(here, 'waybill'),
      `#!/bin/sh\nexec '${plainNode}' ${plainNodeArguments.join(' ')} '${join(build, 'cli/main.js')}' "$@"\n`,
      { mode: 0o755 },
    );
    copyFileSync(verifierFile, join(here, 'waybill-verify.mjs'));
    const bash = (script: string) =>
      run('bash', ['-euo', 'pipefail'], {
        cwd: here,
        input: script,
        environment: {
          PATH: `${here}:${process.env['PATH'] ?? ''}`,
          WAYBILL_URL: `http://127.0.0.1:${server.adminPort}`,
          WAYBILL_API_KEY_FILE: 'auditor.key',
          WAYBILL_DATA_DIR: server.dataDirectory,
        },
      });
    const made = await bash('waybill admin-key issue --name auditor > auditor.key');
    t.equal(made.status, 0, made.output);
    const told = await bash(scriptOf('For an auditor: the ledger, verified without the server'));
    t.equal(told.status, 0, told.output);
    t.equal(told.output.match(/^good: /gm)?.length, 4);
    t.match(readFileSync(join(here, 'ledger.ndjson'), 'utf8'), '"path":"/outgoing/cases.csv"');
    t.match(readFileSync(join(here, 'ledger.csv'), 'utf8'), ',/outgoing/cases.csv,');

    for (const format of ['ndjson', 'csv']) {
      const file = join(here, `ledger.${format}`);
      const whole = readFileSync(file);
      const again = await bash(`waybill audit export --format ${format} -o ledger.${format}`);
      t.equal(again.status, 1, 'what is whole is not written again');
      for (const bytes of [whole.length - 3, Math.floor(whole.length / 2), 1_200, 200, 5, 0]) {
        truncateSync(file, bytes);
        const more = await bash(`waybill audit export --format ${format} -o ledger.${format}`);
        t.equal(more.status, 0, more.output);
        const now = readFileSync(file, 'utf8');
        if (bytes > 1_000) {
          t.equal(now.slice(0, 300), whole.toString('utf8').slice(0, 300));
          t.match(now, format === 'csv' ? /\nend,/ : /\n\{"type":"end"/);
        }
        if (format === 'csv') continue;
        const good = await bash('node waybill-verify.mjs ledger.ndjson --trust allowed_signers');
        t.equal(good.status, 0, good.output);
      }
    }
    // A part of other rows was gone on with, whatever was asked for, and taken for what was.
    const part = join(here, 'part.ndjson');
    const first = await bash('waybill audit export --seq 1-4 -o part.ndjson');
    t.equal(first.status, 0, first.output);
    truncateSync(part, readFileSync(part).length - 3);
    for (const asked of ['--seq 2-4', '--seq 1-9999999']) {
      const others = await bash(`waybill audit export ${asked} -o part.ndjson`);
      t.match(others, { status: 1, output: /is a part of rows 1 to \d+, and rows/ }, asked);
    }
    const going = await bash('waybill audit export --seq 1-4 -o part.ndjson');
    t.equal(going.status, 0, going.output);
    const same = await bash('waybill audit export --force --seq 1-4 -o part.ndjson');
    t.equal(same.status, 0, same.output);
    const held = await bash('waybill audit verify --export part.ndjson --trust allowed_signers');
    t.match(held, { status: 0, output: /good: waybill\// }, held.output);
    writeFileSync(part, readFileSync(part, 'utf8').replace('"seq\\":3', '"seq\\":4'));
    const altered = await bash('waybill audit verify --export part.ndjson --trust allowed_signers');
    t.match(altered, { status: 1, output: /BAD: row/ });
    const untrusted = await bash('waybill audit verify --export part.ndjson');
    t.match(untrusted, { status: 2, output: /--trust/ });

    writeFileSync(join(here, 'mine.txt'), 'not an export\n');
    const other = await bash('waybill audit export -o mine.txt');
    t.equal(other.status, 1, other.output);
    t.equal(readFileSync(join(here, 'mine.txt'), 'utf8'), 'not an export\n');

    const young = await bash('waybill audit archive run');
    t.equal(young.status, 1);
    t.match(young.output, /no rows of before/);
    const soon = await bash('waybill audit archive run --before 30d');
    t.match(soon.output, /at least 7 years ago/);
    t.match((await bash('waybill audit archive list')).output, /nothing is archived/);
    t.notOk(existsSync(join(server.dataDirectory, 'archive')));
  },
);
