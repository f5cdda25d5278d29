import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import type { Peer } from '../peers/peer.ts';
import { openSession } from '../sessions.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const cipher = 'aes128-gcm@openssh.com';
/** Open at a time; Waybill groups their commits. */
const inFlight = 48;
const createFlags = 2 | 8 | 16;

/** `ls -1` of directories with many empty files; the client sorts, prints, and what it prints is discarded. */
async function run(bench: Bench): Promise<Findings> {
  const sizes = bench.quick ? [10_000] : [1_000, 10_000, 100_000];
  const directory = clientDirectory(bench);
  const legs = sizes.flatMap((entries): Leg[] =>
    (bench.quick ? [''] : ['', ' -f']).map((flag) => ({
      id: `list-${entries}${flag.replace(' ', '')}`,
      what: `ls -1${flag}, ${entries} entries`,
      unit: 'entries/s',
      amount: entries * repeatsOf(entries),
      cpu: { unit: 'ms/1000', divisor: (entries * repeatsOf(entries)) / 1e6 },
      ...(entries === 10_000 && flag === '' ? { goals: { speed: 'list-10000' as const } } : {}),
      run: (peer) =>
        stockBatch(
          directory,
          { ...peer, cipher },
          Array.from(
            { length: repeatsOf(entries) },
            () => `ls -1${flag} ${join(peer.remote, `list-${entries}`)}`,
          ),
        ),
    })),
  );
  return contest(bench, legs, {
    title: 'Listings, stock client',
    prepare: async (peer) => {
      for (const entries of sizes) {
        const startedMs = performance.now();
        await makeEntries(peer, entries);
        const seconds = (performance.now() - startedMs) / 1000;
        bench.say(`  ${peer.name}: made ${entries} entries in ${seconds.toFixed(0)} s`);
      }
    },
    notes: ['-f: unsorted. A batch repeats the listing, so that the login does not count.'],
  });
}

function repeatsOf(entries: number): number {
  return Math.max(1, 20_000 / entries);
}

async function makeEntries(peer: Peer, entries: number): Promise<void> {
  const names = Array.from({ length: entries }, (_, index) => `case-${index}.dat`);
  if (peer.hostDirectory !== null) {
    const directory = join(peer.hostDirectory, `list-${entries}`);
    mkdirSync(directory);
    for (const name of names) writeFileSync(join(directory, name), '');
    return;
  }
  const directory = join(peer.remote, `list-${entries}`);
  const { client, sftp } = await openSession({
    port: peer.port,
    username: peer.user,
    privateKey: readFileSync(peer.keyFile),
  });
  await sftp.mkdir(directory);
  const some = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop())
      await sftp.close(await sftp.open(join(directory, name), createFlags));
  };
  await Promise.all(Array.from({ length: inFlight }, some));
  client.end();
}

export const listing: Trial = {
  name: 'listing',
  about: 'listings of 1,000, 10,000 and 100,000 entries',
  quick: true,
  run,
};
