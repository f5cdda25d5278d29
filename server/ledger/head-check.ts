import type { Database } from '../database/units.ts';
import { parseCheckpoint } from './checkpoint-note.ts';
import { checkpointUpTo } from './checkpoints.ts';

const remedy = 'Where you put it there yourself, remove ledger_head from the keys directory';

/**
 * Whether a ledger has the checkpoint that was signed last where this server keeps its keys.
 *
 * @param head what is kept there; null for nothing, as of a server that is new
 * @returns what is wrong, and what to do; null for nothing
 */
export async function problemOfHead(
  database: Pick<Database, 'read'>,
  head: string | null,
): Promise<string | null> {
  if (head === null) return null;
  const parsed = parseCheckpoint(head);
  if (parsed === null)
    return 'ledger_head in the keys directory is no checkpoint. Look who wrote it, then remove it';
  const { size, atMs } = parsed.checkpoint;
  const known = await database.read((reader) => checkpointUpTo(reader, size));
  if (known?.note === head) return null;
  const time = new Date(atMs).toISOString();
  return `the checkpoint of ${size} rows (${time}) that this server signed is not in the database: another ledger is in its place, or an older copy. ${remedy}`;
}
