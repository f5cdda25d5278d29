import type { Database } from '../database/units.ts';
import { chainStart, rowHash } from './chain.ts';

export type LedgerVerification = {
  readonly ok: boolean;
  readonly rows: number;
  /** `seq` of the first row that is missing, altered or out of order. */
  readonly firstBadRow: number | null;
  readonly problem: string | null;
  /** Hash of the last good row, hex: note it elsewhere to detect a truncated ledger later. */
  readonly lastHash: string;
};

const rowsPerBatch = 1000;

/** Walks the whole chain in batches, so that logins and transfers go on meanwhile. */
export async function verifyLedger(database: Database): Promise<LedgerVerification> {
  let prev: Buffer = chainStart;
  let seq = 0;
  for (;;) {
    const rows = await database.read(({ query }) =>
      query
        .selectFrom('ledger')
        .selectAll()
        .where('seq', '>', seq)
        .orderBy('seq')
        .limit(rowsPerBatch)
        .execute(),
    );
    for (const row of rows) {
      const problem = problemOf(row, seq + 1, prev);
      if (problem !== null) {
        return {
          ok: false,
          rows: seq,
          firstBadRow: seq + 1,
          problem,
          lastHash: prev.toString('hex'),
        };
      }
      prev = Buffer.from(row.hash);
      seq = row.seq;
    }
    if (rows.length < rowsPerBatch) {
      return {
        ok: true,
        rows: seq,
        firstBadRow: null,
        problem: null,
        lastHash: prev.toString('hex'),
      };
    }
    await new Promise(setImmediate);
  }
}

type ChainedRow = {
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly body: string;
  readonly prev: Uint8Array;
  readonly hash: Uint8Array;
};

function problemOf(row: ChainedRow, expectedSeq: number, prev: Buffer): string | null {
  if (row.seq !== expectedSeq) return 'a row is missing';
  if (!prev.equals(row.prev)) return 'the row does not follow the one before it';
  if (!rowHash(prev, row.seq, row.body).equals(row.hash)) return 'the row was altered';
  // The columns beside the body are there for searching, and must say the same.
  const body = JSON.parse(row.body) as { seq?: unknown; at?: unknown; event?: unknown };
  const agrees =
    body.seq === row.seq && body.event === row.event && body.at === new Date(row.at).toISOString();
  return agrees ? null : 'the columns do not agree with the body';
}
