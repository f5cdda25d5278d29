import { formatSize } from './units.ts';

/** A row of the ledger as the API gives it: the fields that every event has, and those of its own event. */
export type AuditRow = {
  readonly seq: number;
  readonly at: string;
  readonly event: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly actor: { readonly kind: string; readonly username?: string; readonly name?: string } | null;
  readonly [field: string]: unknown;
};

const common = new Set(['seq', 'at', 'event', 'outcome', 'reason', 'actor', 'session', 'source', 'hash', 'prev']);
const shown = ['agency', 'username', 'path', 'to', 'toAgency', 'state', 'mode', 'size', 'bytesRead', 'bytesWritten', 'sha256', 'fingerprint', 'keyId', 'operation', 'closed', 'proof', 'proofs', 'method', 'url', 'status', 'version'];

/** What an event is about, on one line: its own fields, the ones that people look for first. */
export function describeEvent(row: AuditRow): string {
  const names = shown.filter((name) => !common.has(name) && row[name] !== undefined && row[name] !== null);
  return names.map((name) => wordOf(name, row[name])).join(' ');
}

function wordOf(name: string, value: unknown): string {
  if (name === 'path' || name === 'url' || name === 'method') return String(value);
  if (name === 'to') return `-> ${String(value)}`;
  if (typeof value === 'number' && (name === 'size' || name.startsWith('bytes'))) return `${name}=${formatSize(value).replace(' ', '')}`;
  // Enough to compare by eye; --json has all of it.
  if (name === 'sha256') return `sha256=${String(value).slice(0, 12)}…`;
  if (Array.isArray(value)) return `${name}=${value.join(',')}`;
  return `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
}
