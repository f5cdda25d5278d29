import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import type { FilesParts } from './parts.ts';
import {
  searchTransfers,
  type TransferFilter,
  type TransferPlace,
  type TransferSearch,
} from './transfer-search.ts';
import { storyOf, type TransferStory } from './transfer-story.ts';

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

export type Transfers = {
  /** By their start, the newest first unless asked otherwise. */
  listTransfers(
    filter: TransferFilter,
    search: TransferSearch,
  ): Promise<{ readonly items: readonly Transfer[]; readonly next: TransferPlace | null }>;
  /** @throws Fault `not-found` */
  getTransfer(id: string): Promise<Transfer>;
  /**
   * The same with what it has to do with; the login only where it was one of `boundTo`, where that agency is given.
   *
   * @throws Fault `not-found`
   */
  tellTransfer(id: string, boundTo?: string): Promise<Transfer & TransferStory>;
};

export function createTransfers(
  parts: Pick<FilesParts, 'database' | 'opens'>,
  lookedAtMax: number = limits.transfersLookedAtMax,
): Transfers {
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
  const find = async ({ query }: Reader, id: string) => {
    const row = await query
      .selectFrom('transfers')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw new Fault('not-found', 'no such transfer');
    return row;
  };
  return {
    listTransfers: async (filter, search) => {
      const { rows, next } = await database.read((reader) =>
        searchTransfers(reader, filter, search, lookedAtMax),
      );
      return { items: rows.map(transferOf), next };
    },
    getTransfer: (id) => database.read(async (reader) => transferOf(await find(reader, id))),
    tellTransfer: (id, boundTo) =>
      database.read(async (reader) => {
        const row = await find(reader, id);
        return { ...transferOf(row), ...(await storyOf(reader, row, boundTo)) };
      }),
  };
}
