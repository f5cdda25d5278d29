import type { Database } from '../database/units.ts';
import type { Limits } from '../domain/limits.ts';
import type { LedgerNames } from '../ledger/names.ts';
import type { SeqBounds } from '../ledger/time-bounds.ts';

export const reportNames = [
  'access',
  'refused-logins',
  'readers',
  'bulk-transfers',
  'disclosures',
  'clients',
] as const;
export type ReportName = (typeof reportNames)[number];

/** What is asked for. Times are milliseconds since the epoch, `toMs` not included. */
export type ReportQuery = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Code; without it, all agencies. */
  readonly agency?: string;
  /** For `readers`: of this path exactly, of this content, or of this file, whatever it was called. */
  readonly path?: string;
  readonly sha256?: string;
  readonly file?: string;
};

export type ReportParts = {
  readonly database: Database;
  readonly names: Pick<LedgerNames, 'open'>;
  /** After so much work, leaves the process to others. */
  readonly rest: (workMs: number, signal?: AbortSignal) => Promise<void>;
  readonly limits: Pick<Limits, 'reportDaysMax' | 'reportLedgerRowsMax' | 'reportGroupsMax'>;
};

/** What a report is about, as it was found when it began. */
export type Frame = ReportQuery & {
  readonly madeAtMs: number;
  /** Rows of the ledger among which are those of the time. */
  readonly bounds: SeqBounds;
  /** Ends the work: whoever asked has gone. */
  readonly signal?: AbortSignal | undefined;
};

export type Cell = string | number | boolean | null;

export type Column = {
  /** As in CSV and JSON. */
  readonly name: string;
  /** As on a page. */
  readonly title: string;
  readonly form?: 'number' | 'time' | 'wide' | 'code';
  /** On a page, columns of one name that stand together share a cell under it. */
  readonly cell?: string;
  /** On a page it stands below the line. */
  readonly isBelow?: boolean;
  /** The server does not know it: on a page there is room to write it. */
  readonly isToFillIn?: boolean;
};

/** Numbers that a chart shows. */
export type Sum = {
  /** As in JSON. */
  readonly name: string;
  readonly title: string;
  /** A bar for each name, or a column for each day. */
  readonly shape: 'bars' | 'days';
  readonly unit: 'bytes' | 'logins' | 'reads' | 'files';
  readonly rows: readonly { readonly name: string; readonly value: number }[];
};

/** What a report comes to. */
export type Summary = {
  /** Of the ledger. */
  readonly rowsLookedAt: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly sums: readonly Sum[];
};

/** A report on its way: its lines, of any number, and what they come to. */
export type Report = {
  readonly name: ReportName;
  readonly title: string;
  /** What its lines are, in a sentence or two. */
  readonly about: string;
  readonly columns: readonly Column[];
  /** In the order of `columns`. */
  readonly lines: AsyncIterable<readonly Cell[]>;
  /** As far as the lines were taken; of a report that sums up, from the start on. */
  readonly summary: () => Summary;
  /** Whether its lines are sums, which are known before the first of them is written. */
  readonly sumsUp: boolean;
};
