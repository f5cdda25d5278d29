/** What the ledger tells of names that were redacted in it. None of these holds the name. */
export type RedactionEvent =
  /** One name, wherever rows of the ledger have it; `commitments` is what they have in its place. */
  | {
      readonly event: 'name.redacted.1';
      /** Whose tree it was in; null for a name that was in none. */
      readonly agency: string | null;
      readonly commitments: readonly string[];
      /** Records of transfers that are told without it from here on, and receipts that are gone, as far as its unit saw. */
      readonly transfers: number;
      readonly receipts: number;
      readonly why: string;
      readonly authority: string;
    }
  /** Every name of an agency up to here: the key that opened them is destroyed. */
  | {
      readonly event: 'agency-names.redacted.1';
      readonly agency: string;
      readonly transfers: number;
      readonly why: string;
      readonly authority: string;
    };
