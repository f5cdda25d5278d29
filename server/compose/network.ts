import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createGate, type Gate } from '../admission/gate.ts';
import { readBanner } from '../banner.ts';
import { composeWorker, type WorkerSettings } from './worker.ts';
import type { Config } from '../config.ts';
import type { HostKeyRing } from '../connection/host-key-ring.ts';
import type { Database } from '../database/units.ts';
import { fipsProgram } from '../fips.ts';
import { ledger } from '../ledger/ledger.ts';
import { LimitRows } from '../ledger/limit-rows.ts';
import type { Logger } from '../log.ts';
import { crossSeam } from '../monitor/crossing.ts';
import { createFaces } from '../monitor/faces.ts';
import { Placements } from '../monitor/placements.ts';
import { Questions } from '../monitor/questions.ts';
import { startProcesses, type LostWorker } from '../monitor/processes.ts';
import type { Answers } from '../monitor/verbs.ts';
import { createLocalWorkers, localWorker, WorkersLink, type Workers } from '../monitor/workers.ts';
import type { WorkerProcessSettings } from '../worker.ts';
import { removeWorkerSocket } from '../worker-sockets.ts';

/** Who comes in and who has whom: made before what answers them. */
export type Door = {
  readonly gate: Gate;
  readonly placements: Placements;
  readonly link: WorkersLink;
  /** What the workers ask. */
  readonly questions: Questions;
};

export function openDoor(
  config: Config,
  database: Database,
  isLegacy: (address: string) => boolean,
  onFault: (error: unknown) => void,
): Door {
  const now = () => performance.now();
  const link = new WorkersLink();
  const gate = createGate({
    limits: config.limits,
    allowedMonitors: config.allowedMonitors,
    random: Math.random,
    now,
    clock: Date.now,
    randomBytes,
    isLegacy,
    handOver: (socket, arrival) => link.receive(socket, arrival),
    onFault,
    limitRows: new LimitRows({ database, ledger, limits: config.limits, now, onFault }),
  });
  return { gate, placements: new Placements(), link, questions: new Questions() };
}

export type NetworkParts = {
  readonly config: Config;
  readonly log: Logger;
  readonly door: Door;
  readonly monitor: Answers;
  readonly hostKeys: HostKeyRing;
  readonly onFault: (error: unknown) => void;
};

/** Starts what faces the network: worker processes, or the same within this one. */
export async function startWorkers(parts: NetworkParts): Promise<Workers> {
  const { config, log, door, monitor, hostKeys, onFault } = parts;
  const { gate, placements, link, questions } = door;
  const faces = createFaces({
    monitor,
    placements,
    signExchange: (exchangeHash, type) => hostKeys.sign(exchangeHash, type),
    proveHostKeys: (sshSessionId, blobs) => hostKeys.prove(sshSessionId, blobs),
    isStopping: () => gate.hasStopped,
    onLeft: (connectionId, reason) => gate.left(connectionId, reason),
    onFault,
    questions,
  });
  const count = config.workers ?? availableParallelism();
  const settings: WorkerSettings = {
    blobsDirectory: blobsDirectory(config),
    hostKeys: [...hostKeys.certified, ...hostKeys.inUse],
    nextHostKeys: hostKeys.next,
    algorithms: config.algorithms,
    banner: readBanner(config.bannerFile),
    limits: config.limits,
    processes: Math.max(1, count),
  };
  const workers =
    count === 0
      ? createLocalWorkers(
          await composeWorker(settings, crossSeam(faces.of(localWorker)), log),
          placements,
        )
      : await startProcesses({
          ...processParts(config, settings, count),
          placements,
          faces,
          ...tellingOf(log, config.dataDirectory),
          onFault,
        });
  link.connect(workers);
  return workers;
}

/** As it is granted to the workers, and as they use it. */
function blobsDirectory(config: Config): string {
  return join(realDirectory(config.dataDirectory), 'blobs');
}

function realDirectory(directory: string): string {
  return existsSync(directory) ? realpathSync(directory) : resolve(directory);
}

function processParts(config: Config, settings: WorkerSettings, count: number) {
  const { blobsDirectory: blobs } = settings;
  const fips = fipsProgram(config);
  mkdirSync(blobs, { recursive: true, mode: 0o700 });
  const forProcess: Omit<WorkerProcessSettings, 'number'> = {
    ...settings,
    logLevel: config.logLevel,
  };
  return {
    count,
    program: {
      entry: join(import.meta.dirname, '../worker.js'),
      nodeOptions: [
        '--enable-source-maps',
        memoryOption,
        ...fips.nodeOptions,
        ...sandboxOptions(blobs),
      ],
      environment: fips.environment,
      workingDirectory: realDirectory(config.dataDirectory),
    },
    settings: forProcess,
  };
}

/**
 * V8 counts every buffer that was made since its last full collection against the heap's limit, which starts at a few MiB: a
 * transfer then has it mark the whole heap every 8 MiB, at half of all processor time (docs/decisions/0007).
 */
const memoryOption = '--initial-old-space-size=256';

/**
 * Node's permission model: a worker reads the application and the blobs, writes the blobs, and starts nothing. Compiled
 * ciphers are allowed, without which transfers take twice the CPU; native code is not held by the model, so this is one
 * wall of several (docs/TRUST.md).
 */
function sandboxOptions(blobs: string): readonly string[] {
  const known = process.allowedNodeEnvironmentFlags;
  const build = realpathSync(resolve(import.meta.dirname, '../..'));
  // Not the application's whole directory: `./data` and `./keys` are in it unless said otherwise.
  const application = [build, join(build, '../node_modules'), join(build, '../package.json')];
  return [
    known.has('--permission') ? '--permission' : '--experimental-permission',
    ...application.map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-read=${blobs}`,
    `--allow-fs-write=${blobs}`,
    '--allow-addons',
    // For one thread, after which the worker can start no other (server/blobs/hash-lane.ts).
    '--allow-worker',
    ...(known.has('--allow-net') ? ['--allow-net'] : []),
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    '--disallow-code-generation-from-strings',
  ];
}

function tellingOf(log: Logger, dataDirectory: string) {
  return {
    onStarted: (worker: { readonly number: number; readonly pid: number | undefined }) =>
      log.info({ worker: worker.number, pid: worker.pid }, 'worker process ready'),
    onLost: (lost: LostWorker) => {
      log.error(lost, 'a worker process died; its uploads are kept as partial, and another starts');
      if (lost.pid !== undefined) removeWorkerSocket(dataDirectory, lost.number, lost.pid);
    },
  };
}
