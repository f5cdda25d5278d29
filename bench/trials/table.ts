import type { Trial } from '../trial.ts';
import { api } from './api.ts';
import { attacks } from './attacks.ts';
import { cores } from './cores.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { ledgerAppends } from './ledger.ts';
import { ledgerCheckpoints } from './ledger-checkpoints.ts';
import { limits } from './limits.ts';
import { listing } from './listing.ts';
import { logins } from './logins.ts';
import { parallel } from './parallel.ts';
import { randomReads } from './random-reads.ts';
import { rekeys } from './rekeys.ts';
import { retention } from './retention.ts';
import { seam } from './seam.ts';
import { sizesTrial } from './sizes.ts';
import { smallFiles } from './small-files.ts';
import { throughput } from './throughput.ts';
import { workers } from './workers.ts';

/** Every trial, in the order in which they run and stand in the report. */
export const trials: readonly Trial[] = [
  limits,
  throughput,
  rekeys,
  parallel,
  smallFiles,
  logins,
  listing,
  idle,
  growth,
  api,
  retention,
  workers,
  cores,
  seam,
  randomReads,
  latency,
  ledgerAppends,
  ledgerCheckpoints,
  sizesTrial,
  attacks,
];
