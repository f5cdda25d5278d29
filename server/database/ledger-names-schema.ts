import type { Generated } from 'kysely';

/** What seals the names of one agency, or ('' as its code) those that are of none. */
export interface LedgerNameKeyTable {
  id: Generated<number>;
  agency: string;
  /** Wrapped by the master key; null once destroyed. */
  wrapped_key: Uint8Array | null;
  created_at: number;
  destroyed_at: number | null;
}

/** A receipt that went with a name that was redacted. */
export interface RedactedReceiptTable {
  id: string;
  redacted_at: number;
}

/** A name that rows of the ledger speak of; without its row here it is redacted. */
export interface LedgerNameTable {
  id: Generated<number>;
  key_id: number;
  /** HMAC-SHA256 of the name, under a key of its own. */
  commitment: Uint8Array;
  /** HMAC of the name under a key of its agency, cut to 16 bytes. */
  lookup: Uint8Array;
  /** Its key and the name, sealed (server/database/sealing.ts). */
  sealed: Uint8Array;
}
