import { plainText } from './text.ts';
import { formatSize } from './units.ts';

/** A row of the ledger as the API gives it: the fields that every event has, and those of its own event. */
export type AuditRow = {
  readonly seq: number;
  readonly at: string;
  readonly event: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly actor: {
    readonly kind: string;
    readonly username?: string;
    readonly name?: string;
  } | null;
  readonly [field: string]: unknown;
};

/** The fields that people look for, in the order to show them. */
const shown =
  'path to agency username state mode size bytesRead bytesWritten sha256 fingerprint keyId operation count closed proof proofs method url status version backup directory'.split(
    ' ',
  );

/** What an event is about, on one line: its own fields, the ones that people look for first. */
export function describeEvent(row: AuditRow): string {
  const words = shown.flatMap((name) => {
    const value = row[name];
    if (value === undefined || value === null || value === 0) return [];
    // Beside the path, or the actor, it would be there twice.
    if (name === 'agency' && typeof row['path'] === 'string') return [];
    if (name === 'username' && value === row.actor?.username) return [];
    if (name === 'path' && typeof row['agency'] === 'string')
      return [`${row['agency']}:${plainText(value)}`];
    if (name === 'to') return [`-> ${plainText(row['toAgency'] ?? '')}:${plainText(value)}`];
    return [wordOf(name, value)];
  });
  return words.join(' ');
}

function wordOf(name: string, value: unknown): string {
  if (name === 'path' || name === 'url' || name === 'method') return plainText(value);
  if (typeof value === 'number' && (name === 'size' || name.startsWith('bytes')))
    return `${name}=${formatSize(value).replace(' ', '')}`;
  // Enough to compare by eye; --json has all of it.
  if (name === 'sha256') return `sha256=${plainText(value).slice(0, 12)}…`;
  if (name === 'fingerprint') return shortFingerprint(plainText(value));
  if (Array.isArray(value))
    return `${name}=${value.map((item) => shortFingerprint(plainText(item))).join(',')}`;
  return `${name}=${plainText(value)}`;
}

function shortFingerprint(text: string): string {
  return text.replace(/(SHA256:[A-Za-z0-9+/]{12})[A-Za-z0-9+/]+/g, '$1…');
}
