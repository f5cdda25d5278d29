import type { ForwarderStatus } from '../forwarding/forwarder.ts';
import type { SelfCheckState } from '../ledger/self-check.ts';
import type { LoopDelay } from '../monitor/vitals.ts';
import type { WorkersHealth } from '../monitor/worker-vitals.ts';
import type { ReviewsState } from '../reports/review-state.ts';
import type { RetentionState } from '../retention/state.ts';

/** What is looked at when somebody asks for the metrics; nothing of it is kept up to date in between. */
export type ServerState = {
  readonly nowMs: number;
  readonly isReady: boolean;
  readonly isDegraded: boolean;
  readonly ledgerWritable: boolean;
  /** Logins that are up; connections that hold a place, and those of them that have not logged in. */
  readonly sessions: number;
  readonly connections: number;
  readonly strangers: number;
  readonly banned: number;
  /** Transfers under way, by id, with the bytes that they have moved. */
  readonly transfers: readonly {
    readonly id: string;
    readonly direction: 'upload' | 'download';
    readonly bytes: number;
  }[];
  readonly questions: ReadonlyMap<string, number>;
  readonly questionsWaiting: number;
  readonly unitsWaiting: number;
  readonly hashing: { readonly running: number; readonly waiting: number };
  readonly workers: WorkersHealth;
  readonly monitor: {
    readonly loopDelay: LoopDelay | null;
    readonly residentBytes: number;
    readonly cpuSeconds: number;
  };
  /** Null where it cannot be looked at. */
  readonly disk: {
    readonly bytesTotal: number;
    readonly bytesFree: number;
    /** What uploads leave free, and the ledger is to have in hand beside it. */
    readonly reserveBytesWanted: number;
  } | null;
  /** What of the disk is the database's, and what the ledger has in hand; null where they cannot be looked at. */
  readonly files: {
    readonly databaseBytes: number;
    readonly walBytes: number;
    readonly reserveBytes: number;
  } | null;
  readonly lastSeq: number;
  readonly forwarders: readonly ForwarderStatus[];
  readonly retention: RetentionState;
  readonly reviews: ReviewsState;
  readonly checkpoints: {
    /** Rows that the newest is of. */
    readonly size: number;
    /** Since the start. */
    readonly made: number;
    /** What does not work now: making them, the file, a witness. */
    readonly troubles: number;
    readonly checks: SelfCheckState;
  };
  readonly adminKeys: { readonly usable: number; readonly expiringSoon: number };
};
