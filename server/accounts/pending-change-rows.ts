import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';

/** A change that one administrator asked for and another has to approve. */
export type PendingChange = {
  readonly id: string;
  /** Such as `agencies.delete`. */
  readonly action: string;
  /** What a key needs for it. */
  readonly scope: string;
  readonly method: string;
  readonly url: string;
  readonly ifMatch: string | null;
  readonly contentType: string | null;
  /** As it was sent, until it is decided or has expired. */
  readonly body: string | null;
  /** The id and the name of a key. */
  readonly requestedBy: string;
  readonly requestedByName: string;
  readonly requestedAtMs: number;
  /** The code of the agency that the asking key is bound to. */
  readonly agency: string | null;
  readonly expiresAtMs: number;
  readonly state: PendingChangeState;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  /** The HTTP status that carrying it out came to. */
  readonly status: number | null;
};

/** As a list has it: without what may be large, and secret to whom only looks around. */
export type ListedChange = Omit<PendingChange, 'body'>;

export type PendingChangeState = Row<'pending_changes'>['state'] | 'expired';

/** @throws Fault `not-found`, `conflict` for one that does not wait any more */
export async function findPending(reader: Reader, id: string): Promise<PendingChange> {
  const change = await findChange(reader, id);
  if (change.state !== 'pending') throw new Fault('conflict', `the change is ${change.state}`);
  return change;
}

/** @throws Fault `not-found` */
export async function findChange(reader: Reader, id: string): Promise<PendingChange> {
  const row = await selectChanges(reader)
    .select('pending_changes.body')
    .where('pending_changes.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such change');
  const change = changeOf(row, reader.nowMs);
  // Until it is swept it is there, and nobody is told of it any more.
  return { ...change, body: change.state === 'pending' ? row.body : null };
}

/** All but the body. */
const columns = [
  'pending_changes.id',
  'action',
  'scope',
  'method',
  'url',
  'if_match',
  'content_type',
  'requested_by',
  'requested_at',
  'pending_changes.expires_at',
  'state',
  'decided_by',
  'decided_at',
  'status',
] as const;

/** What a list has of them. */
export function selectChanges({ query }: Reader) {
  return query
    .selectFrom('pending_changes')
    .innerJoin('admin_keys', 'admin_keys.id', 'pending_changes.requested_by')
    .leftJoin('agencies', 'agencies.id', 'pending_changes.agency_id')
    .select(columns)
    .select(['admin_keys.name as requested_by_name', 'agencies.code as agency_code']);
}

type ChangeRow = Omit<Row<'pending_changes'>, 'body' | 'agency_id'> & {
  readonly requested_by_name: string;
  readonly agency_code: string | null;
};

export function changeOf(row: ChangeRow, nowMs: number): ListedChange {
  return {
    id: row.id,
    action: row.action,
    scope: row.scope,
    method: row.method,
    url: row.url,
    ifMatch: row.if_match,
    contentType: row.content_type,
    requestedBy: row.requested_by,
    requestedByName: row.requested_by_name,
    requestedAtMs: row.requested_at,
    agency: row.agency_code,
    expiresAtMs: row.expires_at,
    state: row.state === 'pending' && row.expires_at <= nowMs ? 'expired' : row.state,
    decidedBy: row.decided_by,
    decidedAtMs: row.decided_at,
    status: row.status,
  };
}
