import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, LiveServer } from '../test/fixtures/live-server.ts';
import { openSession, sleep, type BenchSession } from './sessions.ts';
import { processTree, residentBytes } from './processes.ts';
import { median, type Settings, type Table } from './trial.ts';

/** Below the 32 of one address that may be logging in at a time. */
const loginsAtATime = 16;
const settleMs = 12_000;

/** What sessions cost that are logged in, with an SFTP channel, and silent: memory, and the time of a STAT meanwhile. */
export async function idle({ directory, sessions }: Settings): Promise<Table> {
  const server = new LiveServer(join(directory, 'waybill'), [await freePort(), await freePort()], {
    WAYBILL_LOG_LEVEL: 'warn',
    // All of them come from one address, faster than a county's do.
    WAYBILL_ALLOWED_MONITORS: '127.0.0.1',
  });
  await server.start();
  const opened: BenchSession[] = [];
  try {
    await server.addAgency('alameda');
    const amy = await server.addUser('amy', 'alameda', { maxSessions: 10_000 });
    const privateKey = readFileSync(amy.keyFile);
    const connect = async () => {
      const session = await openSession({ port: server.sftpPort, username: 'amy', privateKey });
      opened.push(session);
      return session.sftp;
    };
    // The first sessions also pay for what all share.
    for (let index = 0; index < 20; index += 1) await connect();
    const resident = () =>
      processTree(server.pid).reduce((sum, pid) => sum + residentBytes(pid), 0);
    await sleep(settleMs);
    const before = resident();
    // Those of before, and the one that asks, are among them.
    let left = sessions - opened.length - 1;
    const connectSome = async (): Promise<void> => {
      while (left-- > 0) await connect();
    };
    await Promise.all(Array.from({ length: loginsAtATime }, connectSome));
    await sleep(settleMs);
    const after = resident();
    const sftp = await connect();
    const times: number[] = [];
    for (let index = 0; index < 500; index += 1) {
      const startedMs = performance.now();
      await sftp.stat('/outgoing');
      times.push(performance.now() - startedMs);
    }
    const sorted = times.toSorted((a, b) => a - b);
    return {
      columns: ['sessions', 'MiB before', 'MiB after', 'KiB a session', 'STAT p50 ms', 'p99 ms'],
      lines: [
        [
          String(sessions),
          mib(before),
          mib(after),
          ((after - before) / (sessions - 21) / 1024).toFixed(1),
          median(times).toFixed(2),
          sorted[Math.floor(sorted.length * 0.99)]!.toFixed(2),
        ],
      ],
    };
  } finally {
    for (const { client } of opened) client.destroy();
    await server.stop();
  }
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
