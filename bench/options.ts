import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import type { PeerName } from './peers/peer.ts';
import type { Trial } from './trial.ts';

export type Options = {
  readonly help: boolean;
  readonly trials: readonly Trial[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly mib: number;
  readonly files: number;
  readonly entries: number | null;
  readonly quick: boolean;
  readonly json: boolean;
  readonly directory: string;
  readonly out: string;
  readonly write: boolean;
  readonly force: boolean;
};

/** `peers` are those to be compared with; Waybill is always in. */
const full = { rounds: 5, mib: 1024, files: 2_000, peers: ['sshd', 'proftpd', 'rclone'] } as const;
const quick = { rounds: 3, mib: 128, files: 300, peers: ['sshd'] } as const;

const others: readonly PeerName[] = full.peers;

export function helpText(trials: readonly Trial[]): string {
  const width = Math.max(...trials.map(({ name }) => name.length));
  const lines = trials.map(
    ({ name, about, quick }) => `  ${quick ? '*' : ' '} ${name.padEnd(width)}  ${about}`,
  );
  return `usage: npm run bench -- [options] [trial...]

Runs Waybill, OpenSSH's sshd, ProFTPD's mod_sftp and rclone in turns, in one run, with the same client, key, cipher and
kind of directory, and prints medians, ratios, server CPU and peak memory. Waybill hashes, encrypts at rest, syncs and
records; the others do not. Who is not installed is named and left out. On Debian:
  apt-get install openssh-server openssh-client proftpd-basic proftpd-mod-crypto rclone

trials (default: all; those with * make --quick):
${lines.join('\n')}

options:
  --quick        only what has a figure to reach, against sshd alone, in less than 5 minutes
  --rounds N     rounds of each (default ${full.rounds}; quick ${quick.rounds})
  --mib N        size of the large file in MiB (default ${full.mib}; quick ${quick.mib})
  --files N      how many small files (default ${full.files}; quick ${quick.files})
  --entries N    entries of growth's larger catalogue (default: a million and ten; quick 300,000), files of
                 retention (a million), rows that checkpoints verifies (500,000)
  --peers LIST   whom to compare with, of ${others.join(',')} (quick: ${quick.peers.join(',')})
  --dir DIR      where files go; its file system is part of what is measured (default: the temporary directory)
  --json         one JSON document on standard output
  --write        write the results file, with its .json and .svg beside it; trials that are not in this run stay
  --out FILE     that file (default bench/RESULTS.md); implies --write
  --force        overwrite results of another machine
  --help

Exit status: 0; 1 when a trial of Waybill failed; 2 for wrong options; 3 when another machine's results are in the way.
`;
}

/** @throws Error in words for the one who typed it */
export function readOptions(args: readonly string[], trials: readonly Trial[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      mib: { type: 'string' },
      files: { type: 'string' },
      entries: { type: 'string' },
      peers: { type: 'string' },
      dir: { type: 'string', default: tmpdir() },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const preset = values.quick ? quick : full;
  return {
    help: values.help,
    trials: chosen(positionals, trials, values.quick),
    peers: values.peers === undefined ? preset.peers : peersOf(values.peers),
    rounds: count('rounds', values.rounds, preset.rounds),
    mib: count('mib', values.mib, preset.mib),
    files: count('files', values.files, preset.files),
    entries: values.entries === undefined ? null : count('entries', values.entries, 0),
    quick: values.quick,
    json: values.json,
    directory: values.dir,
    out: values.out ?? 'bench/RESULTS.md',
    write: values.write || values.out !== undefined,
    force: values.force,
  };
}

function chosen(names: readonly string[], trials: readonly Trial[], quick: boolean) {
  const unknown = names.filter((name) => !trials.some((trial) => trial.name === name));
  if (unknown.length > 0) throw new Error(`no trial ${unknown.join(', ')}`);
  return trials.filter(({ name, quick: isQuick }) =>
    names.length > 0 ? names.includes(name) : !quick || isQuick,
  );
}

function peersOf(list: string): readonly PeerName[] {
  const names = list.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !others.some((other) => other === name));
  if (unknown.length > 0) throw new Error(`no peer ${unknown.join(', ')}`);
  return others.filter((name) => names.includes(name));
}

function count(name: string, text: string | undefined, preset: number): number {
  if (text === undefined) return preset;
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`--${name} ${text}: expected a whole number`);
  return Number(text);
}
