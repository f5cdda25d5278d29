import { Counter, Histogram, type Registry } from 'prom-client';
import { isLoginAccepted } from '../domain/events.ts';
import type { LedgerEvent } from '../domain/events.ts';
import type { ToldRow } from '../ledger/tail.ts';
import { loginClasses, loginClassOf } from './login-classes.ts';

/** From a small file over a fast line to a night's worth. */
const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3_600, 14_400];
const sizeBuckets = [1, 8, 32, 1_024, 16_384, 131_072, 1_048_576, 16_777_216].map(
  (kibibytes) => kibibytes * 1_024,
);
/** Transfers whose beginning is remembered: more than can be open. */
const openMax = 100_000;

const purges = {
  'file.purged.1': 'file',
  'version.purged.1': 'previous-version',
  'upload.purged.1': 'partial-upload',
} as const;

type Direction = 'upload' | 'download';
type Opened = { readonly direction: Direction; readonly atMs: number; toldBytes: number };
type Recorded<E extends LedgerEvent['event']> = Extract<LedgerEvent, { event: E }>;

/**
 * What is counted of what the ledger records, from its rows as they become durable (server/ledger/tail.ts): one place for
 * every event, off the path of a commit, and a counter never tells of what no row speaks for.
 */
export class LedgerMetrics {
  readonly #rows: Counter<'event' | 'outcome'>;
  readonly #logins: Counter<'outcome' | 'class'>;
  readonly #transfers: Counter<'direction' | 'state'>;
  readonly #durations: Histogram<'direction'>;
  readonly #sizes: Histogram<'direction'>;
  readonly #bytes: Counter<'direction'>;
  readonly #limits: Counter<'limit'>;
  readonly #bans: Counter;
  readonly #runs: Counter<'state'>;
  readonly #purgedItems: Counter<'target'>;
  readonly #purgedBytes: Counter<'target'>;
  readonly #open = new Map<string, Opened>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#rows = new Counter({
      name: 'waybill_ledger_rows_total',
      help: 'Rows of the audit ledger, by event and outcome',
      labelNames: ['event', 'outcome'],
      registers,
    });
    this.#logins = new Counter({
      name: 'waybill_logins_total',
      help: 'Logins that were accepted, and proofs that were refused by the class of the reason',
      labelNames: ['outcome', 'class'],
      registers,
    });
    this.#transfers = new Counter({
      name: 'waybill_transfers_total',
      help: 'Transfers that ended, by the state that they ended in',
      labelNames: ['direction', 'state'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'waybill_transfer_duration_seconds',
      help: 'From OPEN to CLOSE, of transfers that ended',
      labelNames: ['direction'],
      buckets: durationBuckets,
      registers,
    });
    this.#sizes = new Histogram({
      name: 'waybill_transfer_size_bytes',
      help: 'Bytes that went over the wire, of transfers that ended',
      labelNames: ['direction'],
      buckets: sizeBuckets,
      registers,
    });
    this.#bytes = new Counter({
      name: 'waybill_file_bytes_total',
      help: 'File bytes that came in (upload) or went out (download), those of transfers under way included',
      labelNames: ['direction'],
      registers,
    });
    this.#limits = new Counter({
      name: 'waybill_limit_refusals_total',
      help: 'What limits refused, such as connections of a banned address; told by the minute',
      labelNames: ['limit'],
      registers,
    });
    this.#bans = new Counter({
      name: 'waybill_bans_total',
      help: 'Bans of addresses that were begun',
      registers,
    });
    this.#runs = new Counter({
      name: 'waybill_retention_runs_total',
      help: 'Retention runs that ended, by how; dry ones do not end',
      labelNames: ['state'],
      registers,
    });
    this.#purgedItems = new Counter({
      name: 'waybill_retention_purged_total',
      help: 'Files, earlier versions and partial uploads that retention destroyed',
      labelNames: ['target'],
      registers,
    });
    this.#purgedBytes = new Counter({
      name: 'waybill_retention_purged_bytes_total',
      help: 'Their bytes',
      labelNames: ['target'],
      registers,
    });
    this.#beginAtZero();
  }

  take(rows: readonly ToldRow[]): void {
    for (const row of rows) this.#takeOne(row);
  }

  /** A transfer under way has moved so many bytes by now. */
  moved(transfer: string, bytes: number): void {
    const opened = this.#open.get(transfer);
    if (opened === undefined || bytes <= opened.toldBytes) return;
    this.#bytes.inc({ direction: opened.direction }, bytes - opened.toldBytes);
    opened.toldBytes = bytes;
  }

  /** So that the first refusal of a class is a rise, which a series that begins with it is not. */
  #beginAtZero(): void {
    this.#logins.inc({ outcome: 'accepted', class: 'none' }, 0);
    for (const each of loginClasses) this.#logins.inc({ outcome: 'refused', class: each }, 0);
    for (const state of ['done', 'failed', 'cancelled']) this.#runs.inc({ state }, 0);
    for (const target of Object.values(purges)) {
      this.#purgedItems.inc({ target }, 0);
      this.#purgedBytes.inc({ target }, 0);
    }
    for (const direction of ['upload', 'download'] as const) {
      this.#bytes.inc({ direction }, 0);
      this.#durations.zero({ direction });
      this.#sizes.zero({ direction });
    }
    for (const state of ['published', 'partial', 'unchanged', 'discarded'])
      this.#transfers.inc({ direction: 'upload', state }, 0);
    for (const state of ['completed', 'incomplete'])
      this.#transfers.inc({ direction: 'download', state }, 0);
  }

  #takeOne(row: ToldRow): void {
    const { recorded, outcome } = row;
    const { event } = recorded;
    this.#rows.inc({ event, outcome });
    if (isLoginAccepted(recorded)) this.#logins.inc({ outcome: 'accepted', class: 'none' });
    else if (recorded.event === 'login.refused.1')
      this.#logins.inc(
        { outcome: 'refused', class: loginClassOf(row.reason) },
        refusalsIn(recorded),
      );
    else if (recorded.event === 'file.opened.1') this.#opened(row, recorded);
    else if (recorded.event === 'file.closed.1') this.#closed(row, recorded);
    else if (recorded.event === 'limit.reached.1')
      this.#limits.inc({ limit: recorded.limit }, recorded.count);
    else if (event === 'ban.started.1') this.#bans.inc();
    else if (recorded.event === 'retention-run.ended.1') this.#runs.inc({ state: recorded.state });
    else if (event === 'retention-run.cancelled.1') this.#runs.inc({ state: 'cancelled' });
    else if (isPurge(recorded)) {
      const target = purges[recorded.event];
      this.#purgedItems.inc({ target });
      this.#purgedBytes.inc({ target }, recorded.size);
    }
  }

  #opened({ atMs }: ToldRow, { transfer, mode }: Recorded<'file.opened.1'>): void {
    if (this.#open.size >= openMax) return;
    const direction = mode === 'read' ? 'download' : 'upload';
    this.#open.set(transfer, { direction, atMs, toldBytes: 0 });
  }

  #closed(row: ToldRow, closed: Recorded<'file.closed.1'>): void {
    const { transfer, state, bytesRead, bytesWritten } = closed;
    const opened = this.#open.get(transfer);
    // One that a process before this one began is settled at the start, and was over when that one ended.
    const direction = opened?.direction ?? directionOf(state);
    this.#transfers.inc({ direction, state });
    if (opened === undefined) return;
    const bytes = direction === 'upload' ? bytesWritten : bytesRead;
    this.moved(transfer, bytes);
    this.#open.delete(transfer);
    this.#sizes.observe({ direction }, bytes);
    this.#durations.observe({ direction }, Math.max(0, row.atMs - opened.atMs) / 1_000);
  }
}

function isPurge(recorded: LedgerEvent): recorded is Recorded<keyof typeof purges> {
  return Object.hasOwn(purges, recorded.event);
}

/** The row at the end of a connection counts the first, too, which had one of its own. */
function refusalsIn({ proof, count }: Recorded<'login.refused.1'>): number {
  return count === 1 || proof === 'several' ? count : count - 1;
}

function directionOf(state: string): Direction {
  return state === 'completed' || state === 'incomplete' ? 'download' : 'upload';
}
