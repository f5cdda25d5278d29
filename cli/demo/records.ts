import { auditColumns } from '../audit.ts';
import type { AuditRow } from '../audit-text.ts';
import type { Client } from '../client.ts';
import { tableText } from '../text.ts';
import type { Column } from '../text.ts';
import type { Transfer } from '../transfer.ts';

const transferColumns: readonly Column<Transfer>[] = [
  { title: 'STARTED', value: (transfer) => transfer.startedAt, form: 'time' },
  { title: 'USER', value: (transfer) => transfer.username },
  { title: 'DIRECTION', value: (transfer) => transfer.direction },
  { title: 'TREE', value: (transfer) => transfer.agency },
  { title: 'PATH', value: (transfer) => transfer.path },
  { title: 'BYTES', value: (transfer) => transfer.bytes, form: 'size' },
  { title: 'STATE', value: (transfer) => transfer.state },
  { title: 'SHA-256', value: (transfer) => (transfer.sha256 === null ? null : `${transfer.sha256.slice(0, 12)}…`) },
];

/** Transfers and ledger rows as the API gives them, and whether the ledger's chain holds. */
export async function showRecords(api: Client, say: (line: string) => void): Promise<void> {
  const transfers = await firstPage<Transfer>(api, '/transfers');
  say(tableText([...transfers].reverse(), transferColumns));
  say('');
  const rows = await firstPage<AuditRow>(api, '/audit');
  say(tableText([...rows].reverse(), auditColumns));
  const verification = await api.get<{ ok: boolean; rows: number; problem?: string | null }>('/audit/verification');
  if (!verification.ok) throw new Error(`the ledger does not verify: ${verification.problem ?? 'bad'}`);
  say(`\nthe ledger verifies: ${verification.rows} rows, each chained to the one before it`);
}

async function firstPage<T>(api: Client, path: string): Promise<readonly T[]> {
  for await (const page of api.pages<T>(path, { limit: 200 })) return page;
  return [];
}
