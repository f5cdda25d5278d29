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
  {
    title: 'SHA-256',
    value: (transfer) => (transfer.sha256 === null ? null : `${transfer.sha256.slice(0, 12)}…`),
  },
];

/** Transfers and ledger rows as the API gives them, and whether the ledger's chain holds. */
export async function showRecords(api: Client, say: (line: string) => void): Promise<void> {
  const transfers = await firstPage<Transfer>(api, '/transfers');
  say(tableText([...transfers].reverse(), transferColumns));
  say('');
  const rows = await firstPage<AuditRow>(api, '/audit');
  const told = rows.filter(isTold).reverse();
  say(tableText(told, auditColumns));
  say(
    `(${told.length} of ${rows.length} rows of the ledger: logins, files, and what Kern was refused)`,
  );
  const verification = await api.get<{ ok: boolean; rows: number; problem?: string | null }>(
    '/audit/verification',
  );
  if (!verification.ok)
    throw new Error(`the ledger does not verify: ${verification.problem ?? 'bad'}`);
  say(`\nthe ledger verifies: ${verification.rows} rows, each chained to the one before it`);
}

/** sftp looks whether a name is taken before it sends a file, which makes rows that would only puzzle here. */
function isTold({ event, outcome, actor }: AuditRow): boolean {
  if (event.startsWith('file.') || event.startsWith('login.')) return true;
  return outcome === 'refused' && actor?.username === 'ken';
}

async function firstPage<T>(api: Client, path: string): Promise<readonly T[]> {
  for await (const page of api.pages<T>(path, { limit: 200 })) return page;
  return [];
}
