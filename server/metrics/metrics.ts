import { Gauge, Histogram, Registry } from 'prom-client';
import type { Commit } from '../database/units.ts';
import type { Follower } from '../ledger/tail.ts';
import { LedgerMetrics } from './ledger-metrics.ts';
import type { ServerState } from './server-state.ts';
import { registerState } from './state-metrics.ts';

export type MetricsParts = {
  readonly version: string;
  readonly startedMs: number;
  /** Looks at the server, once for each time that the metrics are asked for. */
  readonly look: () => Promise<ServerState>;
};

export interface Metrics {
  /** For the ledger's tail. */
  readonly follow: Follower;
  /** For the database: told of every commit. */
  readonly committed: (commit: Commit) => void;
  readonly contentType: string;
  /** All of them in Prometheus' text format. */
  text(): Promise<string>;
}

/** Around the 0.2 ms of a commit on a fast disk, and up to what nobody wants to wait. */
const commitBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5,
];
const unitBuckets = [1, 2, 4, 8, 16, 32, 64, 128];

/**
 * What the server is like, for Prometheus. Counted are rows of the ledger as they become durable, and commits; the rest
 * is looked at when it is asked for, so that nobody pays for it otherwise. No label grows: none holds a user, a path or an
 * address.
 */
export function createMetrics({ version, startedMs, look }: MetricsParts): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const ledger = new LedgerMetrics(registry);
  const putState = registerState(registry);
  const commits = new Histogram({
    name: 'waybill_commit_duration_seconds',
    help: 'From when a group of units was taken up until it was committed',
    buckets: commitBuckets,
    registers,
  });
  const units = new Histogram({
    name: 'waybill_commit_units',
    help: 'Units of work that shared a commit',
    buckets: unitBuckets,
    registers,
  });
  let behindSinceMs: number | undefined;
  const syncLag = new Gauge({
    name: 'waybill_ledger_sync_lag_seconds',
    help: 'Age of the oldest commit that a power cut would take',
    registers,
  });
  const build = new Gauge({
    name: 'waybill_build_info',
    help: 'Always 1',
    labelNames: ['version', 'node'],
    registers,
  });
  build.set({ version, node: process.version }, 1);
  const started = new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, seconds since the epoch',
    registers,
  });
  started.set(startedMs / 1_000);

  return {
    follow: (rows) => ledger.take(rows),
    committed: ({ units: count, ms, isDurable }) => {
      behindSinceMs = isDurable ? undefined : (behindSinceMs ?? performance.now());
      // A group of nothing but units that threw.
      if (count === 0) return;
      commits.observe(ms / 1_000);
      units.observe(count);
    },
    contentType: registry.contentType,
    text: async () => {
      const state = await look();
      for (const { id, bytes } of state.transfers) ledger.moved(id, bytes);
      putState(state);
      syncLag.set(behindSinceMs === undefined ? 0 : (performance.now() - behindSinceMs) / 1_000);
      return registry.metrics();
    },
  };
}
