import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Typed queries that only read, on a snapshot of what is durable. */
export type Reader = { readonly query: Kysely<Schema>; readonly nowMs: number };

/** Typed queries of one unit of work. `nowMs` is the unit's one timestamp, so every row of a change agrees. */
export type Unit = { readonly query: Kysely<Schema>; readonly nowMs: number };

/** The database as every monitor folder sees it. */
export interface Database {
  /** Runs `work` on committed data. It awaits nothing but the database. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
  /**
   * Runs `work` as one unit: wholly or not at all. The promise resolves when the commit that holds it is durable; it
   * rejects with what `work` threw, and then nothing of it remains. `work` awaits nothing but the database, and changes
   * nothing but it: when the disk was full it is run again.
   */
  write<T>(work: (unit: Unit) => Promise<T>): Promise<T>;
  /**
   * After a write that failed: does `work` as soon as the database takes writes again, or a last time when it closes.
   *
   * @returns false where it takes them now: what failed has failed of something else
   */
  whenWritable(work: () => Promise<void>): boolean;
}
