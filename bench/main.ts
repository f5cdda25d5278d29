import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inTime } from './contest.ts';
import { Housekeeping } from './housekeeping.ts';
import { commitOf, dateWithZone, machineOf, versionsOf } from './machine.ts';
import { helpText, readOptions, type Options } from './options.ts';
import type { PeerMaker } from './peers/peer.ts';
import { proftpd } from './peers/proftpd.ts';
import { rclone } from './peers/rclone.ts';
import { sshd } from './peers/sshd.ts';
import { waybill } from './peers/waybill.ts';
import { textReport, type Results, type TrialResult } from './report.ts';
import { earlierResults, merged, writeResults } from './results-file.ts';
import type { Trial } from './trial.ts';
import { trials } from './trials/table.ts';

/** The repository, seen from the build (`dist/bench`). */
const root = resolve(import.meta.dirname, '../..');
const peers: readonly PeerMaker[] = [waybill, sshd, proftpd, rclone];

/** By far more than any trial needs: what is not done then hangs. */
const trialMsMax = 6 * 60 * 60_000;
const lingerMs = 5_000;

const say = (line: string) => void process.stderr.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));
// A socket that a failed trial has left does not keep the run from its end.
setTimeout(() => process.exit(), lingerMs).unref();

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args, trials);
  } catch (error) {
    say(`bench: ${(error as Error).message}; see --help`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(helpText(trials));
    return 0;
  }
  const out = resolve(root, options.out);
  for (const directory of [options.directory, dirname(out)]) {
    if (existsSync(directory)) continue;
    say(`bench: there is no directory ${directory}`);
    return 2;
  }
  const machine = machineOf(options.directory);
  const earlier = earlierResults(out, machine.line);
  if (options.write && earlier.kind === 'other machine' && !options.force) {
    say(`bench: ${out} is of another machine (${earlier.machine}); this one is ${machine.line}`);
    say('bench: --force overwrites it, --out FILE writes to another file');
    return 3;
  }
  const housekeeping = new Housekeeping();
  housekeeping.watch();
  const { present, versions } = await presentPeers(options);
  const parts = { present, housekeeping, commit: await commitOf(root) };
  const order = trials.map(({ name }) => name);
  const taken: TrialResult[] = [];
  const results: Results = { machine, versions, trials: taken };
  let failed = false;
  for (const trial of options.trials) {
    const result = await runTrial(trial, options, parts);
    if (result === undefined) failed = true;
    else taken.push(result);
    // After each: what has been measured for an hour survives what comes next.
    if (options.write && result !== undefined)
      await writeResults(out, merged(earlier, results, order), root);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else process.stdout.write(textReport(results));
  if (options.write && taken.length > 0) say(`bench: wrote ${out}`);
  return failed ? 1 : 0;
}

/** Who takes part. Who is wished for and missing is told, with what to install. */
async function presentPeers(options: Options) {
  const versions = await versionsOf(peers);
  const present = peers.filter(({ name, packages }) => {
    if (name !== 'waybill' && !options.peers.includes(name)) return false;
    if (versions[name] !== 'absent') return true;
    say(`bench: ${name} is missing and left out (Debian: apt-get install ${packages})`);
    return false;
  });
  return { present, versions };
}

async function runTrial(
  trial: Trial,
  options: Options,
  parts: {
    readonly present: readonly PeerMaker[];
    readonly housekeeping: Housekeeping;
    readonly commit: string;
  },
): Promise<TrialResult | undefined> {
  const { rounds, mib, files, entries, quick } = options;
  const { housekeeping, commit } = parts;
  say(`${trial.name} ...`);
  const directory = housekeeping.makeDirectory(options.directory);
  const startedMs = performance.now();
  const at = dateWithZone(new Date());
  try {
    const peers = parts.present;
    const sizes = { rounds, quick, mib, files, entries };
    const work = trial.run({ ...sizes, directory, peers, housekeeping, say });
    const findings = await inTime(work, trial.name, trialMsMax);
    const seconds = (performance.now() - startedMs) / 1000;
    say(`  ${seconds.toFixed(0)} s`);
    return { name: trial.name, at, commit, rounds, mib, quick, seconds, findings };
  } catch (error) {
    say(`bench: ${trial.name} failed: ${(error as Error).stack ?? String(error)}`);
    return undefined;
  } finally {
    housekeeping.clear();
  }
}
