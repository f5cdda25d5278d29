import { hash } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import { searchColumns } from './columns.ts';

/** A row as it is walked over. */
export type WalkedRow = {
  readonly seq: number;
  readonly body: string;
  /** The hash of the row before and the row's own, as they are stored, in hex: a blob costs more than a text. */
  readonly link: string;
  /** The columns beside the body, and the length of the hash before, as `columnsText` writes them. */
  readonly columns: string;
};

/** What a row says of itself. */
export type RowBody = Readonly<Record<string, unknown>> & { readonly event: string };

type Told = { readonly body: RowBody; readonly atMs: number };

const hashBytes = 32;
const hashDigits = 2 * hashBytes;
/** Control characters that stand between the columns, and for one that is null. */
const between = '\u001f';
const none = '\u001e';
const columnNames = [
  'event',
  'outcome',
  'reason',
  'actor',
  'agency',
  'session',
  'source',
  'path',
] as const;

/** One value for all hashes and one for all columns: what a row costs here is the number of its values. */
const rows = prepare((query, { after, most }: { readonly after: number; readonly most: number }) =>
  query
    .selectFrom('ledger')
    .select((is) => {
      let columns = is.cast<string>('at', 'text');
      for (const name of columnNames) {
        const value = is.fn.coalesce(name, is.val(none));
        columns = is.cast<string>(is(is(columns, '||', is.val(between)), '||', value), 'text');
      }
      // The mark of a null may be what a column holds, and a byte of one hash may be put to the other.
      let nulls = is.cast<number>(is.lit(0), 'integer');
      for (const name of columnNames)
        nulls = is(nulls, '+', is.cast<number>(is(name, 'is', null), 'integer'));
      for (const count of [nulls, is.fn<number>('length', ['prev'])])
        columns = is.cast<string>(
          is(is(columns, '||', is.val(between)), '||', is.cast<string>(count, 'text')),
          'text',
        );
      return [
        'seq',
        'body',
        is.fn<string>('lower', [is.fn('hex', [is('prev', '||', is.ref('hash'))])]).as('link'),
        columns.as('columns'),
      ];
    })
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(most),
);

export async function walkedRows(
  reader: Reader,
  after: number,
  most: number,
): Promise<readonly WalkedRow[]> {
  const found = await rows.values(reader, { after, most });
  return found.map(([seq, body, link, columns]) => ({
    seq: seq as number,
    body: body as string,
    link: link as string,
    columns: columns as string,
  }));
}

/** One row by itself: whether it is as it was written, and its columns say what it says; null where all is well. */
export async function problemOfRow(reader: Reader, seq: number): Promise<string | null> {
  const [row] = await walkedRows(reader, seq - 1, 1);
  if (row === undefined) return 'a row is missing';
  const checked = checkRow(row, seq, prevOf(row));
  if (checked.problem !== null) return checked.problem;
  const agree = columnsAgree(row, checked) ?? (await columnsAgreeByBytes(reader, row, checked));
  return agree ? null : columnsDiffer;
}

/** The hash of the row before, as a row has it. */
export function prevOf({ link }: WalkedRow): Buffer {
  return Buffer.from(link.slice(0, hashDigits), 'hex');
}

export const columnsDiffer = 'the columns of the row do not agree with its body';

/** `rowHash` of chain.ts without anything that a million rows need not pay for. */
class RowHashing {
  #bytes = Buffer.alloc(64 * 1024);

  /** @returns hex: a buffer costs half as much again as the hash */
  of(prev: Buffer, seq: number, body: string): string {
    const head = 1 + hashBytes + 8;
    const most = head + 3 * body.length;
    if (this.#bytes.length < most) this.#bytes = Buffer.alloc(2 * most);
    this.#bytes.set(prev, 1);
    this.#bytes.writeUInt32BE(Math.floor(seq / 2 ** 32), head - 8);
    this.#bytes.writeUInt32BE(seq % 2 ** 32, head - 4);
    const length = this.#bytes.write(body, head, 'utf8');
    return hash('sha256', this.#bytes.subarray(0, head + length), 'hex');
  }
}

/** A row that is as it was written. */
export type WholeRow = Told & { readonly problem: null; readonly hash: Buffer };

export type CheckedRow =
  | WholeRow
  /** `isBefore`: it is the row before that was altered, so that it fits what is before it and not what follows. */
  | { readonly problem: string; readonly isBefore?: boolean };

const hashing = new RowHashing();

/** Holds a row against the one before it and against itself. */
export function checkRow(row: WalkedRow, expectedSeq: number, prev: Buffer): CheckedRow {
  if (row.seq !== expectedSeq) return { problem: 'a row is missing' };
  const { link } = row;
  if (link.length !== 2 * hashDigits)
    return { problem: 'the row was altered: its hashes are none' };
  const own = link.slice(hashDigits);
  if (!link.startsWith(prev.toString('hex'))) {
    const isWhole = hashing.of(prevOf(row), row.seq, row.body) === own;
    return isWhole
      ? { problem: 'the row was altered: the next one follows another', isBefore: true }
      : { problem: 'the row does not follow the one before it' };
  }
  const computed = hashing.of(prev, row.seq, row.body);
  if (computed !== own) return { problem: 'the row was altered' };
  const parsed = bodyOf(row.body);
  if (parsed === null || parsed.body['seq'] !== row.seq)
    return { problem: 'the row is none that Waybill writes' };
  return { problem: null, hash: Buffer.from(computed, 'hex'), ...parsed };
}

/** Whether the columns of a row say what its body says; null where only their bytes can tell. */
export function columnsAgree(row: WalkedRow, { body, atMs }: Told): boolean | null {
  // Where texts could be put together in more ways than one, or look alike once they are read: byte by byte.
  const isDoubtful =
    row.body.includes('\\u001') || row.body.includes('\ufffd') || row.columns.includes('\ufffd');
  return isDoubtful ? null : columnsText(body, atMs) === row.columns;
}

/** What a row tells, where nothing is believed yet: null for a text that is none. */
export function toldIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === 'object' && told !== null ? (told as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function bodyOf(text: string): Told | null {
  const body = toldIn(text);
  const atMs = Date.parse(String(body?.['at']));
  if (typeof body?.['event'] !== 'string' || Number.isNaN(atMs)) return null;
  return { body: body as RowBody, atMs };
}

function columnsOf(body: RowBody): readonly (string | null)[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const { actor, agency } = searchColumns(body['actor'] as Actor, body);
  return [
    body.event,
    text(body['outcome']),
    text(body['reason']),
    actor,
    agency,
    text(body['session']),
    text(body['source']),
    pathOf(body['path']),
  ];
}

/** Of a name that can be redacted, the commitment to it. */
function pathOf(path: unknown): string | null {
  if (typeof path === 'string') return path;
  if (typeof path !== 'object' || path === null || !('name' in path)) return null;
  return typeof path.name === 'string' ? path.name : null;
}

function columnsText(body: RowBody, atMs: number): string {
  let text = String(atMs);
  let nulls = 0;
  for (const column of columnsOf(body)) {
    if (column === null) nulls += 1;
    text += between + (column ?? none);
  }
  return `${text}${between}${nulls}${between}${hashBytes}`;
}

const bytes = prepare((query, { seq }: { readonly seq: number }) =>
  query
    .selectFrom('ledger')
    .select((is) => [
      'at',
      is.fn<number>('length', ['prev']).as('prevBytes'),
      is.cast('body', 'blob').as('body'),
      ...columnNames.map((name) => is.cast(name, 'blob').as(name)),
    ])
    .where('seq', '=', seq),
);

export async function columnsAgreeByBytes(
  reader: Reader,
  row: WalkedRow,
  { body, atMs }: Told,
): Promise<boolean> {
  const [stored] = await bytes.values(reader, { seq: row.seq });
  const expected = [row.body, ...columnsOf(body)];
  return (
    stored !== undefined &&
    stored[0] === atMs &&
    stored[1] === hashBytes &&
    expected.every((text, index) => {
      const found = stored[index + 2] as Buffer | null;
      return text === null ? found === null : found?.equals(Buffer.from(text, 'utf8')) === true;
    })
  );
}
