import { setImmediate as turn } from 'node:timers/promises';
import { parse, CsvError } from 'csv-parse';
import { Type, type Static } from 'typebox';
import type { ImportRow, RowProblem, UnreadRow } from '../server/accounts/import-rows.ts';
import { Fault, faultTexts, refusalOf } from '../server/domain/faults.ts';
import { newKeyFields } from './routes/keys.ts';
import { agency, settings, username } from './routes/users.ts';
import { closed } from './schemas.ts';
import { msOrNullOf } from './times.ts';
import { fieldCheck } from './validation.ts';

const { displayName, loginMethods, allowedCidrs, expiresAt, quotaBytes, maxSessions } = settings;
const keyFields = Type.Object({
  publicKey: newKeyFields.publicKey,
  keyLabel: newKeyFields.label,
  keyExpiresAt: newKeyFields.expiresAt,
});

/** A line of NDJSON, and what the cells of a row of CSV are read as. Only the name is needed of a user who is there. */
const Line = Type.Object(
  {
    username,
    ...Type.Partial(
      Type.Object({
        agency,
        displayName,
        loginMethods,
        allowedCidrs,
        expiresAt,
        quotaBytes,
        maxSessions,
        ...keyFields.properties,
        keys: Type.Array(Type.Object(newKeyFields, closed), {
          description: 'a list of {publicKey, label, expiresAt}',
        }),
      }),
    ).properties,
  },
  closed,
);
type Line = Static<typeof Line>;

const columns = Object.keys(Line.properties).filter((name) => name !== 'keys');
const rowBytesMax = 64 * 1024;
const sliceBytes = 64 * 1024;
const sliceMsMax = 5;
const shownCharactersMax = 100;

export type UserFile = {
  readonly bytes: Buffer;
  readonly form: 'csv' | 'ndjson';
  readonly rowsMax: number;
};

/**
 * The rows of a file of users, in slices that leave others their turn. A row that cannot be read is one with a problem;
 * cells are text and nothing else, whatever a spreadsheet would make of them.
 *
 * @throws Fault `message-malformed`, `field-invalid` or `body-too-large` for a file that has no rows to speak of
 */
export async function readUserFile(file: UserFile): Promise<readonly (ImportRow | UnreadRow)[]> {
  const text = decode(file.bytes);
  return file.form === 'csv' ? readCsv(file) : readLines(text, file.rowsMax);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Fault('message-malformed', 'the file is not UTF-8', { cause: error });
  }
}

/** RFC 4180, with the names of the columns in the first row. Rows are counted as a spreadsheet does: that one is 1. */
async function readCsv({ bytes, rowsMax }: UserFile): Promise<readonly (ImportRow | UnreadRow)[]> {
  const [header = [], ...records] = await recordsOf(bytes, rowsMax + 1);
  const names = checkHeader(header);
  const rows: (ImportRow | UnreadRow)[] = [];
  let turnMs = performance.now();
  for (const [index, cells] of records.entries()) {
    if (cells.every((cell) => cell === '')) continue;
    rows.push(rowOfCells(index + 2, names, cells));
    if (performance.now() - turnMs < sliceMsMax) continue;
    await turn();
    turnMs = performance.now();
  }
  return rows;
}

async function recordsOf(bytes: Buffer, recordsMax: number): Promise<readonly string[][]> {
  const records: string[][] = [];
  const parser = parse({
    bom: true,
    encoding: 'utf8',
    delimiter: ',',
    quote: '"',
    escape: '"',
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: false,
    max_record_size: rowBytesMax,
  });
  const over = new Promise<void>((resolve, reject) => {
    parser.once('error', reject).once('close', resolve);
  });
  // Whoever waits hears of it; nobody waits while slices are written.
  over.catch(() => undefined);
  parser.on('data', (record: string[]) => {
    records.push(record);
    if (records.length > recordsMax) parser.destroy(tooManyRows(recordsMax - 1));
  });
  for (let at = 0; at < bytes.length && !parser.destroyed; at += sliceBytes) {
    parser.write(bytes.subarray(at, at + sliceBytes));
    await turn();
  }
  parser.end();
  try {
    await over;
  } catch (error) {
    throw error instanceof CsvError ? malformed(error) : error;
  }
  return records;
}

function malformed(error: CsvError): Fault {
  const line = typeof error['lines'] === 'number' ? ` near line ${error['lines']}` : '';
  const reasons: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quoted field does not end',
    CSV_MAX_RECORD_SIZE: `a row has more than ${rowBytesMax} bytes`,
    INVALID_OPENING_QUOTE: 'a quote stands inside a field that does not begin with one',
    CSV_INVALID_CLOSING_QUOTE: 'a quoted field goes on after its quote',
  };
  const reason = reasons[error.code] ?? 'it is not CSV (RFC 4180)';
  return new Fault('message-malformed', `the file cannot be read${line}: ${reason}`);
}

function checkHeader(header: readonly string[]): readonly string[] {
  const names = header.map((name) => name.trim());
  const reason = `the first row must name columns, of ${columns.join(', ')}, with commas between them`;
  for (const name of names) {
    if (!columns.includes(name) || names.indexOf(name) !== names.lastIndexOf(name))
      throw new Fault('field-invalid', reason, {
        pointer: `/${name.slice(0, shownCharactersMax)}`,
      });
  }
  if (!names.includes('username'))
    throw new Fault('field-invalid', reason, { pointer: '/username' });
  return names;
}

function rowOfCells(
  row: number,
  names: readonly string[],
  cells: readonly string[],
): ImportRow | UnreadRow {
  const given = cells[names.indexOf('username')] ?? '';
  if (cells.length !== names.length) {
    const reason = `has ${cells.length} fields, where the first row has ${names.length}`;
    return unread(row, given, { code: 'message-malformed', detail: reason, errors: [] });
  }
  const filled = names.flatMap((name, index) => {
    const cell = cells[index] ?? '';
    return cell === '' ? [] : [[name, valueOf(name, cell)] as const];
  });
  return rowOf(row, Object.fromEntries(filled));
}

/** A cell as JSON would have it; what cannot be read as that stays text, and is refused as such. */
function valueOf(name: string, cell: string): unknown {
  const text = cell.trim();
  switch (name) {
    case 'quotaBytes':
    case 'maxSessions':
      return /^\d{1,16}$/.test(text) ? Number(text) : text;
    case 'loginMethods':
      return text.split(';').map((way) => way.split('+').map((proof) => proof.trim()));
    case 'allowedCidrs':
      return text.split(/[;\s]+/).filter((block) => block !== '');
    case 'displayName':
    case 'keyLabel':
    case 'publicKey':
      return cell;
    default:
      return text;
  }
}

async function readLines(
  text: string,
  rowsMax: number,
): Promise<readonly (ImportRow | UnreadRow)[]> {
  const rows: (ImportRow | UnreadRow)[] = [];
  let turnMs = performance.now();
  for (let at = 0, row = 1; at < text.length; row += 1) {
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found;
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (line === '') continue;
    if (rows.length >= rowsMax) throw tooManyRows(rowsMax);
    rows.push(rowOfLine(row, line));
    if (performance.now() - turnMs < sliceMsMax) continue;
    await turn();
    turnMs = performance.now();
  }
  return rows;
}

function rowOfLine(row: number, line: string): ImportRow | UnreadRow {
  const refused = (detail: string) =>
    unread(row, '', { code: 'message-malformed', detail, errors: [] });
  if (line.length > rowBytesMax) return refused(`has more than ${rowBytesMax} characters`);
  try {
    return rowOf(row, JSON.parse(line) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return refused('is not JSON');
    throw error;
  }
}

const problemsOf = fieldCheck(Line);

function rowOf(row: number, given: unknown): ImportRow | UnreadRow {
  const errors = problemsOf(given);
  const name = (given as { readonly username?: unknown } | null)?.username;
  const shown = typeof name === 'string' ? name : '';
  if (errors.length > 0) {
    const [first] = errors;
    const detail = errors.length === 1 ? (first?.detail ?? '') : faultTexts['field-invalid'];
    return unread(row, shown, { code: 'field-invalid', detail, errors });
  }
  try {
    return importRowOf(row, given as Line);
  } catch (error) {
    const { code, reason, pointer = '' } = refusalOf(error);
    if (code === 'internal') throw error;
    return unread(row, shown, { code, detail: reason, errors: [{ pointer, detail: reason }] });
  }
}

function importRowOf(
  row: number,
  { username, agency, expiresAt, publicKey, keyLabel, keyExpiresAt, keys = [], ...rest }: Line,
): ImportRow {
  const settings = {
    ...rest,
    ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
  };
  const own = { publicKey: '/publicKey', label: '/keyLabel', expiresAt: '/keyExpiresAt' };
  if (publicKey === undefined && (keyLabel !== undefined || keyExpiresAt !== undefined))
    throw new Fault('field-invalid', 'a key that the label or expiry is of', {
      pointer: '/publicKey',
    });
  const all = [
    ...(publicKey === undefined
      ? []
      : [{ key: { publicKey, label: keyLabel, expiresAt: keyExpiresAt }, at: own }]),
    ...keys.map((key, index) => {
      const at = `/keys/${index}`;
      return {
        key,
        at: {
          publicKey: `${at}/publicKey`,
          label: `${at}/label`,
          expiresAt: `${at}/expiresAt`,
        },
      };
    }),
  ].map(({ key: { publicKey, label, expiresAt }, at }) => ({
    publicKey,
    ...(label !== undefined && { label }),
    ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, at.expiresAt) }),
    at,
  }));
  return { row, username, ...(agency !== undefined && { agency }), settings, keys: all };
}

function unread(row: number, username: string, problem: RowProblem): UnreadRow {
  return { row, username: username.slice(0, shownCharactersMax), problem };
}

function tooManyRows(rowsMax: number): Fault {
  return new Fault('body-too-large', `the file has more than ${rowsMax} rows`);
}
