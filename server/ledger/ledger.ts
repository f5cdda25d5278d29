import type { LedgerEntry } from '../domain/events.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Unit } from '../database/units.ts';
import { AppendedRow } from './appended-row.ts';
import { canonicalJson } from './canonical-json.ts';
import { chainStart, rowHash } from './chain.ts';
import { searchColumns } from './columns.ts';
import { sealEvent } from './named-event.ts';
import type { LedgerNames } from './names.ts';

/** The one writer of audit events. */
export interface Ledger {
  /** Appends a row in the unit that makes the change it describes: both commit, or neither (DESIGN.md D5). */
  append(unit: Unit, entry: LedgerEntry): Promise<void>;
}

/** The ledger of a server: what names a file is written as a commitment (named-event.ts). */
export function createLedger(names: Pick<LedgerNames, 'commit' | 'has'>): Ledger {
  return { append: (unit, entry) => append(unit, names, entry) };
}

/** The ledger for who records nothing that names a file, and has no key for one. */
export const ledger: Ledger = createLedger({
  has: refuseName,
  commit: refuseName,
});

function refuseName(): never {
  throw new Error('a row that names a file is for the ledger that createLedger makes');
}

const lastRow = prepare((query) =>
  query.selectFrom('ledger').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1),
);

const insertRow = prepare((query, row: Omit<Row<'ledger'>, 'unusual_outcome'>) =>
  query.insertInto('ledger').values({
    seq: row.seq,
    at: row.at,
    event: row.event,
    outcome: row.outcome,
    reason: row.reason,
    actor: row.actor,
    agency: row.agency,
    session: row.session,
    source: row.source,
    path: row.path,
    body: row.body,
    prev: row.prev,
    hash: row.hash,
  }),
);

/** Where the chain stands, as the writer of its last row knows it. */
export type Last = Pick<Row<'ledger'>, 'seq' | 'hash'>;

/** The newest row, what the unit itself has appended included; undefined where there is none. */
export async function lastOf(unit: Unit): Promise<Last | undefined> {
  return (unit.known.get(lastRow) as Last | undefined) ?? (await lastRow.first(unit, {}));
}

async function append(
  unit: Unit,
  names: Pick<LedgerNames, 'commit' | 'has'>,
  entry: LedgerEntry,
): Promise<void> {
  const { actor, agency } = searchColumns(entry.origin.actor, entry.event);
  const { members, path } = await sealEvent(unit, names, entry.event, agency);
  const last = await lastOf(unit);
  const seq = (last?.seq ?? 0) + 1;
  const prev = last?.hash ?? chainStart;
  const body = canonicalJson({
    seq,
    at: new Date(unit.nowMs).toISOString(),
    outcome: entry.outcome,
    reason: entry.reason,
    ...entry.origin,
    ...members,
  });
  const hash = rowHash(prev, seq, body);
  const row = {
    seq,
    at: unit.nowMs,
    event: entry.event.event,
    outcome: entry.outcome,
    reason: entry.reason,
    actor,
    agency,
    session: entry.origin.session,
    source: entry.origin.source,
    path,
    body,
    prev,
    hash,
  };
  await insertRow.run(unit, row);
  unit.leave(new AppendedRow(row, entry.event));
  // Emptied with all that is known when the unit is undone, so no row ever follows one that is not there.
  unit.known.set(lastRow, { seq, hash } satisfies Last);
}
