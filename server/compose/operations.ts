import { countAdminKeys } from '../accounts/admin-key-expiry.ts';
import type { PasswordHashing } from '../accounts/password-hashing.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Door } from './network.ts';
import { createCheckpoints, type Checkpoints } from './checkpoints.ts';
import type { Config } from '../config.ts';
import type { OpenDatabase } from '../database/open.ts';
import type { Database } from '../database/units.ts';
import type { Degradation } from '../domain/degradation.ts';
import { diskReserveBytesOf } from '../domain/disk.ts';
import type { LiveOpens } from '../files/opens.ts';
import type { Removals } from '../files/removals.ts';
import { destinationsOf } from '../forward-variables.ts';
import { createForwarders, type Forwarders } from '../forwarding/forwarders.ts';
import { Troubles } from '../forwarding/troubles.ts';
import { logRows } from '../ledger-log.ts';
import { ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import { LedgerTail } from '../ledger/tail.ts';
import type { Logger } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import type { ServerState } from '../metrics/server-state.ts';
import { LoopWatch } from '../monitor/vitals.ts';
import { DelaysOfLastMinute } from '../monitor/worker-vitals.ts';
import { lookAtReviews, ReviewTroubles } from '../reports/review-state.ts';
import type { RotatingKey } from '../signing/rotating-key.ts';
import { RetentionStates, RetentionTroubles } from '../retention/state.ts';
import { version } from '../version.ts';

const loopLookMs = 5_000;

export type OperationsParts = {
  readonly config: Config;
  readonly log: Logger;
  readonly database: OpenDatabase;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly names: Pick<LedgerNames, 'open'>;
  readonly masterKey: Uint8Array;
  readonly evidenceKey: RotatingKey;
  readonly store: BlobStore;
  readonly removals: Pick<Removals, 'refused'>;
  readonly opens: LiveOpens;
  readonly door: Door;
  readonly authentication: Pick<Authentication, 'sessions'>;
  readonly passwordHashing: Pick<PasswordHashing, 'load'>;
  readonly isReady: () => boolean;
  /** The newest row of the ledger before this start wrote any: those behind it are logged and counted. */
  readonly ledgerSeqBefore: number;
  readonly onFault: (error: unknown) => void;
};

/** What those who run the server see of it: the log of events, metrics, what is degraded, and where the ledger goes. */
export type Operations = {
  readonly tail: LedgerTail;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly forwarders: Forwarders;
  readonly checkpoints: Pick<Checkpoints, 'making' | 'check'>;
  /** What is not as it should be though the server serves. It never fails: whoever asks is in trouble already. */
  degraded(): Promise<readonly Degradation[]>;
  stop(): Promise<void>;
};

/** @throws Fault `configuration-invalid` */
export async function startOperations(parts: OperationsParts): Promise<Operations> {
  const { config, log, database, names, onFault } = parts;
  const tail = new LedgerTail({ database, names, onFault });
  const forwarders = createForwarders({
    destinations: destinationsOf(config.forward),
    database: parts.guarded,
    names,
    tail,
    troubles: troublesOf(parts),
    random: Math.random,
  });
  const loop = watchLoop();
  const retention = new RetentionTroubles({ database, steadyNow: () => performance.now() });
  const reviews = new ReviewTroubles({ database, steadyNow: () => performance.now() });
  const states = new RetentionStates();
  const checkpoints = createCheckpoints({ ...parts, tail, ledger });
  const watched = {
    store: parts.store,
    removals: parts.removals,
    link: parts.door.link,
    forwarders,
    retention,
    reviews,
    checkpoints,
  };
  const look = () =>
    lookAtServer(parts, { tail, forwarders, states, watched, loopDelays: loop.delays });
  const startedMs = Date.now() - process.uptime() * 1_000;
  const metrics = createMetrics({ version, startedMs, look });
  await tail.start(parts.ledgerSeqBefore);
  database.onCommit(metrics.committed);
  tail.follow(metrics.follow);
  tail.follow(logRows(log));
  await forwarders.start();
  await checkpoints.start();
  return {
    tail,
    metrics,
    forwarders,
    checkpoints,
    degraded: () => degradedOf(watched),
    stop: async () => {
      loop.stop();
      await checkpoints.stop();
      await forwarders.stop();
      await tail.stop();
    },
  };
}

function troublesOf({ log, database, onFault }: OperationsParts): Troubles {
  return new Troubles({
    database,
    ledger,
    clock: Date.now,
    onProblem: ({ forwarder, error }) =>
      error === null
        ? log.info({ forwarder }, 'the ledger is forwarded again')
        : log.warn({ forwarder, error }, 'the ledger could not be forwarded; it is tried again'),
    onFault,
  });
}

function watchLoop(): { readonly delays: DelaysOfLastMinute; stop(): void } {
  const loop = new LoopWatch();
  const delays = new DelaysOfLastMinute();
  const timer = setInterval(() => delays.add(loop.take()), loopLookMs).unref();
  return {
    delays,
    stop: () => {
      clearInterval(timer);
      loop.stop();
    },
  };
}

/** What of the server is looked at for its metrics. */
export type Looked = Pick<OperationsParts, 'authentication' | 'passwordHashing' | 'isReady'> & {
  readonly database: Pick<OpenDatabase, 'problem' | 'unitsWaiting' | 'sizes' | 'read'>;
  readonly store: Pick<BlobStore, 'space'>;
  readonly opens: Pick<LiveOpens, 'all' | 'progressOf'>;
  readonly door: {
    readonly gate: Pick<Door['gate'], 'connections' | 'strangers'> & {
      readonly penalties: Pick<Door['gate']['penalties'], 'list'>;
    };
    readonly questions: Pick<Door['questions'], 'counts' | 'waiting'>;
    readonly link: Pick<Door['link'], 'health'>;
  };
};

type Watches = {
  readonly tail: Pick<LedgerTail, 'lastSeq'>;
  readonly forwarders: Pick<Forwarders, 'list' | 'troubled'>;
  readonly states: Pick<RetentionStates, 'look'>;
  readonly watched: Watched;
  readonly loopDelays: Pick<DelaysOfLastMinute, 'worst'>;
};

/** A disk that cannot be looked at takes nothing but its own numbers: the others are what one then needs. */
export async function lookAtServer(
  { database, store, opens, door, authentication, passwordHashing, isReady }: Looked,
  { tail, forwarders, states, watched, loopDelays }: Watches,
): Promise<ServerState> {
  const { gate, questions, link } = door;
  const { user, system } = process.cpuUsage();
  const degraded = await degradedOf(watched);
  return {
    nowMs: Date.now(),
    isReady: isReady(),
    isDegraded: degraded.length > 0,
    ledgerWritable: database.problem === null,
    sessions: authentication.sessions().length,
    connections: gate.connections,
    strangers: gate.strangers,
    banned: gate.penalties.list().length,
    transfers: [...opens.all()].map((open) => ({
      id: open.openId,
      direction: open.kind === 'receiving' ? 'upload' : 'download',
      // A worker tells how long the upload is by now, with what it goes on from.
      bytes:
        (opens.progressOf(open.openId) ?? 0) - (open.kind === 'receiving' ? open.resumedBytes : 0),
    })),
    questions: questions.counts,
    questionsWaiting: questions.waiting,
    unitsWaiting: database.unitsWaiting,
    hashing: passwordHashing.load(),
    workers: link.health(),
    monitor: {
      loopDelay: loopDelays.worst(),
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
    },
    disk: await diskOf(store),
    files: filesOf(database),
    lastSeq: tail.lastSeq,
    forwarders: await forwarders.list(),
    retention: await database.read((reader) => states.look(reader)),
    reviews: await database.read(lookAtReviews),
    checkpoints: stateOfCheckpoints(watched.checkpoints),
    adminKeys: await database.read(countAdminKeys),
  };
}

function stateOfCheckpoints({ making, check }: Watched['checkpoints']): ServerState['checkpoints'] {
  return {
    size: making.size,
    made: making.made,
    troubles: making.troubles.length,
    checks: check.state,
  };
}

async function diskOf(store: Pick<BlobStore, 'space'>): Promise<ServerState['disk']> {
  try {
    const { bytesTotal, bytesFree } = await store.space();
    return { bytesTotal, bytesFree, reserveBytesWanted: diskReserveBytesOf(bytesTotal) };
  } catch {
    // `degraded` tells it.
    return null;
  }
}

function filesOf(database: Pick<OpenDatabase, 'sizes'>): ServerState['files'] {
  try {
    return database.sizes();
  } catch {
    return null;
  }
}

export type Watched = {
  readonly store: Pick<BlobStore, 'space'>;
  readonly removals: Pick<Removals, 'refused'>;
  readonly link: { health(): { readonly wanted: number; readonly ready: number } };
  readonly forwarders: Pick<Forwarders, 'troubled'>;
  readonly retention: Pick<RetentionTroubles, 'words'>;
  readonly reviews: Pick<ReviewTroubles, 'words'>;
  readonly checkpoints: Pick<Checkpoints, 'degraded'> & {
    readonly making: Pick<Checkpoints['making'], 'size' | 'made' | 'troubles'>;
    readonly check: Pick<Checkpoints['check'], 'state'>;
  };
};

/** What of these is not as it should be. It throws nothing. */
export async function degradedOf(watched: Watched): Promise<readonly Degradation[]> {
  const ofDisk = await degradationOfDisk(watched.store);
  const { refused } = watched.removals;
  const { wanted, ready } = watched.link.health();
  return [
    ...watched.checkpoints.degraded(),
    ...(ofDisk === null ? [] : [{ part: 'disk', words: ofDisk } as const]),
    ...(refused === 0 ? [] : [{ part: 'disk', words: refusedWords(refused) } as const]),
    ...(ready < wanted
      ? [
          {
            part: 'workers',
            words: `${ready} of ${wanted} worker processes take connections`,
          } as const,
        ]
      : []),
    ...watched.forwarders.troubled().map(({ name, state }) => ({
      part: 'forwarding' as const,
      words:
        state === 'paused'
          ? `forwarding of the ledger to ${name} is paused`
          : `the ledger cannot be forwarded to ${name}`,
    })),
    ...(await watched.retention.words()).map((words) => ({ part: 'retention' as const, words })),
    ...(await watched.reviews.words()).map((words) => ({ part: 'reviews' as const, words })),
  ];
}

function refusedWords(count: number): string {
  const what = count === 1 ? 'a stored piece that belongs' : `${count} stored pieces that belong`;
  return `the disk does not let go of ${what} to no file any more; it is tried again`;
}

async function degradationOfDisk(store: Pick<BlobStore, 'space'>): Promise<string | null> {
  let space: Awaited<ReturnType<BlobStore['space']>>;
  try {
    space = await store.space();
  } catch {
    return 'the disk cannot be looked at';
  }
  const reserve = diskReserveBytesOf(space.bytesTotal);
  if (space.bytesFree <= reserve) return 'the disk has no room left for uploads';
  if (space.bytesFree <= 2 * reserve) return 'the disk is nearly full; uploads are refused soon';
  return null;
}
