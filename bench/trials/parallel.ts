import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import { fill } from '../large-file.ts';
import type { Peer } from '../peers/peer.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const clients = 8;
const cipher = 'aes128-gcm@openssh.com';

/** Eight clients at once, a file each; Waybill with a worker for each core. */
async function run(bench: Bench): Promise<Findings> {
  const mib = Math.max(32, bench.mib / clients);
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  await fill(local, mib * 1024 * 1024);
  const legs = (['put', 'get'] as const).map((direction): Leg => ({
    id: `${direction}-parallel`,
    what: `${direction}, ${clients} clients x ${mib} MiB`,
    unit: 'MiB/s',
    amount: clients * mib,
    cpu: { unit: 's/GiB', divisor: (clients * mib) / 1024 },
    goals: { speed: `${direction}-parallel` },
    run: (peer) => transferAtOnce(directory, local, { direction, peer, clients }),
  }));
  return contest(bench, legs, { title: `${clients} clients at once, aes128-gcm` });
}

/** So many clients, each with a file of its own; resolves with the seconds until the last is done. */
export async function transferAtOnce(
  directory: string,
  local: string,
  {
    direction,
    peer,
    clients,
  }: { readonly direction: 'put' | 'get'; readonly peer: Peer; readonly clients: number },
): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: clients }, (_, index) => {
      const there = join(peer.remote, `parallel-${index}`);
      const command =
        direction === 'put' ? `put ${local} ${there}` : `get ${there} ${local}-back-${index}`;
      return stockBatch(directory, { ...peer, cipher }, [command]);
    }),
  );
  return (performance.now() - startedMs) / 1000;
}

export const parallel: Trial = {
  name: 'parallel',
  about: '8 clients at once, put and get: speed in sum',
  quick: true,
  run,
};
