import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const bytes = 4096;
const cipher = 'aes128-gcm@openssh.com';

/** Many small files, each durable when its CLOSE is answered: the client asks for an fsync with `put -f`. */
async function run(bench: Bench): Promise<Findings> {
  const { files } = bench;
  const local = clientDirectory(bench);
  const back = join(local, 'back');
  mkdirSync(back);
  const names = Array.from({ length: files }, (_, index) => `file-${index}`);
  for (const name of names) writeFileSync(join(local, name), randomBytes(bytes));
  const shared = {
    unit: 'files/s',
    amount: files,
    cpu: { unit: 'ms/file', divisor: files / 1000 },
  };
  const legs: readonly Leg[] = [
    {
      ...shared,
      id: 'put-small',
      what: `put -f ${files} x 4 KiB`,
      goals: { speed: 'put-small' },
      run: (peer) =>
        stockBatch(
          local,
          { ...peer, cipher },
          names.map((name) => `put -f ${join(local, name)} ${join(peer.remote, name)}`),
        ),
    },
    {
      ...shared,
      id: 'get-small',
      what: `get ${files} x 4 KiB`,
      goals: { speed: 'get-small' },
      run: (peer) =>
        stockBatch(
          local,
          { ...peer, cipher },
          names.map((name) => `get ${join(peer.remote, name)} ${join(back, name)}`),
        ),
    },
  ];
  return contest(bench, legs, {
    title: `${files} files of 4 KiB, one after another`,
    notes: [
      'rclone has no fsync: its files are not durable when they are acknowledged.',
      'The first round makes the files, the later ones replace them.',
    ],
  });
}

export const smallFiles: Trial = {
  name: 'small-files',
  about: 'small files put with durable closes, and got',
  quick: true,
  run,
};
