import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CliFailure, exitCodes } from './parts.ts';

export type AuditFormat = 'ndjson' | 'csv';

/** How far an export is that lies in a file. */
export type ExportedSoFar = {
  /** Of its range. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The last row that is whole in it, and where its line ends. */
  readonly seq: number;
  readonly hash: string;
  readonly bytes: number;
  /** Its end is there, too. */
  readonly isWhole: boolean;
};

const pieceBytes = 1024 * 1024;
const newline = 10;
type Row = { readonly seq: number; readonly hash: string };

/**
 * Looks into a file for where its export goes on; undefined where it has to begin. What comes behind the last whole row is
 * sent again.
 *
 * @throws CliFailure for a file that is something else
 */
export async function placeIn(
  path: string,
  format: AuditFormat,
): Promise<ExportedSoFar | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const range = await rangeIn(file, format);
    // Not even that was whole.
    if (range === undefined) return undefined;
    const last = await lastRowIn(file, size, forms[format].row);
    return last === undefined ? undefined : { ...range, ...last };
  } catch (error) {
    if (error instanceof CliFailure)
      throw new CliFailure(exitCodes.failed, `${path} is no export of the ledger as ${format}`, [
        'name another file with -o, or replace it with --force',
      ]);
    throw error;
  } finally {
    await file.close();
  }
}

type Form = {
  /** Lines before that of the range. */
  readonly linesBefore: number;
  readonly head: (line: string) => string | undefined;
  readonly row: (line: string) => Row | undefined;
  readonly end: RegExp;
};

const forms: Readonly<Record<AuditFormat, Form>> = {
  ndjson: {
    linesBefore: 0,
    head: (line) => line,
    row: (line) => {
      if (!line.startsWith('{"type":"row"')) return undefined;
      const { hash, body } = JSON.parse(line) as { readonly hash: string; readonly body: string };
      return { hash, seq: (JSON.parse(body) as { readonly seq: number }).seq };
    },
    end: /^\{"type":"end",/,
  },
  csv: {
    linesBefore: 1,
    head: (line) => /^export,.*?,"(\{.*\})"\r?$/.exec(line)?.[1]?.replaceAll('""', '"'),
    row: (line) => {
      const [, seq] = /^row,(\d+),/.exec(line) ?? [];
      // In a cell every quote is doubled, so that this stands nowhere but between the last two.
      const [, hash] = /,([0-9a-f]{64}),"\{""/.exec(line) ?? [];
      return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
    },
    end: /^end,/,
  },
};

async function rangeIn(
  file: FileHandle,
  format: AuditFormat,
): Promise<Pick<ExportedSoFar, 'firstSeq' | 'lastSeq'> | undefined> {
  const bytes = Buffer.alloc(pieceBytes);
  const { bytesRead } = await file.read(bytes, 0, pieceBytes, 0);
  return rangeAtStart(bytes.toString('utf8', 0, bytesRead), format);
}

/** The range that the beginning of an export tells of; undefined where it is too short. @throws CliFailure */
export function rangeAtStart(
  beginning: string,
  format: AuditFormat,
): Pick<ExportedSoFar, 'firstSeq' | 'lastSeq'> | undefined {
  const { linesBefore, head } = forms[format];
  const lines = beginning.split('\n');
  if (lines.length <= linesBefore + 1) return refuseOther(lines[0] ?? '', format);
  try {
    const told = JSON.parse(head(lines[linesBefore]!) ?? '') as Record<string, unknown>;
    const { type, firstSeq, lastSeq } = told;
    if (type === 'export' && typeof firstSeq === 'number' && typeof lastSeq === 'number')
      return { firstSeq, lastSeq };
  } catch {
    // Told below.
  }
  throw new CliFailure(exitCodes.failed, 'no export');
}

/** A beginning that was cut off is written anew; the file of somebody else is not. */
function refuseOther(beginning: string, format: AuditFormat): undefined {
  const expected = format === 'csv' ? 'record,seq,' : '{"type":"export"';
  const length = Math.min(beginning.length, expected.length);
  if (beginning.slice(0, length) === expected.slice(0, length)) return undefined;
  throw new CliFailure(exitCodes.failed, 'no export');
}

type LastRow = Row & Pick<ExportedSoFar, 'bytes' | 'isWhole'>;

/** From the end backwards, as far as it takes to find a row that is whole. */
async function lastRowIn(
  file: FileHandle,
  size: number,
  rowOf: Form['row'],
): Promise<LastRow | undefined> {
  let isWhole = false;
  for (let length = pieceBytes; ; length *= 2) {
    const start = Math.max(0, size - length);
    const bytes = Buffer.alloc(size - start);
    await file.read(bytes, 0, bytes.length, start);
    let end = bytes.lastIndexOf(newline);
    while (end > 0) {
      const before = bytes.lastIndexOf(newline, end - 1);
      // The line may have begun before what was read.
      if (before < 0 && start > 0) break;
      const line = bytes.toString('utf8', before + 1, end);
      isWhole ||= Object.values(forms).some((form) => form.end.test(line));
      const row = rowOf(line);
      if (row !== undefined) return { ...row, bytes: start + end + 1, isWhole };
      end = before;
    }
    if (start === 0) return undefined;
  }
}
