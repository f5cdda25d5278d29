import { parseCheckpoint } from './checkpoint-note.ts';

/** A note as it stands in a file of many: each with an empty line behind it. */
export function noteLines(note: string): string {
  return `${note}\n`;
}

export type FoundNote = {
  readonly note: string;
  readonly size: number;
  readonly atMs: number;
  readonly origin: string;
};

/** A piece of a file of notes, in order. Offsets are of bytes. */
export type NotePiece =
  | { readonly kind: 'note'; readonly found: FoundNote; readonly from: number; readonly to: number }
  /** Bytes that are no whole note: at the end of a file what a crash left of one, anywhere else not as written. */
  | { readonly kind: 'other'; readonly from: number; readonly to: number };

const firstLine = /(?<=^|\n)[^\s+]+\/[^\s+]+\n(?=\d+\n)/g;

/**
 * The notes in a piece of a file, whoever signed them.
 *
 * @param bytes from where a note begins, or where one looks for the first
 * @param offset of the first byte in the file
 */
export function piecesOf(bytes: Buffer, offset = 0): readonly NotePiece[] {
  // One character a byte, so that places in the text are places in the file.
  const text = bytes.toString('latin1');
  const starts = [...text.matchAll(firstLine)].map(({ index }) => index);
  const pieces: NotePiece[] = [];
  const other = (from: number, to: number) => {
    if (to > from) pieces.push({ kind: 'other', from: offset + from, to: offset + to });
  };
  other(0, starts[0] ?? bytes.length);
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? bytes.length;
    const to = lengthOfNote(bytes.subarray(start, end));
    const found = to === 0 ? null : foundIn(bytes.subarray(start, start + to - 1).toString('utf8'));
    if (found === null) return other(start, end);
    pieces.push({ kind: 'note', found, from: offset + start, to: offset + start + to });
    other(start + to, end);
  });
  return pieces;
}

/** To the end of the empty line behind its signatures, in bytes; 0 where that is not there. */
function lengthOfNote(bytes: Buffer): number {
  const signatures = bytes.indexOf('\n\n');
  const end = signatures < 0 ? -1 : bytes.indexOf('\n\n', signatures + 2);
  return end < 0 ? 0 : end + 2;
}

function foundIn(note: string): FoundNote | null {
  const parsed = parseCheckpoint(note);
  if (parsed === null) return null;
  const { size, atMs, origin } = parsed.checkpoint;
  return { note, size, atMs, origin };
}
