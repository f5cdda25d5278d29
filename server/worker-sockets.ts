import { readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { socketPath } from './socket-path.ts';
import { Fault } from './domain/faults.ts';

/**
 * A worker process whose monitor was killed ends by itself at once, but a write that is stuck in the disk could come
 * later, under the hands of the next server. So each worker listens on a socket in the data directory, which the
 * operating system closes with the process, and a start waits until none of them answers.
 */
export function workerSocketName(number: number, pid: number): string {
  return `worker-${number}-${pid}.sock`;
}

const namePattern = /^worker-\d+-\d+\.sock$/;
/** Each look at one that does not answer stays in its backlog. */
const lookMs = 200;

/** Waits for the worker processes of an earlier server to end. @throws Fault `data-directory-in-use` */
export async function awaitFormerWorkers(dataDirectory: string, msMax = 10_000): Promise<void> {
  const untilMs = performance.now() + msMax;
  for (const name of readdirSync(dataDirectory).filter((each) => namePattern.test(each))) {
    while (await answers(dataDirectory, name)) {
      if (performance.now() > untilMs)
        throw new Fault(
          'data-directory-in-use',
          `a worker process of an earlier server still uses ${dataDirectory} (process ${name.split(/[-.]/)[2]}): end it, or wait until its disk answers`,
        );
      await pauseMs(lookMs);
    }
    rmSync(join(dataDirectory, name), { force: true });
  }
}

function answers(dataDirectory: string, name: string): Promise<boolean> {
  const { path, close } = socketPath(dataDirectory, name);
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const done = (alive: boolean) => {
      socket.destroy();
      close();
      resolve(alive);
    };
    socket.on('connect', () => done(true));
    // Only these say that nobody listens: a backlog that is full (EAGAIN) belongs to one who is there.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

/** The socket of a worker that is gone. */
export function removeWorkerSocket(dataDirectory: string, number: number, pid: number): void {
  rmSync(join(dataDirectory, workerSocketName(number, pid)), { force: true });
}

/** After a stop: the sockets of workers that are gone. */
export function removeWorkerSockets(dataDirectory: string): void {
  for (const name of readdirSync(dataDirectory)) {
    if (namePattern.test(name)) rmSync(join(dataDirectory, name), { force: true });
  }
}
