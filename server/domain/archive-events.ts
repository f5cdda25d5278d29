/** What the ledger tells of its archives. */
export type ArchiveEvent = {
  /** Rows were sealed into a file, and are deleted from here on as far as `goneTo`. */
  readonly event: 'ledger.archived.1';
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly goneTo: number;
  /** A name in `<data>/archive`. */
  readonly file: string;
  readonly bytes: number;
  /** Of the sealed file, hex. */
  readonly sha256: string;
  /** SHA-256 of the signed stub, hex. */
  readonly stub: string;
};
