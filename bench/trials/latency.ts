import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientDirectory, turned } from '../contest.ts';
import { fill } from '../large-file.ts';
import type { Peer } from '../peers/peer.ts';
import { startProbed, type ProbedWaybill } from '../probed.ts';
import { openSession, sleep, writeUserKey } from '../sessions.ts';
import { quantile, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';
import { transferAtOnce } from './parallel.ts';

const clients = 4;
const pauseMs = 4;
const loads = ['nothing', 'put', 'get'] as const;
type Load = (typeof loads)[number];

/** How long a STAT of one session takes while four clients transfer. */
async function run(bench: Bench): Promise<Findings> {
  const mib = Math.max(64, bench.mib / 8);
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  await fill(local, mib * 1024 * 1024);
  const key = writeUserKey(bench.directory);
  const peers: Peer[] = [];
  const notes: string[] = [];
  const samples = new Map<string, number[]>();
  let inOne: ProbedWaybill | undefined;
  try {
    for (const maker of bench.peers) {
      try {
        peers.push(await maker.start({ ...bench, key }));
      } catch (error) {
        if (maker.name === 'waybill') throw error;
        notes.push(`${maker.name} is not in it: ${(error as Error).message}`);
      }
    }
    const place = join(bench.directory, 'in-one');
    mkdirSync(place);
    inOne = await startProbed({ directory: place, key }, { WAYBILL_WORKERS: '0' });
    const all = [...peers, { ...inOne, label: 'waybill, no workers' }];
    const loops = new Map<string, number[]>();
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const load of loads)
        for (const peer of turned(all, round)) {
          const name = 'label' in peer ? peer.label : peer.name;
          if ('label' in peer) await peer.read();
          const taken = await statsUnder(load, peer, { directory, local });
          samples.set(`${load} ${name}`, (samples.get(`${load} ${name}`) ?? []).concat(taken));
          if ('label' in peer)
            loops.set(load, (loops.get(load) ?? []).concat((await peer.read()).loopMs.p99));
        }
      bench.say(`  round ${round + 1} of ${bench.rounds}`);
    }
    const names = all.map((peer) => ('label' in peer ? peer.label : peer.name));
    return findingsOf(names, samples, { loops, notes, mib });
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
    await inOne?.stop();
  }
}

/** Milliseconds of each STAT until the transfers are done. */
async function statsUnder(
  load: Load,
  peer: Peer,
  { directory, local }: { readonly directory: string; readonly local: string },
): Promise<readonly number[]> {
  const privateKey = readFileSync(peer.keyFile);
  const { client, sftp } = await openSession({
    port: peer.port,
    username: peer.user,
    privateKey,
  });
  const transfers = { over: false };
  const under =
    load === 'nothing'
      ? sleep(1_000)
      : transferAtOnce(directory, local, { direction: load, peer, clients });
  const taken: number[] = [];
  const ask = async () => {
    while (!transfers.over) {
      const startedMs = performance.now();
      await sftp.stat(peer.remote);
      taken.push(performance.now() - startedMs);
      await sleep(pauseMs);
    }
  };
  try {
    await Promise.all([under.finally(() => (transfers.over = true)), ask()]);
  } finally {
    client.end();
  }
  return taken;
}

function findingsOf(
  names: readonly string[],
  samples: ReadonlyMap<string, readonly number[]>,
  {
    loops,
    notes,
    mib,
  }: { loops: ReadonlyMap<string, readonly number[]>; notes: readonly string[]; mib: number },
): Findings {
  const lines = loads.flatMap((load) =>
    names.map((name) => {
      const taken = samples.get(`${load} ${name}`) ?? [];
      const loop = name.includes('no workers') ? quantile(loops.get(load) ?? [], 0.5) : Number.NaN;
      return [
        load === 'nothing' ? load : `${load}, ${clients} clients`,
        name,
        String(taken.length),
        ...[0.5, 0.99, 1].map((share) => threeDigits(quantile(taken, share))),
        Number.isNaN(loop) ? '' : threeDigits(loop),
      ];
    }),
  );
  return {
    tables: [
      {
        title: `STAT of one session while ${clients} clients transfer ${mib} MiB each`,
        columns: ['load', 'server', 'STATs', 'p50 ms', 'p99 ms', 'max ms', 'event loop p99 ms'],
        lines,
        notes: [
          ...notes,
          "The client's own delays are in it, as it shares the cores; they are the same for all.",
          'Event loop: how late a timer of 1 ms is (so 1 at rest), in the one process of Waybill with no workers.',
        ],
      },
    ],
  };
}

export const latency: Trial = {
  name: 'latency',
  about: 'STAT under load, p50 and p99, and the event loop',
  quick: false,
  run,
};
