import type { Database } from '../database/units.ts';
import type { Limits } from '../domain/limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Holds } from './holds.ts';
import type { LiveOpens } from './opens.ts';
import type { Receipts } from './receipts.ts';
import type { Vault } from './vault.ts';

/** What the files station is made of; each function takes the ones it uses. */
export type FilesParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly opens: LiveOpens;
  readonly holds: Holds;
  readonly receipts: Receipts;
  readonly limits: Pick<Limits, 'previousVersionsKeptMax'>;
};
