import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';

/** A row as it was hashed, with the columns that it is found by. */
export type ExportedRow = Pick<
  Row<'ledger'>,
  | 'seq'
  | 'at'
  | 'event'
  | 'outcome'
  | 'reason'
  | 'actor'
  | 'agency'
  | 'session'
  | 'source'
  | 'path'
  | 'body'
> & {
  /** Hex, of the row before. */
  readonly previousHash: string;
  /** Hex. */
  readonly hash: string;
};

const between = prepare((query, { after, to }: { readonly after: number; readonly to: number }) =>
  query
    .selectFrom('ledger')
    .select([
      'seq',
      'at',
      'event',
      'outcome',
      'reason',
      'actor',
      'agency',
      'session',
      'source',
      'path',
      'body',
      'prev',
      'hash',
    ])
    .where('seq', '>', after)
    .where('seq', '<=', to)
    .orderBy('seq'),
);

/** The rows behind `after` up to `to`, as far as they are there. */
export async function rowsForExport(
  reader: Reader,
  after: number,
  to: number,
): Promise<readonly ExportedRow[]> {
  const rows = await between.all(reader, { after, to });
  return rows.map(({ prev, hash, ...row }) => ({
    ...row,
    previousHash: Buffer.from(prev).toString('hex'),
    hash: Buffer.from(hash).toString('hex'),
  }));
}

const announcedBefore = prepare(
  (query, { to, most }: { readonly to: number; readonly most: number }) =>
    query
      .selectFrom('ledger')
      .select('seq')
      .where('event', '=', 'checkpoint-key.announced.1')
      .where('seq', '<=', to)
      .orderBy('seq', 'desc')
      .limit(most),
);

/** The rows up to `to` that announce a key of checkpoints, the newest first. */
export async function announcementsUpTo(
  reader: Reader,
  to: number,
  most: number,
): Promise<readonly ExportedRow[]> {
  const rows: ExportedRow[] = [];
  for (const { seq } of await announcedBefore.all(reader, { to, most }))
    rows.push(...(await rowsForExport(reader, seq - 1, seq)));
  return rows;
}
