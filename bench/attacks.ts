import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, LiveServer } from '../test/fixtures/live-server.ts';
import { attackList } from './attack-list.ts';
import { cpuSecondsOf, processTree, residentBytes } from './processes.ts';
import { batch, type StockLogin } from './servers.ts';
import { sleep } from './sessions.ts';
import { fill } from './throughput.ts';
import { median, type Settings, type Table } from './trial.ts';

const sampleMs = 100;
/** What an attack that has ended may take to be forgotten. */
const settleMs = 3_000;

type Victim = { readonly mib: number; put(): Promise<number> };

/**
 * One client's upload alone, and again while another client attacks. The attacker has a process of its own that gives way
 * (`nice`); what it takes of the machine all the same is no fault of the server, so the server's CPU time is told too.
 */
export async function attacks({ directory, rounds, mib }: Settings): Promise<Table> {
  const server = new LiveServer(join(directory, 'waybill'), [await freePort(), await freePort()], {
    WAYBILL_LOG_LEVEL: 'warn',
  });
  await server.start();
  const lines: string[][] = [];
  try {
    await server.addAgency('alameda');
    await server.addAgency('kern');
    const amy = await server.addUser('amy', 'alameda');
    const mallory = await server.addUser('mallory', 'kern');
    const local = join(directory, 'large');
    await fill(local, mib);
    const login: StockLogin = {
      port: server.sftpPort,
      user: 'amy',
      key: amy,
      hosts: server.knownHostsFile,
    };
    const victim: Victim = {
      mib,
      put: () => batch(directory, login, [`put ${local} /outgoing/large`]),
    };
    await victim.put();
    for (const name of Object.keys(attackList)) {
      process.stderr.write(`  ${name}\n`);
      const attacker = () =>
        spawn(
          'nice',
          [
            '-n',
            '10',
            process.execPath,
            join(import.meta.dirname, 'attacker.js'),
            name,
            String(server.sftpPort),
            mallory.username,
            mallory.keyFile,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
      lines.push(await measure(name, { server, victim, rounds, attacker }));
    }
  } finally {
    await server.stop();
  }
  const columns = ['attack', 'alone MiB/s', 'attacked', 'ratio', 'CPU s alone', 'attacked'];
  return { columns: [...columns, 'MiB before', 'peak', 'after'], lines };
}

type Trial = {
  readonly server: LiveServer;
  readonly victim: Victim;
  readonly rounds: number;
  readonly attacker: () => ChildProcess;
};

async function measure(
  name: string,
  { server, victim, rounds, attacker }: Trial,
): Promise<string[]> {
  const resident = () => processTree(server.pid).reduce((sum, pid) => sum + residentBytes(pid), 0);
  const alone = await putMany(server, victim, rounds);
  const before = resident();
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, resident())), sampleMs);
  const child = attacker();
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  const attacked = await putMany(server, victim, rounds);
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
  server: LiveServer,
  victim: Victim,
  rounds: number,
): Promise<{ seconds: number; cpuSeconds: number }> {
  const seconds: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuSecondsOf(server.pid);
    seconds.push(await victim.put());
    cpu.push(cpuSecondsOf(server.pid) - before);
  }
  return { seconds: median(seconds), cpuSeconds: median(cpu) };
}
