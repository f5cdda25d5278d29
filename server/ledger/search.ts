import type { Database } from '../database/units.ts';
import { boundsOf } from './time-bounds.ts';

export type LedgerFilter = {
  readonly event?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly agency?: string;
  readonly session?: string;
  readonly path?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
};

/** Rows of the ledger, newest first, as the JSON that was hashed plus its hash. `before` is a `seq`. */
export function searchLedger(
  database: Database,
  filter: LedgerFilter,
  page: { readonly before: number | null; readonly rowsMax: number },
): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly next: number | null }> {
  return database.read(async (reader) => {
    const { query } = reader;
    let select = query.selectFrom('ledger').select(['seq', 'body', 'hash']);
    for (const column of [
      'event',
      'outcome',
      'reason',
      'actor',
      'agency',
      'session',
      'path',
    ] as const) {
      const wanted = filter[column];
      if (wanted !== undefined) select = select.where(column, '=', wanted);
    }
    // What is not a success is rare, and has an index of its own (migrations/0004-growth.sql).
    if (filter.outcome !== undefined && filter.outcome !== 'success')
      select = select.where('unusual_outcome', '=', filter.outcome);
    if (filter.fromMs !== undefined || filter.toMs !== undefined) {
      const { first, last } = await boundsOf(reader, filter);
      select = select.where('seq', '>=', first).where('seq', '<=', last);
    }
    if (filter.fromMs !== undefined) select = select.where('at', '>=', filter.fromMs);
    if (filter.toMs !== undefined) select = select.where('at', '<', filter.toMs);
    if (page.before !== null) select = select.where('seq', '<', page.before);
    const found = await select
      .orderBy('seq', 'desc')
      .limit(page.rowsMax + 1)
      .execute();
    const shown = found.slice(0, page.rowsMax);
    return {
      rows: shown.map((row) => ({
        ...(JSON.parse(row.body) as Record<string, unknown>),
        hash: Buffer.from(row.hash).toString('hex'),
      })),
      next: found.length > page.rowsMax ? (shown.at(-1)?.seq ?? null) : null,
    };
  });
}
