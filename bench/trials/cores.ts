import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { clientDirectory, settled } from '../contest.ts';
import { fill } from '../large-file.ts';
import { startWaybill, type WaybillPeer } from '../peers/waybill.ts';
import { cpuSecondsOf, ownCpuSecondsOf, processTree } from '../processes.ts';
import { writeUserKey } from '../sessions.ts';
import { median, threeDigits } from '../statistics.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';
import { stockLogins } from './logins.ts';
import { transferAtOnce } from './parallel.ts';

const clients = 8;
const cipher = 'aes128-gcm@openssh.com';
const smallBytes = 4096;
const loginsEach = 80;
/** What the figures are reckoned up to. */
const coreCounts = [8, 32];

/** A kind of work that eight clients ask for at once. */
type Work = {
  readonly what: string;
  readonly unit: string;
  /** Units in one run. */
  readonly amount: number;
  /** Resolves with the seconds that it took. */
  readonly run: () => Promise<number>;
};

/** Of one run, by the unit: seconds of wall, of the monitor's processor time and of all workers'. */
type Cost = { readonly wall: number; readonly monitor: number; readonly workers: number };

/**
 * What the monitor and the workers spend on a unit of work, and what more cores would make of it. The workers share
 * the work among any number of cores; the monitor is one process, and takes one core at most.
 */
async function run(bench: Bench): Promise<Findings> {
  const directory = clientDirectory(bench);
  const place = { directory: join(bench.directory, 'server'), key: writeUserKey(bench.directory) };
  mkdirSync(place.directory);
  const peer = await startWaybill(place);
  try {
    const lines: string[][] = [];
    for (const work of await worksOf(bench, directory, peer)) {
      const costs: Cost[] = [];
      // The first is to warm up.
      for (let round = 0; round <= bench.rounds; round += 1) costs.push(await costOf(peer, work));
      lines.push(lineOf(work, costs.slice(1)));
      bench.say(`  ${work.what}`);
    }
    return { tables: [tableOf(lines)] };
  } finally {
    await peer.stop();
  }
}

async function worksOf(
  bench: Bench,
  directory: string,
  peer: WaybillPeer,
): Promise<readonly Work[]> {
  const mib = Math.max(16, bench.mib / clients);
  const local = join(directory, 'large');
  await fill(local, mib * 1024 * 1024);
  const filesEach = Math.ceil(bench.files / clients);
  const small = join(directory, 'small');
  writeFileSync(small, randomBytes(smallBytes));
  const large = (direction: 'put' | 'get'): Work => ({
    what: `${direction} ${mib} MiB, ${cipher.split('@')[0]}`,
    unit: 'MiB',
    amount: clients * mib,
    run: () => transferAtOnce(directory, local, { direction, peer, clients }),
  });
  const many = (direction: 'put -f' | 'get'): Work => ({
    what: `${direction} ${filesEach} x 4 KiB`,
    unit: 'files',
    amount: clients * filesEach,
    run: () =>
      atOnce((client) => {
        const there = (index: number) => join(peer.remote, `small-${client}-${index}`);
        const command = (index: number) =>
          direction === 'get'
            ? `get ${there(index)} ${small}-back-${client}`
            : `${direction} ${small} ${there(index)}`;
        const commands = Array.from({ length: filesEach }, (_, index) => command(index));
        return stockBatch(directory, { ...peer, cipher }, commands);
      }),
  });
  const logins: Work = {
    what: 'log in by key',
    unit: 'logins',
    amount: loginsEach,
    run: () => stockLogins(directory, { ...peer, keyExchange: 'curve25519-sha256' }, loginsEach),
  };
  return [large('put'), large('get'), many('put -f'), many('get'), logins];
}

async function atOnce(one: (client: number) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return (performance.now() - startedMs) / 1000;
}

async function costOf({ pid }: WaybillPeer, { amount, run: work }: Work): Promise<Cost> {
  const processes = processTree(pid).length;
  const before = { all: cpuSecondsOf(pid), monitor: ownCpuSecondsOf(pid) };
  const seconds = await work();
  await settled(pid, processes);
  const monitor = ownCpuSecondsOf(pid) - before.monitor;
  const workers = cpuSecondsOf(pid) - before.all - monitor;
  return { wall: seconds / amount, monitor: monitor / amount, workers: workers / amount };
}

/**
 * Units a second on so many cores that do nothing else, by processor time alone: all of it spread over the cores, and
 * the monitor's on one of them.
 */
export function onCores(
  count: number,
  { monitor, workers }: Pick<Cost, 'monitor' | 'workers'>,
): { readonly perSecond: number; readonly boundBy: 'cores' | 'monitor' } {
  const spread = count / (monitor + workers);
  const alone = 1 / monitor;
  return spread <= alone
    ? { perSecond: spread, boundBy: 'cores' }
    : { perSecond: alone, boundBy: 'monitor' };
}

function lineOf({ what, unit }: Work, costs: readonly Cost[]): string[] {
  const of = (part: keyof Cost) => median(costs.map((cost) => cost[part]));
  const cost = { monitor: of('monitor'), workers: of('workers') };
  return [
    what,
    `${unit}/s`,
    threeDigits(1 / of('wall')),
    threeDigits(cost.monitor * 1e6),
    threeDigits(cost.workers * 1e6),
    ...[cpus().length, ...coreCounts].map((count) => {
      const { perSecond, boundBy } = onCores(count, cost);
      return `${threeDigits(perSecond)}${boundBy === 'monitor' ? ' (monitor)' : ''}`;
    }),
  ];
}

function tableOf(lines: readonly (readonly string[])[]) {
  const own = cpus().length;
  return {
    title: `What ${coreCounts.join(' and ')} cores would do, ${clients} clients at once`,
    columns: [
      'work',
      'unit',
      `measured, ${own} cores with the clients`,
      'monitor µs',
      'workers µs',
      ...[own, ...coreCounts].map((count) => `${count} cores for the server`),
    ],
    lines,
    notes: [
      'The last columns are reckoned, not measured: processor time alone, clients elsewhere, no other limit of memory, disk or network. (monitor): its one core is what is full.',
      'Bytes of files never pass the monitor, so transfers grow with the cores; names, small files and logins grow until its core is full. Commits that wait for the disk wait together (grouped), so the disk bounds them later than the core does.',
    ],
  };
}

export const cores: Trial = {
  name: 'cores',
  about: 'CPU of monitor and workers by the unit, and what 8 and 32 cores would do',
  quick: false,
  run,
};
