import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { clientDirectory, settled } from '../contest.ts';
import { fill } from '../large-file.ts';
import { startWaybill, type WaybillPeer } from '../peers/waybill.ts';
import { cpuSecondsOf, processTree } from '../processes.ts';
import { writeUserKey } from '../sessions.ts';
import { median, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';
import { transferAtOnce } from './parallel.ts';

const clientCounts = [1, 2, 4, 8];

/** 0, 1, 2, 4 ... and the number of cores. */
export function workerCounts(cores: number): readonly number[] {
  const counts = [0];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}

type Cell = { readonly speeds: number[]; readonly cpu: number[] };

/** Speed in sum by number of workers and of clients, Waybill alone. The servers run side by side, and take turns. */
async function run(bench: Bench): Promise<Findings> {
  const mib = Math.max(16, bench.mib / 8);
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  await fill(local, mib * 1024 * 1024);
  const key = writeUserKey(bench.directory);
  const servers: { workers: number; peer: WaybillPeer }[] = [];
  const cells = new Map<string, Cell>();
  try {
    for (const workers of workerCounts(cpus().length)) {
      const place = { directory: join(bench.directory, `workers-${workers}`), key };
      mkdirSync(place.directory);
      const peer = await startWaybill(place, { WAYBILL_WORKERS: String(workers) });
      servers.push({ workers, peer });
    }
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const clients of clientCounts)
        for (const direction of ['put', 'get'] as const)
          for (const { workers, peer } of servers) {
            await runCommand('sync', ['-f', directory], { timeoutMs: 120_000 });
            const processes = processTree(peer.pid).length;
            const cpuBefore = cpuSecondsOf(peer.pid);
            const seconds = await transferAtOnce(directory, local, { direction, peer, clients });
            await settled(peer.pid, processes);
            const gib = (clients * mib) / 1024;
            const cell = cellOf(cells, `${direction} ${workers} ${clients}`);
            cell.speeds.push((clients * mib) / seconds);
            cell.cpu.push((cpuSecondsOf(peer.pid) - cpuBefore) / gib);
          }
      bench.say(`  round ${round + 1} of ${bench.rounds}`);
    }
  } finally {
    await Promise.all(servers.map(({ peer }) => peer.stop()));
  }
  return findingsOf(
    servers.map(({ workers }) => workers),
    cells,
    mib,
  );
}

function cellOf(cells: Map<string, Cell>, key: string): Cell {
  const cell = cells.get(key) ?? { speeds: [], cpu: [] };
  cells.set(key, cell);
  return cell;
}

function findingsOf(
  workerCounts: readonly number[],
  cells: ReadonlyMap<string, Cell>,
  mib: number,
): Findings {
  const tables = (['put', 'get'] as const).map((direction) => ({
    title: `${direction} by workers and clients, ${mib} MiB each, aes128-gcm`,
    columns: [
      'workers',
      ...clientCounts.map((clients) => `${clients} clients MiB/s`),
      ...clientCounts.map((clients) => `${clients}: CPU s/GiB`),
    ],
    lines: workerCounts.map((workers) => {
      const row = clientCounts.map((clients) => cells.get(`${direction} ${workers} ${clients}`)!);
      return [
        String(workers),
        ...row.map(({ speeds }) => threeDigits(median(speeds))),
        ...row.map(({ cpu }) => threeDigits(median(cpu))),
      ];
    }),
    notes: ['The clients run on the same cores; a client takes about as much of them as a server.'],
  }));
  return { tables };
}

export const workers: Trial = {
  name: 'workers',
  about: 'speed in sum by number of workers and clients, Waybill alone',
  quick: false,
  run,
};
