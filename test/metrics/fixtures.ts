import type { ServerState } from '../../server/metrics/server-state.ts';

const delay = { p50Ms: 1, p99Ms: 20, maxMs: 50 };

/** A server with a bit of everything. */
export const someState: ServerState = {
  nowMs: 100_000,
  isReady: true,
  isDegraded: false,
  ledgerWritable: true,
  sessions: 3,
  connections: 5,
  strangers: 2,
  banned: 1,
  transfers: [],
  questions: new Map([
    ['open', 7],
    ['close', 6],
  ]),
  questionsWaiting: 1,
  unitsWaiting: 2,
  hashing: { running: 1, waiting: 4 },
  workers: {
    wanted: 2,
    ready: 1,
    lost: 3,
    loopDelay: delay,
    residentBytes: 2_000,
    cpuSeconds: 9,
    paceWaits: 8,
    paceWaitMs: 1_500,
  },
  monitor: { loopDelay: delay, residentBytes: 1_000, cpuSeconds: 5 },
  disk: { bytesTotal: 1_000_000, bytesFree: 400_000, reserveBytesWanted: 62_500 },
  files: { databaseBytes: 4_096, walBytes: 512, reserveBytes: 60_000 },
  lastSeq: 42,
  forwarders: [
    {
      name: 'syslog',
      destination: 'tls://siem:6514',
      state: 'failing',
      lastSeq: 40,
      lagRows: 2,
      waitingSinceMs: 70_000,
      lastError: 'down',
      failingSinceMs: 71_000,
      rowsDelivered: 39,
      failures: 4,
    },
  ],
  checkpoints: { size: 40, made: 3, troubles: 1, checks: { whole: null, new: null } },
  reviews: { waiting: 2, overdue: 1, waitingSinceMs: 1_000 },
  retention: {
    jobs: 3,
    late: 1,
    stalled: 1,
    failed: 1,
    failedAtMs: 60_000,
    running: 1,
    waiting: { approval: 2, share: 1 },
    waitingSinceMs: 40_000,
    waitingLong: 0,
    clockProblem: null,
  },
  adminKeys: { usable: 2, expiringSoon: 1 },
};

export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** Prometheus' text format, as far as it is used. */
export function samplesIn(text: string): readonly Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] =
        /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, key = '', of = '']) => [key, of])),
        value: Number(value),
      };
    });
}
