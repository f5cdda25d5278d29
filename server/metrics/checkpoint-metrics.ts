import type { CheckResult } from '../ledger/self-check.ts';
import type { ServerState } from './server-state.ts';
import type { StateMetric, Values } from './state-metrics.ts';

/** How the checkpoints of the ledger are, and what the last checks found. */
export const checkpointMetrics: readonly StateMetric[] = [
  {
    name: 'waybill_checkpoint_size',
    kind: 'gauge',
    help: 'Rows of the ledger that the newest checkpoint is of',
    value: ({ checkpoints }) => checkpoints.size,
  },
  {
    name: 'waybill_checkpoints_total',
    kind: 'counter',
    help: 'Checkpoints of the ledger since the server started',
    value: ({ checkpoints }) => checkpoints.made,
  },
  {
    name: 'waybill_checkpoint_troubles',
    kind: 'gauge',
    help: 'What does not work now: making checkpoints, their file, a witness',
    value: ({ checkpoints }) => checkpoints.troubles,
  },
  {
    name: 'waybill_ledger_verified',
    kind: 'gauge',
    help: '1 where the last check of the ledger found all well, 0 where it did not; of everything, and of what is new',
    labels: ['scope'],
    value: ({ checkpoints }) => checksOf(checkpoints.checks, ({ ok }) => Number(ok)),
  },
  {
    name: 'waybill_ledger_verified_timestamp_seconds',
    kind: 'gauge',
    help: 'When that check ended',
    labels: ['scope'],
    value: ({ checkpoints }) => checksOf(checkpoints.checks, ({ atMs }) => atMs / 1_000),
  },
];

/** Of a check that never was there is nothing to say. */
function checksOf(
  checks: ServerState['checkpoints']['checks'],
  value: (result: CheckResult) => number,
): Values {
  return [checks.whole, checks.new].flatMap((result) =>
    result === null ? [] : [[{ scope: result.scope }, value(result)] as const],
  );
}
