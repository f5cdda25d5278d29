import { devNull } from 'node:os';
import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import { checkEqual, fill } from '../large-file.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const every = '64M';

/** One large file up and down, with one set of keys and with new ones again and again; Waybill against itself. */
async function run(bench: Bench): Promise<Findings> {
  const { mib } = bench;
  const directory = clientDirectory(bench);
  const local = join(directory, 'large');
  const back = join(directory, 'back');
  await fill(local, mib * 1024 * 1024);
  const legs = (['put', 'get'] as const).flatMap((direction) =>
    ([null, every] as const).map((rekeyLimit): Leg => ({
      id: `${direction}-${rekeyLimit === null ? 'one-key' : 'rekeys'}`,
      what: `${direction} ${mib} MiB, ${rekeyLimit === null ? 'keys as they come' : `new keys every ${rekeyLimit}iB`}`,
      unit: 'MiB/s',
      amount: mib,
      cpu: { unit: 's/GiB', divisor: mib / 1024 },
      run: async (peer, round) => {
        const there = join(peer.remote, 'large');
        const login = {
          ...peer,
          cipher: 'aes128-gcm@openssh.com' as const,
          ...(rekeyLimit !== null && { rekeyLimit }),
        };
        const batch = (command: string) => stockBatch(directory, login, [command]);
        if (direction === 'put') return batch(`put ${local} ${there}`);
        // A file of so many bytes, written right behind another one, waits for the disk and for nothing else.
        const seconds = await batch(`get ${there} ${devNull}`);
        if (round === bench.rounds - 1) {
          await batch(`get ${there} ${back}`);
          await checkEqual(local, back);
        }
        return seconds;
      },
    })),
  );
  const findings = await contest({ ...bench, peers: bench.peers.slice(0, 1) }, legs, {
    title: `New keys every ${every}iB`,
    notes: [
      'What is fetched goes nowhere while it is timed; once more, untimed, it goes into a file, which is compared.',
      'The stock client starts the key exchanges (RekeyLimit); the server starts one after 1 GiB.',
    ],
  });
  const speed = (id: string) => findings.values?.[`${id}.waybill.speed`] ?? 0;
  const ratios = ['put', 'get'].map((way) => speed(`${way}-rekeys`) / speed(`${way}-one-key`));
  return { ...findings, figures: { rekeys: Math.min(...ratios) } };
}

export const rekeys: Trial = {
  name: 'rekeys',
  about: 'put and get of one large file with new keys every 64 MiB, against without',
  quick: false,
  run,
};
