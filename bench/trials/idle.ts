import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, PeerMaker } from '../peers/peer.ts';
import { treeBytes } from '../processes.ts';
import { openSession, sleep, writeUserKey, type BenchSession } from '../sessions.ts';
import { median, quantile, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

/** What all are compared at, and what Waybill is asked besides. */
const sessionsOfAll = 100;
const sessionsOfWaybill = 1_000;
/** The first ones also pay for what all share. */
const sessionsBefore = 20;
const loginsAtATime = 8;

type Measured = { readonly bytesEach: number; readonly statMs: readonly number[] };

/** What sessions cost that are logged in, with an SFTP channel, and silent: memory, and the time of a STAT meanwhile. */
async function run(bench: Bench): Promise<Findings> {
  const rounds = bench.quick ? 1 : Math.min(3, bench.rounds);
  const measured = new Map<string, Measured[]>();
  const notes: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const maker of bench.peers) {
      const counts =
        maker.name === 'waybill' ? [sessionsOfAll, sessionsOfWaybill] : [sessionsOfAll];
      for (const count of counts) {
        const name = `${maker.name} ${count}`;
        bench.say(`  ${name} sessions, round ${round} of ${rounds}`);
        try {
          const so = measured.get(name) ?? [];
          so.push(await measureOne(bench, maker, { count, round }));
          measured.set(name, so);
        } catch (error) {
          if (maker.name === 'waybill') throw error;
          notes.push(`${maker.name} is not in it: ${(error as Error).message}`);
        }
      }
    }
  }
  return findingsOf(measured, notes);
}

async function measureOne(
  bench: Bench,
  maker: PeerMaker,
  { count, round }: { readonly count: number; readonly round: number },
): Promise<Measured> {
  const settleMs = bench.quick ? 5_000 : 12_000;
  const directory = join(bench.directory, `${count}-${round}`);
  mkdirSync(directory, { recursive: true });
  const key = writeUserKey(directory);
  const peer = await maker.start({ ...bench, directory, key });
  try {
    return await measure(peer, count, settleMs);
  } finally {
    await peer.stop();
  }
}

function findingsOf(
  measured: ReadonlyMap<string, readonly Measured[]>,
  notes: readonly string[],
): Findings {
  const bytesOf = (name: string) =>
    median(measured.get(name)?.map(({ bytesEach }) => bytesEach) ?? []);
  const lines = [...measured].map(([name, results]) => {
    const statMs = results.flatMap((result) => result.statMs);
    return [
      ...name.split(' '),
      threeDigits(bytesOf(name) / 1024),
      threeDigits(median(statMs)),
      threeDigits(quantile(statMs, 0.99)),
    ];
  });
  const ratio = bytesOf(`waybill ${sessionsOfWaybill}`) / bytesOf(`sshd ${sessionsOfAll}`);
  return {
    tables: [
      {
        title: 'Sessions that are logged in and silent',
        columns: ['server', 'sessions', 'KiB a session', 'STAT p50 ms', 'STAT p99 ms'],
        lines,
        notes: [
          ...notes,
          `Memory is the Pss of the server's process tree: with so many sessions, less that after ${sessionsBefore} sessions that have come and gone, by their number.`,
          `Waybill's ${sessionsOfWaybill} sessions are what is compared with sshd's ${sessionsOfAll}: a hundred weigh no more than the collector's garbage does, which comes and goes. sshd's processes weigh the same in any number.`,
          'Where sshd serves root it has one process a session; for other users it has two.',
        ],
      },
    ],
    ...(Number.isNaN(ratio) ? {} : { figures: { 'memory-idle': ratio } }),
  };
}

async function measure(peer: Peer, count: number, settleMs: number): Promise<Measured> {
  const login = {
    port: peer.port,
    username: peer.user,
    privateKey: readFileSync(peer.keyFile),
  };
  const opened: BenchSession[] = [];
  const openMany = async (wanted: number) => {
    let left = wanted;
    const some = async () => {
      while (left-- > 0) opened.push(await openSession(login));
    };
    await Promise.all(Array.from({ length: loginsAtATime }, some));
  };
  const closeAll = () => {
    for (const { client } of opened.splice(0)) client.end();
  };
  try {
    await openMany(sessionsBefore);
    closeAll();
    await sleep(settleMs);
    const before = treeBytes(peer.pid);
    await openMany(count);
    await sleep(settleMs);
    const bytesEach = (treeBytes(peer.pid) - before) / count;
    const statMs: number[] = [];
    for (let index = 0; index < 300; index += 1) {
      const startedMs = performance.now();
      await opened[index % opened.length]!.sftp.stat(peer.remote);
      statMs.push(performance.now() - startedMs);
    }
    return { bytesEach, statMs };
  } finally {
    closeAll();
  }
}

export const idle: Trial = {
  name: 'idle',
  about: 'memory per idle session, and STAT meanwhile',
  quick: true,
  run,
};
