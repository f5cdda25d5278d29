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
import type { Authentication } from '../server/authentication/authentication.ts';
import type { LiveControl } from '../server/authentication/live-control.ts';
import type { BlobStore } from '../server/blobs/store.ts';
import type { Database } from '../server/database/units.ts';
import type { Penalties } from '../server/domain/penalties.ts';
import type { AdminFiles } from '../server/files/admin-view.ts';
import type { Transfers } from '../server/files/transfers.ts';
import type { Ledger } from '../server/ledger/ledger.ts';

export type AdminApiParts = {
  /** Those of the live control, so that a change reaches the logins that are up. */
  readonly accounts: Accounts;
  readonly adminKeys: AdminKeys;
  readonly adminFiles: AdminFiles;
  readonly transfers: Transfers;
  readonly authentication: Pick<Authentication, 'sessions'>;
  readonly endLogin: LiveControl['endLogin'];
  readonly penalties: Penalties;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly store: BlobStore;
  readonly limits: {
    readonly apiBodyBytesMax: number;
    readonly apiRequestMsMax: number;
    readonly apiHeadersMsMax: number;
    readonly idleMsMax: number;
  };
  readonly version: string;
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
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
