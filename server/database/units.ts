import type { Kysely } from 'kysely';
import type { Origin } from '../domain/events.ts';
import type { PreparedQueries } from './prepared.ts';
import type { Schema } from './schema.ts';
import type { TrustedTime } from './trusted-time.ts';

/** Typed queries that only read, on a snapshot of what is committed. */
export type Reader = {
  readonly query: Kysely<Schema>;
  readonly prepared: PreparedQueries;
  readonly nowMs: number;
  /** How far `nowMs` is to be believed. */
  readonly trusted: TrustedTime;
};

/** Typed queries of one unit of work. `nowMs` is the unit's one timestamp, so every row of a change agrees. */
export type Unit = Reader & {
  /**
   * What its writers know of the rows without asking, from unit to unit. Whenever anything is undone it is emptied, so
   * that it never tells of what is not there; it is also empty at the start.
   */
  readonly known: Map<object, unknown>;
  /** Leaves something for those who are told of the commit (`Commit.left`). Where the unit is undone, nobody hears of it. */
  readonly leave: (what: object) => void;
};

/**
 * When a unit survives a power cut: before its promise resolves, or within `syncLagMsMax` (sync-lag.ts) after. `soon` is
 * for what nobody was promised, such as the record of a look; whoever acknowledges a change says `now`. What is committed
 * later never survives without what was committed earlier, and a process that dies takes neither.
 */
export type Durable = 'now' | 'soon';

/** One commit of a group of units. */
export type Commit = {
  readonly units: number;
  /** From when the group was taken up until it was committed. */
  readonly ms: number;
  /** What its units left, in their order. */
  readonly left: readonly object[];
  /** Whether a power cut takes neither this one nor any before it. */
  readonly isDurable: boolean;
};

export type WriteOptions = {
  /** `now` if not given. */
  readonly durable?: Durable;
  /** On whose behalf: what was asked to hold for that request is then held in the same unit (guards.ts). */
  readonly by?: Origin;
};

/** The database as every monitor folder sees it. */
export interface Database {
  /** Runs `work` on committed data. It awaits nothing but the database. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
  /**
   * Runs `work` as one unit: wholly or not at all. The promise resolves when the commit that holds it is durable; it
   * rejects with what `work` threw, and then nothing of it remains. `work` awaits nothing but the database, and changes
   * nothing but it: when the disk was full it is run again. With `durable: 'soon'` the promise resolves when the commit
   * is visible, and no disk is waited for unless a neighbour in the group does.
   */
  write<T>(work: (unit: Unit) => Promise<T>, options?: WriteOptions): Promise<T>;
  /**
   * After a write that failed: does `work` as soon as the database takes writes again, or a last time when it closes.
   *
   * @returns false where it takes them now: what failed has failed of something else
   */
  whenWritable(work: () => Promise<void>): boolean;
  /** Does `work` in a second or as `whenWritable` does, and again until it goes well, or a last time when it closes. */
  retry(work: () => Promise<void>): void;
}
