import type { Reader, Unit } from '../database/units.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { pageLimit, pageOf, recordChange } from './parts.ts';
import type { AccountParts, Page } from './parts.ts';
import {
  changeOf,
  findChange,
  findPending,
  selectChanges,
  type ListedChange,
  type PendingChange,
  type PendingChangeState,
} from './pending-change-rows.ts';
import { isSamePerson } from './same-person.ts';

export type { ListedChange, PendingChange } from './pending-change-rows.ts';

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
  if (await isSamePerson(reader, keyId, change.requestedBy))
    throw new Fault(
      'approval-not-allowed',
      'the secrets of the two keys have gone through the same hands: a key that counts as a second person comes from the host (waybill admin-key issue)',
    );
  return change;
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

/** In batches that hold nobody up. */
async function sweep({ database }: PendingChangeParts): Promise<number> {
  for (let swept = 0; ;) {
    const forgotten = await database.write(forgetExpired);
    const removed = await database.write(removeOld);
    swept += removed;
    if (forgotten < rowsPerSweep && removed < rowsPerSweep) return swept;
  }
}

/** What expired changes were to do. @returns of how many */
async function forgetExpired({ query, nowMs }: Unit): Promise<number> {
  const expired = await query
    .selectFrom('pending_changes')
    .select('id')
    .where('state', '=', 'pending')
    .where('expires_at', '<=', nowMs)
    .where('body', 'is not', null)
    .limit(rowsPerSweep)
    .execute();
  for (const { id } of expired)
    await query.updateTable('pending_changes').set({ body: null }).where('id', '=', id).execute();
  return expired.length;
}

/** @returns how many */
async function removeOld({ query, nowMs }: Unit): Promise<number> {
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
}

function keyIdOf({ actor }: Origin): string {
  if (actor.kind !== 'admin') throw new Fault('approval-not-allowed');
  return actor.keyId;
}
