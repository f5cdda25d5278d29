import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Accounts } from '../server/accounts/accounts.ts';
import type { AdminKeys } from '../server/accounts/admin-keys.ts';
import type { PendingChanges } from '../server/accounts/pending-changes.ts';
import type { Authentication } from '../server/authentication/authentication.ts';
import type { LiveControl } from '../server/authentication/live-control.ts';
import type { BlobStore } from '../server/blobs/store.ts';
import type { UnitGuards } from '../server/database/guards.ts';
import type { Database } from '../server/database/units.ts';
import type { Degradation } from '../server/domain/degradation.ts';
import type { Penalties } from '../server/domain/penalties.ts';
import type { AdminChanges } from '../server/files/admin-changes.ts';
import type { AdminFiles } from '../server/files/admin-view.ts';
import type { LiveView } from '../server/files/live-view.ts';
import type { Transfers } from '../server/files/transfers.ts';
import type { Forwarders } from '../server/forwarding/forwarders.ts';
import type { LedgerArchive } from '../server/archive/archive.ts';
import type { LedgerExports } from '../server/ledger/export.ts';
import type { Ledger } from '../server/ledger/ledger.ts';
import type { LedgerNames } from '../server/ledger/names.ts';
import type { SelfCheck } from '../server/ledger/self-check.ts';
import type { LedgerTail } from '../server/ledger/tail.ts';
import type { Metrics } from '../server/metrics/metrics.ts';
import type { Reports } from '../server/reports/reports.ts';
import type { Reviews } from '../server/reports/reviews.ts';
import type { ReceiptSearch } from '../server/receipts/search.ts';
import type { Retention } from '../server/retention/retention.ts';
import type { ListenerTls } from './listener-tls.ts';

export type AdminApiParts = {
  /** Those of the live control, so that a change reaches the logins that are up. */
  readonly accounts: Accounts;
  readonly adminKeys: AdminKeys;
  readonly pendingChanges: PendingChanges;
  readonly adminFiles: AdminFiles;
  readonly adminChanges: AdminChanges;
  readonly live: LiveView;
  readonly transfers: Transfers;
  readonly retention: Retention;
  /** The ledger for who verifies it elsewhere, and what of it is archived. */
  readonly ledgerExports: LedgerExports;
  readonly ledgerArchive: Pick<LedgerArchive, 'list' | 'seal'>;
  readonly receipts: ReceiptSearch;
  readonly reports: Reports;
  readonly reviews: Reviews;
  readonly authentication: Pick<Authentication, 'sessions'>;
  readonly endLogin: LiveControl['endLogin'];
  readonly penalties: Penalties;
  /** That of the guards. */
  readonly database: Database;
  readonly guards: UnitGuards;
  readonly ledger: Ledger;
  /** Opens the names of files that rows of the ledger have as commitments. */
  readonly names: Pick<LedgerNames, 'open' | 'find'>;
  readonly store: BlobStore;
  readonly limits: {
    readonly apiBodyBytesMax: number;
    readonly apiRequestMsMax: number;
    readonly apiHeadersMsMax: number;
    readonly idleMsMax: number;
    readonly fileBytesMax: number;
    readonly apiUploadsMax: number;
    readonly apiUploadsPerKeyMax: number;
    readonly eventReadersMax: number;
    readonly eventReadersPerKeyMax: number;
    readonly eventBytesQueuedMax: number;
    readonly eventRowsBehindMax: number;
    readonly eventHeartbeatMs: number;
    readonly importBodyBytesMax: number;
    readonly importRowsMax: number;
    readonly importsAtOnceMax: number;
    readonly importsPerKeyMax: number;
    readonly reportsAtOnceMax: number;
    readonly reportsPerKeyMax: number;
    readonly apiRequestsPerSecondMax: number;
    readonly apiRequestsAtOnceMax: number;
    readonly apiFailuresPerMinuteMax: number;
    readonly apiFailuresAtOnceMax: number;
    readonly apiRatesRememberedMax: number;
    readonly apiAnswersKeptMs: number;
    readonly apiAnswersPerKeyMax: number;
    readonly apiAnswersPerKeyBytesMax: number;
    readonly apiAnswerBytesMax: number;
  };
  /** Actions that take two administrators, such as `agencies.delete`. */
  readonly twoPersonActions: readonly string[];
  /** Certificates of the listener; without them it speaks plain HTTP. */
  readonly tls: ListenerTls | null;
  /** Milliseconds of a clock that is never set. */
  readonly steadyNow: () => number;
  readonly version: string;
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  readonly operations: {
    readonly tail: Pick<LedgerTail, 'follow' | 'lastSeq'>;
    readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
    readonly forwarders: Pick<Forwarders, 'list' | 'get' | 'change'>;
    readonly checkpoints: {
      readonly check: Pick<SelfCheck, 'whole' | 'recent' | 'last'>;
    };
    /** What is not as it should be though the server serves. */
    readonly degraded: () => Promise<readonly Degradation[]>;
  };
  /** Told of what was answered as an internal error. */
  readonly onFault: (error: unknown) => void;
};

export type AdminApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
