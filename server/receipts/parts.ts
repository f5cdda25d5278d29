import type { BlobStore } from '../blobs/store.ts';
import type { Database } from '../database/units.ts';
import type { Limits } from '../domain/limits.ts';
import type { Vault } from '../files/vault.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RotatingKey } from '../signing/rotating-key.ts';

/** What receipts are made of; each function takes what it uses. */
export type ReceiptsParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly store: BlobStore;
  readonly key: Pick<RotatingKey, 'sign' | 'allowedSigners'>;
  /** Of the server. */
  readonly version: string;
  readonly limits: Pick<Limits, 'receiptDaysListedMax'>;
  readonly onFault: (error: unknown) => void;
};
