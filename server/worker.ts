import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { startHashLane } from './blobs/hash-lane.ts';
import { composeWorker, nothingOf, type WorkerSettings } from './compose/worker.ts';
import { checkFips } from './fips.ts';
import { createLog } from './log.ts';
import { linkToMonitor } from './monitor/process-link.ts';
import { workerSocketName } from './worker-sockets.ts';

/** What a worker process is told by the monitor's. */
export type WorkerProcessSettings = WorkerSettings & {
  readonly number: number;
  readonly logLevel: string;
};

/** The edge of a worker process (DESIGN.md D10): no arguments, no environment; all it knows it is told. */
async function runWorker(): Promise<void> {
  // The monitor's process decides when to stop, also where a terminal tells the whole group.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit());

  let report: (error: unknown) => void = (error) =>
    process.stderr.write(`waybill: ${String(error)}\n`);
  const link = linkToMonitor<WorkerProcessSettings>((error) => report(error));
  const settings = await link.settings;
  checkFips(settings);
  const log = createLog(settings.logLevel, process.stdout.isTTY).child({ worker: settings.number });
  report = (error) => log.error({ err: error }, 'internal fault');
  // One core has nothing to do beside.
  if (availableParallelism() > 1) startHashLane();
  await showLife(settings.number);
  const side = await composeWorker(settings, link.monitor, log);
  link.begin(side, ({ connectionId }) => {
    link.monitor.connectionClosed(nothingOf(connectionId, 'connection-lost')).catch(report);
  });
}

/** A socket in the data directory that answers for as long as the process lives (`worker-sockets.ts`). */
function showLife(number: number): Promise<void> {
  const sign = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    sign.once('error', reject);
    const umask = process.umask(0o177);
    sign.listen({ path: workerSocketName(number, process.pid) }, resolve);
    // It is bound by now; directories are still to be made.
    process.umask(umask);
  });
}

await runWorker();
