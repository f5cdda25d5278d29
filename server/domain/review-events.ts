/** Times are ISO 8601, UTC. The week goes from the first to the other, not included. */
type Review = {
  readonly review: string;
  readonly from: string;
  readonly until: string;
  /** Of its figures, hex. */
  readonly sha256: string;
};

/** What the ledger tells of weekly reviews. */
export type ReviewEvent =
  | ({ readonly event: 'review.made.1' } & Review)
  /** Nobody has acknowledged it in time; told once. */
  | ({ readonly event: 'review.overdue.1' } & Review)
  | ({ readonly event: 'review.acknowledged.1'; readonly note: string } & Review);
