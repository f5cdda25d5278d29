import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { attackList } from '../attack-list.ts';
import { clientDirectory } from '../contest.ts';
import { fill } from '../large-file.ts';
import { startWaybill } from '../peers/waybill.ts';
import { cpuSecondsOf, treeBytes } from '../processes.ts';
import { sleep, writeUserKey } from '../sessions.ts';
import { median } from '../statistics.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const sampleMs = 100;
/** What an attack that has ended may take to be forgotten. */
const settleMs = 3_000;
const cipher = 'aes128-gcm@openssh.com';

type Victim = { readonly mib: number; put(): Promise<number> };

/**
 * One client's upload alone, and again while another client attacks. The attacker has a process of its own that gives way
 * (`nice`); what it takes of the machine all the same is no fault of the server, so the server's CPU time is told too.
 */
async function run(bench: Bench): Promise<Findings> {
  const { rounds, mib } = bench;
  const key = writeUserKey(bench.directory);
  const directory = clientDirectory(bench);
  // Limits as they are for strangers: the attacks meet them.
  const peer = await startWaybill(
    { directory: bench.directory, key },
    { WAYBILL_ALLOWED_MONITORS: '' },
  );
  const lines: string[][] = [];
  try {
    await peer.server.addAgency('kern');
    const mallory = await peer.server.addUser('mallory', 'kern');
    const local = join(directory, 'large');
    await fill(local, mib * 1024 * 1024);
    const victim: Victim = {
      mib,
      put: () => stockBatch(directory, { ...peer, cipher }, [`put ${local} /outgoing/large`]),
    };
    await victim.put();
    const script = join(import.meta.dirname, '../attacker.js');
    for (const name of Object.keys(attackList)) {
      bench.say(`  ${name}`);
      const program = [process.execPath, script, name, String(peer.port)];
      const attacker = () =>
        spawn('nice', ['-n', '10', ...program, mallory.username, mallory.keyFile], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
      lines.push(await measure(name, { pid: peer.pid, victim, rounds, attacker }));
    }
  } finally {
    await peer.stop();
  }
  const columns = ['attack', 'alone MiB/s', 'attacked', 'ratio', 'CPU s alone', 'attacked'];
  return {
    tables: [
      {
        title: `An upload of ${mib} MiB while another client attacks, Waybill alone`,
        columns: [...columns, 'MiB before', 'peak', 'after'],
        lines,
        notes: ["Memory is the Pss of the server's process tree."],
      },
    ],
  };
}

type Attacked = {
  readonly pid: number;
  readonly victim: Victim;
  readonly rounds: number;
  readonly attacker: () => ChildProcess;
};

async function measure(
  name: string,
  { pid, victim, rounds, attacker }: Attacked,
): Promise<string[]> {
  const resident = () => treeBytes(pid);
  const alone = await putMany(pid, victim, rounds);
  const before = resident();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, resident())), sampleMs);
  const child = attacker();
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  const attacked = await putMany(pid, victim, rounds);
  child.kill('SIGKILL');
  await sleep(settleMs);
  clearInterval(sampler);
  const speed = (seconds: number) => (victim.mib / seconds).toFixed(0);
  return [
    name,
    speed(alone.seconds),
    speed(attacked.seconds),
    (alone.seconds / attacked.seconds).toFixed(2),
    alone.cpuSeconds.toFixed(2),
    attacked.cpuSeconds.toFixed(2),
    ...[before, peak, resident()].map((bytes) => (bytes / 1024 / 1024).toFixed(0)),
  ];
}

/** Medians of one upload each. */
async function putMany(
  pid: number,
  victim: Victim,
  rounds: number,
): Promise<{ seconds: number; cpuSeconds: number }> {
  const seconds: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuSecondsOf(pid);
    seconds.push(await victim.put());
    cpu.push(cpuSecondsOf(pid) - before);
  }
  return { seconds: median(seconds), cpuSeconds: median(cpu) };
}

export const attacks: Trial = {
  name: 'attacks',
  about: "one client's upload while another attacks, Waybill alone",
  quick: false,
  run,
};
