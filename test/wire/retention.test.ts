// docs/RETENTION.md against the real server: its commands as they stand there, and what they leave behind.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import t from 'tap';
import { databaseFileName } from '../../server/database/open.ts';
import type { LiveServer } from '../fixtures/live-server.ts';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { openScene } from './story.ts';

/** The build that the test is part of, and the repository. */
const build = resolve(import.meta.dirname, '../..');
const root = resolve(build, '..');
const dayMs = 24 * 60 * 60_000;
t.setTimeout(300_000);

/** The blocks of one section, as one script. */
function scriptOf(section: string): string {
  const text = readFileSync(join(root, 'docs/RETENTION.md'), 'utf8');
  const part = text.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const blocks = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  return blocks.join('\n');
}

/** So that what was received a moment ago is as old as the story wants it. */
async function age(server: LiveServer, days: number): Promise<void> {
  await server.stop();
  const sqlite = new BetterSqlite3(join(server.dataDirectory, databaseFileName));
  sqlite.prepare('update versions set received_at = received_at - ?').run(days * dayMs);
  sqlite.close();
  await server.start();
}

t.test(
  'the stories of docs/RETENTION.md',
  needs('bash', 'curl', 'jq', 'ssh-keygen', 'sftp'),
  async (t) => {
    const scene = await openScene(t);
    const { server, amy, here } = scene;
    const sftp = (input: string) =>
      run('sftp', [...sshOptions(server, amy), '-b', '-', address(amy)], { cwd: here, input });
    const put = async (...names: readonly string[]) => {
      for (const name of names) writeFileSync(join(here, name), `the content of ${name}\n`);
      const sent = await sftp(names.map((name) => `put ${name} /outgoing/${name}\n`).join(''));
      t.equal(sent.status, 0, sent.output);
    };
    const command = join(here, 'waybill');
    const cli = join(build, 'cli/main.js');
    writeFileSync(
      command,
      `#!/bin/sh\nexec '${plainNode}' ${plainNodeArguments.join(' ')} '${cli}' "$@"\n`,
      { mode: 0o755 },
    );
    const environment = {
      PATH: `${here}:${process.env['PATH'] ?? ''}`,
      WAYBILL_URL: `http://127.0.0.1:${server.adminPort}`,
    };
    const bash = (script: string, more: Record<string, string> = {}) =>
      run('bash', ['-euo', 'pipefail'], {
        cwd: here,
        input: script,
        environment: { ...environment, ...more },
      });
    const names = async () => (await sftp('ls -1 /outgoing\n')).stdout;

    await put('cases.csv', 'smith.csv', 'spare-1.csv');
    await age(server, 100);
    // A day old: none of it goes.
    await put('spare-2.csv', 'spare-3.csv', 'spare-4.csv');
    for (const name of ['records', 'privacy']) {
      const made = await bash(`waybill admin-key issue --name ${name} > ${name}.key`, {
        WAYBILL_DATA_DIR: server.dataDirectory,
      });
      t.equal(made.status, 0, made.output);
    }

    await t.test('with the CLI', async (t) => {
      const told = await bash(scriptOf('With the CLI'));
      t.equal(told.status, 0, told.output);
      t.match(told.output, /T02:30:00-0[78]:00/, 'the next runs in their time zone');
      t.match(told.output, /^Good "waybill-destruction" signature for waybill/m);
      t.match(told.output, /state: +done/);
      t.match(told.output, /held: +0/, 'what is held is not even planned');
      t.match(readFileSync(join(here, 'would-go.csv'), 'utf8'), /,\/outgoing\/smith\.csv,/);
      const left = await names();
      t.notMatch(left, 'cases.csv');
      t.match(left, 'smith.csv', 'held');
      t.match(left, 'spare-4.csv', 'too young');
      const lines = readFileSync(join(here, 'certificates.ndjson'), 'utf8').trim().split('\n');
      t.equal(lines.length, 2);
      const page = readFileSync(join(here, 'certificates.html'), 'utf8');
      t.match(page, '/outgoing/cases.csv');
      t.notMatch(page, /<script|src=|https?:\/\//);
      t.match(readFileSync(join(here, 'retention.html'), 'utf8'), '<h1>Retention</h1>');
      t.ok(existsSync(join(here, 'certificate.json.sig')));
    });

    await t.test(
      'what is held stays for clients, too, and goes when the hold is lifted',
      async (t) => {
        const held = await bash(
          `export WAYBILL_API_KEY_FILE=records.key
        waybill hold place --agency alameda --path /outgoing/smith.csv --reason "again" --authority "court"`,
        );
        t.equal(held.status, 0, held.output);
        const removed = await sftp('rm /outgoing/smith.csv\n');
        t.not(removed.status, 0);
        t.match(removed.output, /legal hold|Permission denied/i);
        const lifted = await bash(
          `export WAYBILL_API_KEY_FILE=records.key
        waybill hold lift "$(waybill --json hold list --state standing | jq -r '.[0].id')" --reason over`,
        );
        t.equal(lifted.status, 0, lifted.output);
      },
    );

    await t.test('with curl', async (t) => {
      const told = await bash(scriptOf('With curl'));
      t.equal(told.status, 0, told.output);
      t.match(told.output, /^Good "waybill-destruction" signature for waybill/m);
      t.match(told.output, '"approval-not-allowed"', 'whoever asked does not approve');
      t.match(told.output, /"state": "done"/);
      t.notMatch(await names(), 'smith.csv');
    });

    // OpenSSH asks whether a key may sign today unless it is told the time: after a rotation all that was printed failed.
    await t.test(
      'a certificate verifies when the key that signed it has been replaced',
      async (t) => {
        const told = await bash(
          `WAYBILL_DATA_DIR='${server.dataDirectory}' waybill evidence-key rotate
        sleep 2
        export WAYBILL_API_KEY_FILE=records.key
        waybill certificate signers > allowed_signers
        id=$(jq -r .id certificate.json)
        waybill certificate verify "$id"
        waybill certificate show "$id" --html > page.html
        grep -o 'ssh-keygen -Y verify.*certificate.json' page.html | sed 's/&lt;/</' > verify
        cat verify
        bash verify`,
        );
        t.equal(told.status, 0, told.output);
        t.match(told.output, /^Good "waybill-destruction" signature for waybill/m);
      },
    );

    const verified = await server.api<{ ok: boolean }>('GET', '/v1/audit/verification');
    t.equal(verified.ok, true, 'the ledger tells of it all, unbroken');
    t.notMatch(server.log(), /internal fault/);
  },
);
