import type { FaultCode } from './faults.ts';

/** A source that is kept out for a while. */
export type Penalty = {
  /** An IPv4 address, or an IPv6 /64 as `2001:db8:0:1::/64`. */
  readonly source: string;
  /** What it was for, the last one. */
  readonly reason: FaultCode;
  /** Failures that are counted so far. */
  readonly failures: number;
  /** Connections that were closed without a word because of it. */
  readonly refused: number;
  readonly sinceMs: number;
  readonly untilMs: number;
};

/** The sources that are kept out, as an administrator sees them. Times are of the wall clock. */
export interface Penalties {
  list(): readonly Penalty[];
  /** @returns what was lifted; undefined if that source is not kept out */
  lift(source: string): Penalty | undefined;
}
