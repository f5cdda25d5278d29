import threads from 'node:worker_threads';
import type { Database } from '../database/units.ts';
import { segmentsOf, joined, type Segment } from './verify-segments.ts';
import { heldAgainst, type LedgerVerification, type VerifyOptions } from './verify.ts';
import type { WalkFrom } from './verify-start.ts';

export type AsideQuestion = { readonly dataDirectory: string; readonly segment: Segment };

export type AsideAnswer =
  | { readonly kind: 'progress'; readonly rows: number }
  | { readonly kind: 'result'; readonly result: LedgerVerification };

export type AsideParts = {
  readonly dataDirectory: string;
  /** That of the directory: it is asked where to cut. */
  readonly database: Pick<Database, 'read'>;
  /** How many threads at most. */
  readonly threadsMax: number;
  /** Fewer are not worth another one. Default: 100,000. */
  readonly rowsPerThreadMin?: number;
  readonly knownEvidenceKeys?: VerifyOptions['knownEvidenceKeys'];
  readonly stopped?: AbortSignal;
  /** Told of rows of one thread now and then. */
  readonly onProgress?: (rows: number) => void;
};

/**
 * `verifyLedger` in threads of their own, with connections of their own that only read: millions of rows keep a processor
 * busy for minutes, and the thread that has the database answers everybody meanwhile. A ledger that is long is cut at
 * checkpoints, and each thread has a part of it.
 *
 * @throws what Node has against a thread, or whatever ended it
 */
export async function verifyAside(parts: AsideParts, from: WalkFrom): Promise<LedgerVerification> {
  const { database, threadsMax, rowsPerThreadMin } = parts;
  const segments = await segmentsOf(database, from, threadsMax, rowsPerThreadMin);
  const over = new AbortController();
  const signals = [over.signal, ...(parts.stopped === undefined ? [] : [parts.stopped])];
  const stopped = AbortSignal.any(signals);
  try {
    const results = await Promise.allSettled(
      segments.map((each) => inThread(parts, each, stopped)),
    );
    return heldAgainst(joined(results), parts.knownEvidenceKeys?.() ?? null);
  } finally {
    over.abort();
  }
}

function inThread(
  { dataDirectory, onProgress }: AsideParts,
  segment: Segment,
  stopped: AbortSignal,
): Promise<LedgerVerification> {
  return new Promise((resolve, reject) => {
    const workerData: AsideQuestion = { dataDirectory, segment };
    const thread = new threads.Worker(new URL('./verify-thread.js', import.meta.url), {
      env: {},
      // Not those of the process: what they load is meant for it, as is what they find in its environment.
      execArgv: [],
      stdin: false,
      workerData,
    });
    const stop = () => void thread.terminate();
    stopped.addEventListener('abort', stop);
    if (stopped.aborted) stop();
    thread.on('message', (said: AsideAnswer) => {
      if (said.kind === 'result') resolve(said.result);
      else onProgress?.(said.rows);
    });
    thread.on('error', reject);
    thread.on('exit', () => {
      stopped.removeEventListener('abort', stop);
      reject(new Error('the ledger was not verified to its end'));
    });
  });
}
