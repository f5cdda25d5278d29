/** The review of a week. Ids begin with the time at which it was made. */
export interface ReviewTable {
  id: string;
  from_at: number;
  /** Not of the week any more. */
  until_at: number;
  /** IANA. */
  timezone: string;
  made_at: number;
  /** Canonical JSON of `ReviewFigures` (server/reports/review-figures.ts). */
  figures: string;
  /** Of `figures`, hex. */
  figures_sha256: string;
  overdue_at: number;
  /** When the ledger was told that nobody has looked at it in time. */
  overdue_told_at: number | null;
  acknowledged_at: number | null;
  /** JSON of an actor. */
  acknowledged_by: string | null;
  note: string | null;
}
