import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { GoalId } from './goals.ts';
import type { Peer, PeerName } from './peers/peer.ts';
import { cpuSecondsOf, processTree } from './processes.ts';
import { MemorySampler } from './sampler.ts';
import { writeUserKey } from './sessions.ts';
import { median, pairedRatio, threeDigits, times } from './statistics.ts';
import type { Bench, Findings, Table } from './trial.ts';

/** One thing that every server does in every round. */
export type Leg = {
  /** As in the table: `put 1024 MiB, aes128-gcm`. */
  readonly what: string;
  /** Under which its values are known to other parts of the report. */
  readonly id: string;
  readonly unit: string;
  /** How much of the unit a round does; the score is this by seconds. */
  readonly amount: number;
  /** What the server's CPU seconds of a round are divided by, and what that gives. */
  readonly cpu: { readonly unit: string; readonly divisor: number };
  readonly goals?: { readonly speed?: GoalId; readonly cpu?: GoalId };
  /** Does it once; resolves with the seconds. */
  run(peer: Peer, round: number): Promise<number>;
};

/** One row of numbers a round, for one leg and one server. */
type Taken = { scores: number[]; cpu: number[]; peakBytes: number };

export type ContestOptions = {
  readonly title: string;
  readonly notes?: readonly string[];
  /** Made before the first round, untimed. */
  readonly prepare?: (peer: Peer) => Promise<void>;
  readonly passwords?: boolean;
};

const settleMsMax = 3_000;
const legMsMax = 10 * 60_000;

/**
 * Runs the legs on all servers in turns, round by round, in an order that changes with the round: a noisy moment of the
 * machine meets all alike, and nobody always follows the same one. A server other than Waybill that fails at a leg is out
 * of that leg.
 *
 * @throws what Waybill fails with
 */
export async function contest(
  bench: Bench,
  legs: readonly Leg[],
  options: ContestOptions,
): Promise<Findings> {
  const failures: string[] = [];
  const peers = await startPeers(bench, options, failures);
  const taken = new Map<string, Taken>();
  const out = new Set<string>();
  try {
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const leg of legs)
        for (const peer of turned(peers, round)) {
          if (out.has(keyOf(leg, peer.name))) continue;
          await guarded(peer, leg.what, failures, async () => {
            await runLeg(leg, peer, { round, bench, taken });
          }).then((done) => done || out.add(keyOf(leg, peer.name)));
        }
      bench.say(`  round ${round + 1} of ${bench.rounds}`);
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
  for (const key of out) taken.delete(key);
  for (const failure of failures) bench.say(`  ${failure}`);
  const notes = [...(options.notes ?? []), ...failures];
  return findingsOf(legs, taken, { title: options.title, notes });
}

async function startPeers(
  bench: Bench,
  { prepare, passwords = false }: ContestOptions,
  failures: string[],
): Promise<readonly Peer[]> {
  const key = writeUserKey(bench.directory);
  const peers: Peer[] = [];
  try {
    for (const maker of bench.peers) {
      const { directory, housekeeping } = bench;
      await guarded(maker, 'start', failures, async () => {
        const peer = await maker.start({ directory, housekeeping, key, passwords });
        try {
          await prepare?.(peer);
        } catch (error) {
          await peer.stop();
          throw error;
        }
        peers.push(peer);
      });
    }
  } catch (error) {
    await Promise.all(peers.map((peer) => peer.stop()));
    throw error;
  }
  return peers;
}

/** Whether it was done. What fails for another than Waybill is told and goes no further. */
async function guarded(
  { name }: { readonly name: PeerName },
  what: string,
  failures: string[],
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (name === 'waybill') throw error;
    failures.push(`${name} is not in "${what}": ${(error as Error).message}`);
    return false;
  }
}

export function turned<T>(items: readonly T[], by: number): readonly T[] {
  const from = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

function keyOf(leg: Leg, name: PeerName): string {
  return `${leg.id} ${name}`;
}

async function runLeg(
  leg: Leg,
  peer: Peer,
  { round, bench, taken }: { round: number; bench: Bench; taken: Map<string, Taken> },
): Promise<void> {
  // Otherwise what one leaves for the disk to do is done in the time of the next.
  await runCommand('sync', ['-f', bench.directory], { timeoutMs: 120_000 });
  const processesBefore = processTree(peer.pid).length;
  const cpuBefore = cpuSecondsOf(peer.pid);
  const sampler = new MemorySampler(peer.pid);
  let seconds: number;
  try {
    seconds = await inTime(leg.run(peer, round), leg.what);
  } finally {
    sampler.stop();
  }
  await settled(peer.pid, processesBefore);
  const key = keyOf(leg, peer.name);
  const so = taken.get(key) ?? { scores: [], cpu: [], peakBytes: 0 };
  taken.set(key, so);
  so.scores.push(leg.amount / seconds);
  so.cpu.push((cpuSecondsOf(peer.pid) - cpuBefore) / leg.cpu.divisor);
  so.peakBytes = Math.max(so.peakBytes, sampler.peakBytes);
}

/** @throws Error where it is not done after so long that it never will */
export async function inTime<T>(work: Promise<T>, what: string, msMax = legMsMax): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done after ${msMax / 1000} s`)), msMax);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What a child used is counted once it is waited for. */
export async function settled(pid: number, processes: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < settleMsMax; waitedMs += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (processTree(pid).length <= processes) return;
  }
}

const names: readonly PeerName[] = ['waybill', 'sshd', 'proftpd', 'rclone'];

function findingsOf(
  legs: readonly Leg[],
  taken: ReadonlyMap<string, Taken>,
  { title, notes }: { title: string; notes: readonly string[] },
): Findings {
  const lines: string[][] = [];
  const figures: Partial<Record<GoalId, number>> = {};
  const values: Record<string, number> = {};
  for (const leg of legs) {
    const ours = taken.get(keyOf(leg, 'waybill'));
    for (const name of names) {
      const theirs = taken.get(keyOf(leg, name));
      if (theirs === undefined) continue;
      values[`${leg.id}.${name}.speed`] = median(theirs.scores);
      values[`${leg.id}.${name}.ms`] = 1000 / median(theirs.scores);
      values[`${leg.id}.${name}.cpu`] = median(theirs.cpu);
      lines.push(lineOf(leg, name, ours!, theirs));
    }
    const theirs = taken.get(keyOf(leg, 'sshd'));
    if (theirs === undefined) continue;
    const { speed, cpu } = leg.goals ?? {};
    if (speed !== undefined) figures[speed] = pairedRatio(ours!.scores, theirs.scores);
    if (cpu !== undefined) figures[cpu] = pairedRatio(ours!.cpu, theirs.cpu);
  }
  const columns = ['what', 'server', 'median', 'lowest', 'highest', 'unit', 'Waybill is'];
  const table: Table = {
    title,
    columns: [...columns, 'server CPU', 'of', 'Waybill takes', 'peak MiB'],
    lines,
    notes,
  };
  return { tables: [table], figures, values };
}

function lineOf(leg: Leg, name: PeerName, ours: Taken, theirs: Taken): string[] {
  const own = name === 'waybill';
  return [
    leg.what,
    name,
    threeDigits(median(theirs.scores)),
    threeDigits(Math.min(...theirs.scores)),
    threeDigits(Math.max(...theirs.scores)),
    leg.unit,
    own ? '' : times(pairedRatio(ours.scores, theirs.scores)),
    threeDigits(median(theirs.cpu)),
    leg.cpu.unit,
    own ? '' : times(pairedRatio(ours.cpu, theirs.cpu)),
    (theirs.peakBytes / 1024 / 1024).toFixed(0),
  ];
}

/** A directory of the trial's own for what the client has on its side. */
export function clientDirectory(bench: Bench, name = 'client'): string {
  const directory = join(bench.directory, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
