import type { LedgerEntry } from '../domain/events.ts';
import type { Unit } from '../database/units.ts';

/** The one writer of audit events. */
export interface Ledger {
  /** Appends a row in the unit that makes the change it describes: both commit, or neither (DESIGN.md D5). */
  append(unit: Unit, entry: LedgerEntry): Promise<void>;
}
