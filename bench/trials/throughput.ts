import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import type { GoalId } from '../goals.ts';
import { checkEqual, fill } from '../large-file.ts';
import { stockBatch, type Cipher } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

/** What the client is told to use; null leaves it to client and server. */
const negotiations: readonly { readonly name: string; readonly cipher: Cipher | null }[] = [
  { name: 'aes128-gcm', cipher: 'aes128-gcm@openssh.com' },
  { name: 'aes256-gcm', cipher: 'aes256-gcm@openssh.com' },
  { name: 'default', cipher: null },
];

const goalsOf: Readonly<Record<string, { speed: GoalId; cpu?: GoalId }>> = {
  'put-aes128-gcm': { speed: 'put-aes128-gcm.speed', cpu: 'put-aes128-gcm.cpu' },
  'get-aes128-gcm': { speed: 'get-aes128-gcm.speed', cpu: 'get-aes128-gcm.cpu' },
  'put-default': { speed: 'put-default.speed' },
  'get-default': { speed: 'get-default.speed' },
};

/** One large file up and down. Every round puts over the file of the round before; what comes back is compared. */
async function run(bench: Bench): Promise<Findings> {
  const { mib } = bench;
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  const back = join(directory, 'back');
  await fill(local, mib * 1024 * 1024);
  const legs = negotiations.flatMap(({ name, cipher }): Leg[] =>
    (['put', 'get'] as const).map((direction) => {
      const id = `${direction}-${name}`;
      return {
        id,
        what: `${direction} ${mib} MiB, ${name}`,
        unit: 'MiB/s',
        amount: mib,
        cpu: { unit: 's/GiB', divisor: mib / 1024 },
        ...(goalsOf[id] === undefined ? {} : { goals: goalsOf[id] }),
        run: async (peer, round) => {
          const there = join(peer.remote, 'large');
          const command = direction === 'put' ? `put ${local} ${there}` : `get ${there} ${back}`;
          const seconds = await stockBatch(directory, { ...peer, cipher }, [command]);
          if (direction === 'get' && round === bench.rounds - 1) await checkEqual(local, back);
          return seconds;
        },
      };
    }),
  );
  return contest(bench, legs, {
    title: `One file of ${mib} MiB`,
    notes: [
      'default: no cipher is asked for, so the client takes the first of its own list that the server offers.',
    ],
  });
}

export const throughput: Trial = {
  name: 'throughput',
  about: 'put and get of one large file: aes128-gcm, aes256-gcm, default negotiation',
  quick: true,
  run,
};
