/** Tables of the ledger's checkpoints, as `schema.ts` tells of tables. */

/** One row, which never changes. */
export interface LedgerOriginTable {
  id: number;
  /** 32 hex digits, random. */
  instance: string;
}

/** The root over the 256^level rows that begin with row `position * 256^level + 1`. */
export interface LedgerSubtreeTable {
  level: number;
  position: number;
  hash: Uint8Array;
}

export interface CheckpointTable {
  /** Rows 1 to this one. */
  size: number;
  at: number;
  root: Uint8Array;
  /** The signed note, whole; `hash` is its SHA-256. */
  note: string;
  hash: Uint8Array;
}

/** How far a witness has got; no row is not at all. */
export interface WitnessTable {
  name: string;
  last_size: number;
  updated_at: number;
}

export interface LedgerVerificationTable {
  kind: 'whole' | 'new';
  at: number;
  /** The checkpoint up to which all was well; 0 for none. */
  verified_size: number;
  ok: number;
  /** JSON of the result. */
  result: string;
}
