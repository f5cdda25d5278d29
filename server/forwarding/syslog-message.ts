import type { TailedRow } from '../ledger/tail.ts';

/** Facility 13, log audit (RFC 5424 section 6.2.1). */
const facility = 13;
const severities: Readonly<Record<string, number>> = { success: 6, refused: 4, failed: 3 };
/** 32473 is the enterprise number that RFC 5612 sets aside for examples: Waybill has none of its own. */
const structuredDataId = 'waybill@32473';

export type SyslogHead = { readonly hostname: string; readonly processId: number };

/**
 * One row as a message of RFC 5424: what one filters by as structured data, and the whole row as JSON behind it. No byte
 * order mark, which RFC 5424 asks for where the sender knows that it writes UTF-8: receivers that parse the JSON choke
 * on it.
 */
export function syslogMessage(row: TailedRow, { hostname, processId }: SyslogHead): string {
  const priority = facility * 8 + (severities[row.outcome] ?? 5);
  const header = [
    `<${priority}>1`,
    new Date(row.atMs).toISOString(),
    printable(hostname, 255),
    'waybill',
    String(processId),
    printable(row.event, 32),
  ].join(' ');
  return `${header} ${structuredData(row)} ${row.opened}`;
}

/** Octet counting (RFC 5425 section 4.3): the length in bytes, a space, the message. */
export function framed(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

function structuredData(row: TailedRow): string {
  const values = {
    seq: String(row.seq),
    event: row.event,
    outcome: row.outcome,
    reason: row.reason,
    actor: row.actor,
    agency: row.agency,
    session: row.session,
    source: row.source,
    path: row.path,
    hash: row.hash,
  };
  const parameters = Object.entries(values)
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return `[${structuredDataId}${parameters.join('')}]`;
}

/**
 * RFC 5424 section 6.3.3. Control characters, which may stand in what a stranger claimed to be called, are left to the
 * JSON, where they are escaped: a receiver that writes lines must not be given one to end.
 */
function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, '\\$&').replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, '?');
}

/** PRINTUSASCII without spaces, as header fields are. */
function printable(value: string, charactersMax: number): string {
  const kept = value.replaceAll(/[^\x21-\x7e]/g, '').slice(0, charactersMax);
  return kept === '' ? '-' : kept;
}
