import type { Database } from '../database/units.ts';

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
  return database.read(async ({ query }) => {
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
