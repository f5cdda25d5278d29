import type { Row } from '../database/schema.ts';
import { Fault } from '../domain/faults.ts';
import type { FilesParts } from './parts.ts';

/** One open of a file, from OPEN to CLOSE. */
export type Transfer = {
  readonly id: string;
  readonly direction: 'upload' | 'download';
  /** A user name, or `admin:<name of the key>`. */
  readonly username: string;
  readonly agency: string;
  readonly path: string;
  readonly fileId: string | null;
  readonly sessionId: string;
  readonly source: string;
  readonly client: string;
  /** See `TransferState` in server/domain/events.ts. */
  readonly state: string;
  /** Bytes that went over the wire; while it runs, as last heard. */
  readonly bytes: number;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
};

export type TransferFilter = {
  readonly agency?: string;
  readonly username?: string;
  readonly state?: string;
  readonly direction?: 'upload' | 'download';
  readonly path?: string;
  readonly sha256?: string;
  /** Of the start, this one included. */
  readonly fromMs?: number;
  /** Of the start, this one not included. */
  readonly toMs?: number;
};

/** Where a page ended: the start and the id of its last transfer. */
export type TransferPlace = { readonly startedAtMs: number; readonly id: string };

export type Transfers = {
  /** The newest first. */
  listTransfers(
    filter: TransferFilter,
    page: { readonly after: TransferPlace | null; readonly limit: number },
  ): Promise<{ readonly items: readonly Transfer[]; readonly next: TransferPlace | null }>;
  /** @throws Fault `not-found` */
  getTransfer(id: string): Promise<Transfer>;
};

/** What most transfers come to; the others have an index of their own (migrations/0004-growth.sql). */
const usualStates: ReadonlySet<string> = new Set(['published', 'completed']);

export function createTransfers(parts: Pick<FilesParts, 'database' | 'opens'>): Transfers {
  const { database, opens } = parts;
  const transferOf = (row: Row<'transfers'>): Transfer => ({
    id: row.id,
    direction: row.direction,
    username: row.username,
    agency: row.agency_code,
    path: row.path,
    fileId: row.entry_id,
    sessionId: row.session_id,
    source: row.source,
    client: row.client,
    state: row.state,
    bytes: row.ended_at === null ? (opens.progressOf(row.id) ?? row.bytes) : row.bytes,
    size: row.size,
    sha256: row.sha256,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
  });
  return {
    listTransfers: async (filter, { after, limit }) => {
      const rows = await database.read(async ({ query }) => {
        let select = query.selectFrom('transfers').selectAll();
        if (filter.agency !== undefined) {
          const agency = query
            .selectFrom('agencies')
            .select('id')
            .where('code', '=', filter.agency);
          select = select.where('agency_id', '=', agency);
        }
        for (const column of ['username', 'state', 'direction', 'path', 'sha256'] as const) {
          const wanted = filter[column];
          if (wanted !== undefined) select = select.where(column, '=', wanted);
        }
        if (filter.fromMs !== undefined) select = select.where('started_at', '>=', filter.fromMs);
        if (filter.toMs !== undefined) select = select.where('started_at', '<', filter.toMs);
        if (filter.state !== undefined && !usualStates.has(filter.state))
          select = select.where('unusual_state', '=', filter.state);
        if (after !== null) {
          const { startedAtMs, id } = after;
          // Said twice: it is the plain comparison that starts the walk through the index there.
          select = select
            .where('started_at', '<=', startedAtMs)
            .where((where) =>
              where.or([
                where('started_at', '<', startedAtMs),
                where.and([where('started_at', '=', startedAtMs), where('id', '<', id)]),
              ]),
            );
        }
        return select
          .orderBy('started_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1)
          .execute();
      });
      const items = rows.slice(0, limit).map(transferOf);
      const last = items.at(-1);
      const next =
        rows.length > limit && last !== undefined
          ? { startedAtMs: last.startedAtMs, id: last.id }
          : null;
      return { items, next };
    },
    getTransfer: async (id) => {
      const row = await database.read(({ query }) =>
        query.selectFrom('transfers').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      if (row === undefined) throw new Fault('not-found', 'no such transfer');
      return transferOf(row);
    },
  };
}
