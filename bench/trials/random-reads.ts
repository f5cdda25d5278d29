import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import { fill } from '../large-file.ts';
import { openSession } from '../sessions.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const fileBytes = 256 * 1024 * 1024;
const lengths = [4, 8, 16, 32].map((kib) => kib * 1024);
const inFlight = 64;
const cipher = 'aes128-gcm@openssh.com';

type Place = { readonly offset: number; readonly length: number };

/** The same places in every run and for every server (a linear congruential generator, Numerical Recipes' constants). */
export function places(count: number): readonly Place[] {
  let state = 1;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Array.from({ length: count }, () => {
    const length = lengths[Math.floor(next() * lengths.length)]!;
    return { length, offset: Math.floor(next() * (fileBytes - length)) };
  });
}

/** READs of 4 to 32 KiB anywhere in a file, 64 under way. */
async function run(bench: Bench): Promise<Findings> {
  const reads = places(bench.quick ? 2_000 : 8_000);
  const mib = reads.reduce((sum, { length }) => sum + length, 0) / 1024 / 1024;
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  await fill(local, fileBytes);
  const leg: Leg = {
    id: 'random-reads',
    what: `${reads.length} READs, ${inFlight} under way`,
    unit: 'reads/s',
    amount: reads.length,
    cpu: { unit: 's/GiB', divisor: mib / 1024 },
    run: async ({ port, user, keyFile, remote }) => {
      const privateKey = readFileSync(keyFile);
      const { client, sftp } = await openSession({ port, username: user, privateKey });
      const handle = await sftp.open(join(remote, 'large'), 1);
      const left = reads.values();
      const startedMs = performance.now();
      const some = async () => {
        for (const { offset, length } of left) {
          const data = await sftp.read(handle, offset, length);
          if (data?.length !== length) throw new Error(`a READ of ${length} was cut short`);
        }
      };
      await Promise.all(Array.from({ length: inFlight }, some));
      const seconds = (performance.now() - startedMs) / 1000;
      await sftp.close(handle);
      client.end();
      return seconds;
    },
  };
  return contest(bench, [leg], {
    title: 'Random reads of 4 to 32 KiB over 256 MiB',
    prepare: async (peer) => {
      const command = `put ${local} ${join(peer.remote, 'large')}`;
      await stockBatch(directory, { ...peer, cipher }, [command]);
    },
    notes: ['The client is ours, on ssh2, and takes a core for itself.'],
  });
}

export const randomReads: Trial = {
  name: 'random-reads',
  about: 'READs at random places, 64 under way',
  quick: false,
  run,
};
