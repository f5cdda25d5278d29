import { Counter, Gauge, type Registry } from 'prom-client';
import type { ForwarderState } from '../forwarding/forwarder.ts';
import type { LoopDelay } from '../monitor/vitals.ts';
import { checkpointMetrics } from './checkpoint-metrics.ts';
import type { ServerState } from './server-state.ts';

type Labels = Readonly<Record<string, string>>;
export type Values = readonly (readonly [labels: Labels, value: number])[];
/** No sample at all: 0 would say something. */
const unknown: Values = [];

/** One metric of the server's state: its value now, or one for each of a few labels. */
export type StateMetric = {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly value: (state: ServerState) => number | Values;
};

const forwarderStates: readonly ForwarderState[] = ['waiting', 'sending', 'failing', 'paused'];

const stateMetrics: readonly StateMetric[] = [
  {
    name: 'waybill_ready',
    kind: 'gauge',
    help: '1 where /readyz answers 200',
    value: ({ isReady }) => Number(isReady),
  },
  {
    name: 'waybill_degraded',
    kind: 'gauge',
    help: '1 where /readyz names something that is not as it should be',
    value: ({ isDegraded }) => Number(isDegraded),
  },
  {
    name: 'waybill_ledger_writable',
    kind: 'gauge',
    help: '0 while the audit ledger cannot be written, and nothing may happen',
    value: ({ ledgerWritable }) => Number(ledgerWritable),
  },
  {
    name: 'waybill_sessions',
    kind: 'gauge',
    help: 'Logins that are up',
    value: ({ sessions }) => sessions,
  },
  {
    name: 'waybill_connections',
    kind: 'gauge',
    help: 'Connections, by whether they have logged in',
    labels: ['state'],
    value: ({ connections, strangers }) => [
      [{ state: 'stranger' }, strangers],
      [{ state: 'logged-in' }, connections - strangers],
    ],
  },
  {
    name: 'waybill_banned_sources',
    kind: 'gauge',
    help: 'Addresses that are kept out for a while',
    value: ({ banned }) => banned,
  },
  {
    name: 'waybill_transfers_open',
    kind: 'gauge',
    help: 'Transfers under way',
    labels: ['direction'],
    value: ({ transfers }) =>
      ['upload', 'download'].map((direction) => [
        { direction },
        transfers.filter((each) => each.direction === direction).length,
      ]),
  },
  {
    name: 'waybill_monitor_questions_total',
    kind: 'counter',
    help: 'What workers asked of the monitor, by kind',
    labels: ['kind'],
    value: ({ questions }) => [...questions].map(([kind, count]) => [{ kind }, count]),
  },
  {
    name: 'waybill_monitor_questions_waiting',
    kind: 'gauge',
    help: 'Questions of workers that are not answered yet',
    value: ({ questionsWaiting }) => questionsWaiting,
  },
  {
    name: 'waybill_commit_units_waiting',
    kind: 'gauge',
    help: 'Units of work that wait for the writer of the database',
    value: ({ unitsWaiting }) => unitsWaiting,
  },
  {
    name: 'waybill_password_hashes',
    kind: 'gauge',
    help: 'Passwords that are being hashed, and that wait for it',
    labels: ['state'],
    value: ({ hashing }) => [
      [{ state: 'running' }, hashing.running],
      [{ state: 'waiting' }, hashing.waiting],
    ],
  },
  {
    name: 'waybill_workers',
    kind: 'gauge',
    help: 'Worker processes that there are to be, and that take connections; 0 where the monitor does the work',
    labels: ['state'],
    value: ({ workers }) => [
      [{ state: 'wanted' }, workers.wanted],
      [{ state: 'ready' }, workers.ready],
    ],
  },
  {
    name: 'waybill_workers_lost_total',
    kind: 'counter',
    help: 'Worker processes that died and were replaced',
    value: ({ workers }) => workers.lost,
  },
  {
    name: 'waybill_pace_waits_total',
    kind: 'counter',
    help: 'How often a client that was ahead of its pace was made to wait',
    value: ({ workers }) => workers.paceWaits,
  },
  {
    name: 'waybill_pace_wait_seconds_total',
    kind: 'counter',
    help: 'How long clients that were ahead of their pace were made to wait',
    value: ({ workers }) => workers.paceWaitMs / 1_000,
  },
  {
    name: 'waybill_event_loop_delay_seconds',
    kind: 'gauge',
    help: 'How long the event loop kept a timer waiting, the worst few seconds of the last minute; of workers, the worst of them',
    labels: ['process', 'quantile'],
    value: ({ monitor, workers }) => [
      ...delays('monitor', monitor.loopDelay),
      ...delays('worker', workers.loopDelay),
    ],
  },
  {
    name: 'waybill_memory_resident_bytes',
    kind: 'gauge',
    help: 'Resident memory; of workers, of all of them together',
    labels: ['process'],
    value: ({ monitor, workers }) => [
      [{ process: 'monitor' }, monitor.residentBytes],
      [{ process: 'worker' }, workers.residentBytes],
    ],
  },
  {
    name: 'waybill_cpu_seconds_total',
    kind: 'counter',
    help: 'Processor time; of workers, of all that there were',
    labels: ['process'],
    value: ({ monitor, workers }) => [
      [{ process: 'monitor' }, monitor.cpuSeconds],
      [{ process: 'worker' }, workers.cpuSeconds],
    ],
  },
  {
    name: 'waybill_disk_size_bytes',
    kind: 'gauge',
    help: 'The disk of the data directory',
    value: ({ disk }) => disk?.bytesTotal ?? unknown,
  },
  {
    name: 'waybill_disk_free_bytes',
    kind: 'gauge',
    help: 'What can still be written to it',
    value: ({ disk }) => disk?.bytesFree ?? unknown,
  },
  {
    name: 'waybill_disk_reserve_wanted_bytes',
    kind: 'gauge',
    help: 'Free room below which uploads are refused; as much the ledger is to have in reserve',
    value: ({ disk }) => disk?.reserveBytesWanted ?? unknown,
  },
  {
    name: 'waybill_disk_reserve_bytes',
    kind: 'gauge',
    help: 'Room that the ledger has in reserve for a full disk',
    value: ({ files }) => files?.reserveBytes ?? unknown,
  },
  {
    name: 'waybill_database_size_bytes',
    kind: 'gauge',
    help: 'The database, and its write-ahead log',
    labels: ['file'],
    value: ({ files }) =>
      files === null
        ? unknown
        : [
            [{ file: 'database' }, files.databaseBytes],
            [{ file: 'wal' }, files.walBytes],
          ],
  },
  {
    name: 'waybill_ledger_last_seq',
    kind: 'gauge',
    help: 'Number of the newest durable row of the ledger',
    value: ({ lastSeq }) => lastSeq,
  },
  {
    name: 'waybill_forwarder_last_seq',
    kind: 'gauge',
    help: 'Newest row that the destination is known to have',
    labels: ['forwarder'],
    value: ({ forwarders }) =>
      forwarders.map(({ name, lastSeq }) => [{ forwarder: name }, lastSeq]),
  },
  {
    name: 'waybill_forwarder_lag_rows',
    kind: 'gauge',
    help: 'Rows that the destination is not known to have',
    labels: ['forwarder'],
    value: ({ forwarders }) =>
      forwarders.map(({ name, lagRows }) => [{ forwarder: name }, lagRows]),
  },
  {
    name: 'waybill_forwarder_lag_seconds',
    kind: 'gauge',
    help: 'Age of the oldest of them',
    labels: ['forwarder'],
    value: ({ forwarders, nowMs }) =>
      forwarders.map(({ name, waitingSinceMs }) => [
        { forwarder: name },
        waitingSinceMs === null ? 0 : Math.max(0, nowMs - waitingSinceMs) / 1_000,
      ]),
  },
  {
    name: 'waybill_forwarder_state',
    kind: 'gauge',
    help: '1 for the state that the forwarder is in',
    labels: ['forwarder', 'state'],
    value: ({ forwarders }) =>
      forwarders.flatMap(({ name, state: current }) =>
        forwarderStates.map((state): Values[number] => [
          { forwarder: name, state },
          Number(state === current),
        ]),
      ),
  },
  {
    name: 'waybill_forwarder_rows_total',
    kind: 'counter',
    help: 'Rows that the destination has confirmed',
    labels: ['forwarder'],
    value: ({ forwarders }) =>
      forwarders.map(({ name, rowsDelivered }) => [{ forwarder: name }, rowsDelivered]),
  },
  {
    name: 'waybill_forwarder_failures_total',
    kind: 'counter',
    help: 'Deliveries that failed and are tried again',
    labels: ['forwarder'],
    value: ({ forwarders }) =>
      forwarders.map(({ name, failures }) => [{ forwarder: name }, failures]),
  },
  {
    name: 'waybill_retention_jobs',
    kind: 'gauge',
    help: 'Retention jobs that are enabled, that nobody started at their time, whose run does nothing for an hour, and whose last run that came to its end failed or left something behind',
    labels: ['state'],
    value: ({ retention }) => [
      [{ state: 'enabled' }, retention.jobs],
      [{ state: 'late' }, retention.late],
      [{ state: 'stalled' }, retention.stalled],
      [{ state: 'failed' }, retention.failed],
    ],
  },
  {
    name: 'waybill_retention_runs_going_on',
    kind: 'gauge',
    help: 'Runs that are being planned or carried out',
    value: ({ retention }) => retention.running,
  },
  {
    name: 'waybill_retention_plans_waiting',
    kind: 'gauge',
    help: 'Plans that wait for an administrator, by why',
    labels: ['reason'],
    value: ({ retention: { waiting } }) => [
      [{ reason: 'approval' }, waiting.approval],
      [{ reason: 'share' }, waiting.share],
    ],
  },
  {
    name: 'waybill_retention_plan_waiting_seconds',
    kind: 'gauge',
    help: 'How long the oldest of them waits',
    value: ({ retention: { waitingSinceMs }, nowMs }) =>
      waitingSinceMs === null ? 0 : Math.max(0, nowMs - waitingSinceMs) / 1_000,
  },
  {
    name: 'waybill_retention_last_failure_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last run that failed ended, of jobs that had no better one since; 0 for none',
    value: ({ retention: { failedAtMs } }) => (failedAtMs ?? 0) / 1_000,
  },
  {
    name: 'waybill_retention_clock_problem',
    kind: 'gauge',
    help: '1 where nothing is purged until somebody has confirmed the time',
    value: ({ retention: { clockProblem } }) => Number(clockProblem !== null),
  },
  ...checkpointMetrics,
  {
    name: 'waybill_reviews',
    kind: 'gauge',
    help: 'Weekly reviews that nobody has acknowledged: all of them, and those that should be',
    labels: ['state'],
    value: ({ reviews }) => [
      [{ state: 'waiting' }, reviews.waiting],
      [{ state: 'overdue' }, reviews.overdue],
    ],
  },
  {
    name: 'waybill_review_waiting_seconds',
    kind: 'gauge',
    help: 'How long the oldest review waits, from the end of its week; 0 where none waits',
    value: ({ reviews: { waitingSinceMs }, nowMs }) =>
      waitingSinceMs === null ? 0 : (nowMs - waitingSinceMs) / 1_000,
  },
  {
    name: 'waybill_admin_keys',
    kind: 'gauge',
    help: 'Admin keys that can be used, and those made for more than a week that expire within one',
    labels: ['state'],
    value: ({ adminKeys }) => [
      [{ state: 'usable' }, adminKeys.usable],
      [{ state: 'expiring' }, adminKeys.expiringSoon],
    ],
  },
];

function delays(process: string, delay: LoopDelay | null): Values {
  if (delay === null) return [];
  return [
    [{ process, quantile: '0.5' }, delay.p50Ms / 1_000],
    [{ process, quantile: '0.99' }, delay.p99Ms / 1_000],
    [{ process, quantile: '1' }, delay.maxMs / 1_000],
  ];
}

/** @returns what puts a state into the registry */
export function registerState(registry: Registry): (state: ServerState) => void {
  const registered = stateMetrics.map((metric) => {
    const { name, help, labels = [], kind } = metric;
    const configuration = { name, help, labelNames: [...labels], registers: [registry] };
    const made = kind === 'gauge' ? new Gauge(configuration) : new Counter(configuration);
    return { metric, made };
  });
  return (state) => {
    for (const { metric, made } of registered) {
      const value = metric.value(state);
      const values: Values = typeof value === 'number' ? [[{}, value]] : value;
      // The sums are kept elsewhere: the whole of each is put in place of the one before.
      made.reset();
      // A reset leaves 0 where there are no labels.
      if (values.length === 0 && metric.labels === undefined) made.remove();
      for (const [labels, amount] of values) made.inc(labels, amount);
    }
  };
}
