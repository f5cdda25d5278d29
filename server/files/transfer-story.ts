import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';
import type { LedgerEvent } from '../domain/events.ts';
import { boundsOf } from '../ledger/time-bounds.ts';

/** What a transfer has to do with. */
export type TransferStory = {
  /** What it brought, or what was read, while there is a record of it. */
  readonly version: {
    readonly id: string;
    readonly state: 'current' | 'previous' | 'destroyed';
  } | null;
  /** The login that it was made in; null for a call of the admin API, and where it is not the asker's to see. */
  readonly login: {
    readonly atMs: number;
    readonly proofs: readonly string[];
    readonly algorithms: Readonly<Record<string, string>>;
  } | null;
  /** Numbers of the rows of the ledger that tell of it. */
  readonly ledger: { readonly opened: number | null; readonly closed: number | null };
};

/** Versions of a file that are looked through for the one that a transfer brought. */
const versionsMax = 10_000;

/** @param boundTo the agency that the asker is kept to: the logins of others' users are not told */
export async function storyOf(
  reader: Reader,
  transfer: Row<'transfers'>,
  boundTo?: string,
): Promise<TransferStory> {
  const { started_at: startedAtMs, ended_at: endedAtMs } = transfer;
  return {
    version: await versionOf(reader, transfer),
    login: await loginOf(reader, transfer.session_id, boundTo),
    ledger: {
      opened: await rowOf(reader, transfer.id, 'file.opened.1', startedAtMs),
      closed:
        endedAtMs === null ? null : await rowOf(reader, transfer.id, 'file.closed.1', endedAtMs),
    },
  };
}

async function versionOf(
  reader: Reader,
  { id, direction, blob_id: blobId, entry_id: entryId }: Row<'transfers'>,
): Promise<TransferStory['version']> {
  const live = await reader.query
    .selectFrom('versions')
    .select(['id', 'replaced_at'])
    .where('blob_id', '=', blobId ?? '')
    .where('blob_id', 'is not', null)
    .executeTakeFirst();
  if (live !== undefined)
    return { id: live.id, state: live.replaced_at === null ? 'current' : 'previous' };
  if (direction === 'download' || entryId === null) return null;
  const destroyed = reader.query
    .selectFrom('versions')
    .select(['id', 'transfer_id'])
    .where('entry_id', '=', entryId)
    .where('destroyed', '=', 1)
    .where('replaced_at', 'is not', null)
    .orderBy('replaced_at', 'desc')
    .limit(versionsMax)
    .as('destroyed');
  const brought = await reader.query
    .selectFrom(destroyed)
    .select('id')
    .where('transfer_id', '=', id)
    .executeTakeFirst();
  return brought === undefined ? null : { id: brought.id, state: 'destroyed' };
}

async function loginOf(
  { query }: Reader,
  sessionId: string,
  boundTo: string | undefined,
): Promise<TransferStory['login']> {
  // A login is the first that there is to tell of a session.
  const first = await query
    .selectFrom('ledger')
    .select(['event', 'at', 'agency', 'body'])
    .where('session', '=', sessionId)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  if (first?.event !== 'login.accepted.1' && first?.event !== 'login.accepted.2') return null;
  if (boundTo !== undefined && first.agency !== boundTo) return null;
  const { proofs, algorithms } = JSON.parse(first.body) as Extract<
    LedgerEvent,
    { event: 'login.accepted.1' | 'login.accepted.2' }
  >;
  return { atMs: first.at, proofs, algorithms };
}

/** The row of an event about the transfer at a time: rows and transfers of one unit have the same. */
async function rowOf(
  reader: Reader,
  transferId: string,
  event: 'file.opened.1' | 'file.closed.1',
  atMs: number,
): Promise<number | null> {
  const times = { fromMs: atMs, toMs: atMs + 1 };
  const { first, last } = await boundsOf(reader, times);
  const rows = await reader.query
    .selectFrom('ledger')
    .select(['seq', 'event', 'at', 'body'])
    .where('seq', '>=', first)
    .where('seq', '<=', last)
    .orderBy('seq')
    .limit(rowsMax)
    .execute();
  const found = rows.find(
    (row) =>
      row.at === atMs &&
      row.event === event &&
      (JSON.parse(row.body) as { transfer?: string }).transfer === transferId,
  );
  return found?.seq ?? null;
}

/** Rows of one millisecond, and what a clock that was set back puts among them. */
const rowsMax = 1_000;
