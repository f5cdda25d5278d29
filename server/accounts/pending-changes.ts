import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';

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
  /** As it was sent, until it is decided. */
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

export type NewPendingChange = Pick<
  PendingChange,
  'action' | 'scope' | 'method' | 'url' | 'ifMatch' | 'contentType' | 'body'
>;

export type PendingChangeListing = {
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly after?: string | null;
  readonly state?: PendingChangeState;
  /** Only those of keys that are bound to the agency of this code. */
  readonly agency?: string;
};

export type PendingChanges = {
  /** @throws Fault `rate-exceeded` where too many wait already */
  request(origin: Origin, change: NewPendingChange): Promise<PendingChange>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<PendingChange>;
  /** The newest first. */
  list(listing: PendingChangeListing): Promise<Page<ListedChange>>;
  /** @throws Fault `not-found`, `conflict`, `approval-not-allowed` */
  checkApproval(origin: Origin, id: string): Promise<PendingChange>;
  /** The same in the unit that carries it out, with its row: one approval wins. @throws Fault as `checkApproval` */
  approve(unit: Unit, origin: Origin, id: string): Promise<void>;
  /** How carrying it out ended. Where it was refused nothing was changed, and it is over. */
  settle(origin: Origin, id: string, status: number): Promise<PendingChange>;
  /** Whoever asked for it may take it back, too. @throws Fault `not-found`, `conflict` */
  reject(origin: Origin, id: string): Promise<PendingChange>;
  /** Forgets what was decided or expired long ago, and what expired changes were to do; the ledger has it. @returns how many */
  sweep(): Promise<number>;
};

export type PendingChangeParts = Pick<AccountParts, 'database' | 'ledger' | 'randomBytes'> & {
  readonly limits: {
    readonly pendingChangesPerKeyMax: number;
    readonly pendingChangeBytesPerKeyMax: number;
    readonly pendingChangeMsMax: number;
  };
};

const keptMs = 90 * 24 * 60 * 60_000;
const rowsPerSweep = 500;
/** Keys that are looked at to find out who made whom; who has made more is taken to be the same person. */
const lineageKeysMax = 1_000;

export function createPendingChanges(parts: PendingChangeParts): PendingChanges {
  const { database } = parts;
  return {
    request: (origin, change) => request(parts, origin, change),
    get: (id) => database.read((reader) => findChange(reader, id)),
    list: (listing) => database.read((reader) => list(reader, listing)),
    checkApproval: (origin, id) =>
      database.read((reader) => checkApproval(reader, keyIdOf(origin), id)),
    approve: (unit, origin, id) => approve(parts, unit, origin, id),
    settle: (origin, id, status) => settle(parts, origin, id, status),
    reject: (origin, id) => reject(parts, origin, id),
    sweep: () => sweep(parts),
  };
}

async function request(
  parts: PendingChangeParts,
  origin: Origin,
  change: NewPendingChange,
): Promise<PendingChange> {
  const keyId = keyIdOf(origin);
  return parts.database.write(
    async (unit) => {
      const { count, bytes } = await unit.query
        .selectFrom('pending_changes')
        .select(({ fn }) => [
          fn.countAll<number>().as('count'),
          fn.sum<number | null>(fn('octet_length', ['body'])).as('bytes'),
        ])
        .where('requested_by', '=', keyId)
        .where('state', '=', 'pending')
        .where('expires_at', '>', unit.nowMs)
        .executeTakeFirstOrThrow();
      const bytesWith = (bytes ?? 0) + Buffer.byteLength(change.body ?? '');
      const { pendingChangesPerKeyMax, pendingChangeBytesPerKeyMax } = parts.limits;
      if (count >= pendingChangesPerKeyMax || bytesWith > pendingChangeBytesPerKeyMax)
        throw new Fault('rate-exceeded', 'too many changes of this key wait for an approval');
      const { agency_id } = await unit.query
        .selectFrom('admin_keys')
        .select('agency_id')
        .where('id', '=', keyId)
        .executeTakeFirstOrThrow();
      const { ifMatch: if_match, contentType: content_type, ...asked } = change;
      const id = timeOrderedId(unit.nowMs, parts.randomBytes(idRandomBytes));
      const expires_at = unit.nowMs + parts.limits.pendingChangeMsMax;
      await unit.query
        .insertInto('pending_changes')
        .values({
          id,
          ...asked,
          if_match,
          content_type,
          requested_by: keyId,
          requested_at: unit.nowMs,
          agency_id,
          expires_at,
          state: 'pending',
          decided_by: null,
          decided_at: null,
          status: null,
        })
        .execute();
      const { action, method, url } = change;
      await recordChange(parts, unit, origin, {
        event: 'pending-change.requested.1',
        change: id,
        action,
        method,
        url,
        until: new Date(expires_at).toISOString(),
      });
      return findChange(unit, id);
    },
    { by: origin },
  );
}

async function list(
  reader: Reader,
  { limit, after = null, state, agency }: PendingChangeListing,
): Promise<Page<ListedChange>> {
  const most = pageLimit(limit);
  const { nowMs } = reader;
  let select = selectChanges(reader);
  if (state === 'expired' || state === 'pending')
    select = select
      .where('pending_changes.state', '=', 'pending')
      .where('pending_changes.expires_at', state === 'expired' ? '<=' : '>', nowMs);
  else if (state !== undefined) select = select.where('pending_changes.state', '=', state);
  if (agency !== undefined) select = select.where('agencies.code', '=', agency);
  // Ids are in the order of time.
  if (after !== null) select = select.where('pending_changes.id', '<', after);
  const rows = await select
    .orderBy('pending_changes.id', 'desc')
    .limit(most + 1)
    .execute();
  return pageOf(
    rows.map((row) => changeOf(row, nowMs)),
    most,
    ({ id }) => id,
  );
}

async function checkApproval(reader: Reader, keyId: string, id: string): Promise<PendingChange> {
  const change = await findPending(reader, id);
  if (change.requestedBy === keyId)
    throw new Fault('approval-not-allowed', 'a second administrator has to approve it');
  const isRelated =
    (await comesFrom(reader, keyId, change.requestedBy)) ||
    (await comesFrom(reader, change.requestedBy, keyId));
  if (isRelated)
    throw new Fault(
      'approval-not-allowed',
      'one of the two keys was made or rotated with the other: whoever did has had both secrets',
    );
  return change;
}

/** Whether the secret of a key went through the hands of another key's holder, however many keys lie in between. */
async function comesFrom({ query }: Reader, keyId: string, origin: string): Promise<boolean> {
  const seen = new Set<string>();
  const left = [keyId];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (seen.size > lineageKeysMax) return true;
    const row = await query
      .selectFrom('admin_keys')
      .select(['created_by', 'issued_by'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) continue;
    const givers = [row.created_by ?? [], JSON.parse(row.issued_by) as string[]].flat();
    if (givers.includes(origin)) return true;
    left.push(...givers);
  }
  return false;
}

async function approve(
  parts: PendingChangeParts,
  unit: Unit,
  origin: Origin,
  id: string,
): Promise<void> {
  const change = await checkApproval(unit, keyIdOf(origin), id);
  await markDecided(unit, origin, id, 'done');
  await recordChange(parts, unit, origin, {
    event: 'pending-change.approved.1',
    change: id,
    action: change.action,
    requestedBy: change.requestedBy,
  });
}

async function settle(
  parts: PendingChangeParts,
  origin: Origin,
  id: string,
  status: number,
): Promise<PendingChange> {
  return parts.database.write(async (unit) => {
    const change = await findChange(unit, id);
    if (status < 400) {
      // Where there was nothing to change there was no unit that could have said so.
      if (change.state === 'pending') await approve(parts, unit, origin, id);
      await unit.query
        .updateTable('pending_changes')
        .set({ status })
        .where('id', '=', id)
        .execute();
    } else if (status < 500 && change.state === 'pending') {
      await markDecided(unit, origin, id, 'failed', status);
      await recordChange(parts, unit, origin, {
        event: 'pending-change.failed.1',
        change: id,
        action: change.action,
        requestedBy: change.requestedBy,
        status,
      });
    }
    return findChange(unit, id);
  });
}

async function reject(
  parts: PendingChangeParts,
  origin: Origin,
  id: string,
): Promise<PendingChange> {
  return parts.database.write(
    async (unit) => {
      const { action, requestedBy } = await findPending(unit, id);
      await markDecided(unit, origin, id, 'rejected');
      await recordChange(parts, unit, origin, {
        event: 'pending-change.rejected.1',
        change: id,
        action,
        requestedBy,
      });
      return findChange(unit, id);
    },
    { by: origin },
  );
}

async function markDecided(
  unit: Unit,
  origin: Origin,
  id: string,
  state: 'done' | 'rejected' | 'failed',
  status: number | null = null,
): Promise<void> {
  await unit.query
    .updateTable('pending_changes')
    .set({ state, decided_by: keyIdOf(origin), decided_at: unit.nowMs, status, body: null })
    .where('id', '=', id)
    .execute();
}

async function sweep({ database }: PendingChangeParts): Promise<number> {
  return database.write(async ({ query, nowMs }) => {
    await query
      .updateTable('pending_changes')
      .set({ body: null })
      .where('state', '=', 'pending')
      .where('expires_at', '<=', nowMs)
      .where('body', 'is not', null)
      .execute();
    const old = await query
      .selectFrom('pending_changes')
      .select('id')
      .where('requested_at', '<=', nowMs - keptMs)
      .orderBy('requested_at')
      .limit(rowsPerSweep)
      .execute();
    for (const { id } of old)
      await query.deleteFrom('pending_changes').where('id', '=', id).execute();
    return old.length;
  });
}

function keyIdOf({ actor }: Origin): string {
  if (actor.kind !== 'admin') throw new Fault('approval-not-allowed');
  return actor.keyId;
}

async function findPending(reader: Reader, id: string): Promise<PendingChange> {
  const change = await findChange(reader, id);
  if (change.state !== 'pending') throw new Fault('conflict', `the change is ${change.state}`);
  return change;
}

async function findChange(reader: Reader, id: string): Promise<PendingChange> {
  const row = await selectChanges(reader)
    .select('pending_changes.body')
    .where('pending_changes.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new Fault('not-found', 'no such change');
  return { ...changeOf(row, reader.nowMs), body: row.body };
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

function selectChanges({ query }: Reader) {
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

function changeOf(row: ChangeRow, nowMs: number): ListedChange {
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
