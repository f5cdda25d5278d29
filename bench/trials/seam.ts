import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProbed, type ProbedWaybill } from '../probed.ts';
import { openSession, writeUserKey, type BenchSession } from '../sessions.ts';
import { median, quantile, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

type Operation = {
  readonly name: string;
  run(session: BenchSession, file: Buffer, index: number): Promise<unknown>;
};

const content = Buffer.alloc(4096, 7);
const createFlags = 2 | 8 | 16;

/** Each answered before the next is asked. */
const operations: readonly Operation[] = [
  { name: 'READ of 4 KiB', run: ({ sftp }, file) => sftp.read(file, 0, 4096) },
  { name: 'STAT', run: ({ sftp }) => sftp.stat('/outgoing/file') },
  { name: 'REALPATH', run: ({ sftp }) => sftp.realpath('/outgoing') },
  {
    name: 'get: OPEN, READ, CLOSE',
    run: async ({ sftp }) => {
      const handle = await sftp.open('/outgoing/file', 1);
      await sftp.read(handle, 0, 4096);
      await sftp.close(handle);
    },
  },
  {
    name: 'put: OPEN, WRITE, CLOSE',
    run: async ({ sftp }, _file, index) => {
      const handle = await sftp.open(`/outgoing/new-${index}`, createFlags);
      await sftp.write(handle, 0, content);
      await sftp.close(handle);
    },
  },
];

type Side = {
  readonly peer: ProbedWaybill;
  readonly session: BenchSession;
  readonly file: Buffer;
  readonly times: Map<string, number[]>;
  readonly trips: Map<string, number>;
};

/** One session's operations with a worker process, and with none: the difference is the seam. */
async function run(bench: Bench): Promise<Findings> {
  const count = bench.quick ? 100 : 300;
  const sides: Side[] = [];
  try {
    for (const workers of ['0', '1']) sides.push(await startSide(bench, workers));
    let index = 0;
    for (let round = 0; round < bench.rounds; round += 1)
      for (const operation of operations)
        for (const side of sides) await measure(side, operation, count, () => (index += 1));
  } finally {
    for (const { session, peer } of sides) {
      session.client.end();
      await peer.stop();
    }
  }
  return findingsOf(sides[0]!, sides[1]!, count * bench.rounds);
}

async function startSide(bench: Bench, workers: string): Promise<Side> {
  const directory = join(bench.directory, `workers-${workers}`);
  mkdirSync(directory);
  const key = writeUserKey(directory);
  const peer = await startProbed({ directory, key }, { WAYBILL_WORKERS: workers });
  const session = await openSession({
    port: peer.port,
    username: peer.user,
    privateKey: readFileSync(key.keyFile),
  });
  await session.sftp.put('/outgoing/file', content);
  const file = await session.sftp.open('/outgoing/file', 1);
  return { peer, session, file, times: new Map(), trips: new Map() };
}

async function measure(
  { peer, session, file, times, trips }: Side,
  operation: Operation,
  count: number,
  next: () => number,
): Promise<void> {
  const { name } = operation;
  const taken = times.get(name) ?? [];
  times.set(name, taken);
  await peer.read();
  for (let done = 0; done < count; done += 1) {
    const startedMs = performance.now();
    await operation.run(session, file, next());
    taken.push((performance.now() - startedMs) * 1000);
  }
  const { calls } = await peer.read();
  const sum = Object.values(calls).reduce((total, each) => total + each, 0);
  trips.set(name, (trips.get(name) ?? 0) + sum);
}

function findingsOf(without: Side, within: Side, count: number): Findings {
  const lines = operations.map(({ name }) => {
    const alone = median(without.times.get(name)!);
    const across = median(within.times.get(name)!);
    const trips = within.trips.get(name)! / count;
    return [
      name,
      trips.toFixed(2),
      threeDigits(alone),
      threeDigits(across),
      threeDigits(across - alone),
      trips < 0.5 ? '' : threeDigits((across - alone) / trips),
      threeDigits(quantile(without.times.get(name)!, 0.99)),
      threeDigits(quantile(within.times.get(name)!, 0.99)),
    ];
  });
  return {
    tables: [
      {
        title: 'The seam: one session, one request at a time, Waybill alone',
        columns: [
          'operation',
          'round trips of the seam',
          'no worker, median us',
          'one worker, median us',
          'difference us',
          'us a trip',
          'no worker p99',
          'one worker p99',
        ],
        lines,
        notes: [
          'Round trips are counted in the monitor. A trip of a worker overlaps with nothing here; under load many share a turn of the loop and cost less each.',
        ],
      },
    ],
  };
}

export const seam: Trial = {
  name: 'seam',
  about: 'round trips between worker and monitor: how many a file, microseconds each',
  quick: false,
  run,
};
