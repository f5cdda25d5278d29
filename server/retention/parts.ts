import type { Database, Unit } from '../database/units.ts';
import type { LedgerEvent, Origin } from '../domain/events.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Limits } from '../domain/limits.ts';
import type { FilesParts } from '../files/parts.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** What retention is made of; each function takes what it uses. */
export type RetentionParts = {
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  /** The server's own. */
  readonly database: Database;
  readonly ledger: Ledger;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly limits: Pick<
    Limits,
    'retentionDaysMin' | 'retentionSharePercentMax' | 'retentionUnaskedMin' | 'retentionJobsMax'
  >;
  readonly files: FilesParts;
};

export const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

export function newId({ randomBytes }: Pick<RetentionParts, 'randomBytes'>, unit: Unit): string {
  return timeOrderedId(unit.nowMs, randomBytes(idRandomBytes));
}

/** Appends the event of a change in the unit that makes it. */
export function record(
  { ledger }: Pick<RetentionParts, 'ledger'>,
  unit: Unit,
  origin: Origin,
  event: LedgerEvent,
): Promise<void> {
  return ledger.append(unit, { origin, outcome: 'success', reason: null, event });
}

/** As a name in the ledger and in rules: of an administrator the id of the key. */
export function nameOf({ actor }: Origin): string {
  return actor.kind === 'admin' ? actor.keyId : actor.kind;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
