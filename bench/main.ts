import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attacks } from './attacks.ts';
import { idle } from './idle.ts';
import { smallFiles } from './small-files.ts';
import { throughput } from './throughput.ts';
import type { Row, Settings, Study, Table, Trial } from './trial.ts';

const trials: Readonly<Record<string, Trial>> = { throughput, 'small-files': smallFiles };
const studies: Readonly<Record<string, Study>> = { idle, attacks };

const help = `usage: npm run bench -- [options] [trial...]

Runs Waybill and OpenSSH's sshd in turns, in one run, with the same client, key, cipher and directory, and prints
medians and ratios. Waybill hashes, encrypts at rest, syncs and records; sshd does not.

trials:   ${Object.keys(trials).join(', ')} (default: these)
          of Waybill alone: ${Object.keys(studies).join(', ')}
options:  --rounds N    rounds of each (default 3)
          --mib N       size of the large file in MiB (default 512)
          --sessions N  idle sessions (default 1000)
          --dir DIR     where files go (default: the system's temporary directory)
          --json        one JSON document on standard output
          --help`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    mib: { type: 'string', default: '512' },
    sessions: { type: 'string', default: '1000' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`${help}\n`);
} else {
  const unknown = positionals.filter(
    (name) => trials[name] === undefined && studies[name] === undefined,
  );
  if (unknown.length > 0) {
    process.stderr.write(`bench: no trial ${unknown.join(', ')}\n\n${help}\n`);
    process.exitCode = 2;
  } else {
    await run(positionals.length > 0 ? positionals : Object.keys(trials));
  }
}

async function run(names: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  const tables: Record<string, Table> = {};
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    const directory = mkdtempSync(join(values.dir, 'waybill-bench-'));
    const settings: Settings = {
      directory,
      rounds: Number(values.rounds),
      mib: Number(values.mib),
      sessions: Number(values.sessions),
    };
    try {
      rows.push(...((await trials[name]?.(settings)) ?? []));
      const table = await studies[name]?.(settings);
      if (table !== undefined) tables[name] = table;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    at: new Date().toISOString(),
  };
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, rows, ...tables }, null, 2)}\n`);
    return;
  }
  if (rows.length > 0) process.stdout.write(lined(comparison(rows)));
  for (const table of Object.values(tables)) process.stdout.write(lined(table));
}

function comparison(rows: readonly Row[]): Table {
  const columns = ['trial', 'unit', 'waybill', 'sshd', 'ratio', 'waybill CPU s', 'sshd CPU s'];
  const lines = rows.map((row) => [
    row.trial,
    row.unit,
    row.waybill.median.toFixed(0),
    row.sshd?.median.toFixed(0) ?? '-',
    row.sshd === null ? '-' : `${(row.waybill.median / row.sshd.median).toFixed(2)}x`,
    row.waybill.cpuSeconds.toFixed(2),
    row.sshd?.cpuSeconds.toFixed(2) ?? '-',
  ]);
  return { columns, lines };
}

function lined({ columns, lines }: Table): string {
  const all = [columns, ...lines];
  const widths = columns.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return `${all.map((line) => line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n')}\n`;
}
