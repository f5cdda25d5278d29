/** A range of the ledger that was sealed into a file and deleted, as `schema.ts` tells of tables. */
export interface LedgerArchiveTable {
  last_seq: number;
  first_seq: number;
  /** Up to here the rows are deleted, or are to be. */
  gone_to: number;
  at: number;
  /** A name in `<data>/archive`. */
  file: string;
  bytes: number;
  /** Of the sealed file, hex. */
  sha256: string;
  /** Canonical JSON of an `ArchiveStub`. */
  stub: string;
  /** Armored SSH signature of the evidence key over `stub`. */
  signature: string;
}
