import type { Actor, LedgerEntry, LedgerEvent } from '../domain/events.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Unit } from '../database/units.ts';
import { AppendedRow } from './appended-row.ts';
import { canonicalJson } from './canonical-json.ts';
import { chainStart, rowHash } from './chain.ts';

/** The one writer of audit events. */
export interface Ledger {
  /** Appends a row in the unit that makes the change it describes: both commit, or neither (DESIGN.md D5). */
  append(unit: Unit, entry: LedgerEntry): Promise<void>;
}

export const ledger: Ledger = { append };

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
type Last = Pick<Row<'ledger'>, 'seq' | 'hash'>;

async function append(unit: Unit, entry: LedgerEntry): Promise<void> {
  const last = (unit.known.get(lastRow) as Last | undefined) ?? (await lastRow.first(unit, {}));
  const seq = (last?.seq ?? 0) + 1;
  const prev = last?.hash ?? chainStart;
  const body = canonicalJson({
    seq,
    at: new Date(unit.nowMs).toISOString(),
    outcome: entry.outcome,
    reason: entry.reason,
    ...entry.origin,
    ...entry.event,
  });
  const hash = rowHash(prev, seq, body);
  const row = {
    seq,
    at: unit.nowMs,
    event: entry.event.event,
    outcome: entry.outcome,
    reason: entry.reason,
    actor: nameOfActor(entry.origin.actor, entry.event),
    agency: 'agency' in entry.event ? entry.event.agency : agencyOfActor(entry.origin.actor),
    session: entry.origin.session,
    source: entry.origin.source,
    path: 'path' in entry.event ? entry.event.path : null,
    body,
    prev,
    hash,
  };
  await insertRow.run(unit, row);
  unit.leave(new AppendedRow(row, entry.event));
  // Emptied with all that is known when the unit is undone, so no row ever follows one that is not there.
  unit.known.set(lastRow, { seq, hash } satisfies Last);
}

/** The name to search by; for a refused login the claimed one, marked as such. */
function nameOfActor(actor: Actor, event: LedgerEvent): string | null {
  switch (actor.kind) {
    case 'user':
      return actor.username;
    case 'admin':
      return `admin:${actor.name}`;
    case 'host':
    case 'server':
      return actor.kind;
    case 'nobody':
      return event.event === 'login.refused.1' ? `claimed:${event.username}` : null;
  }
}

function agencyOfActor(actor: Actor): string | null {
  return actor.kind === 'user' ? actor.agency : null;
}
