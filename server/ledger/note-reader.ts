import type { FileHandle } from 'node:fs/promises';
import { piecesOf, type NotePiece } from './note-file.ts';

/** What is read of a file at once: many notes, which have a few hundred bytes each. */
export const windowBytes = 64 * 1024;

export async function sizeOf(file: FileHandle): Promise<number> {
  return (await file.stat()).size;
}

/** All notes of a file from its beginning, a window at a time; of its first so many bytes. */
export async function* notesIn(file: FileHandle, inFirst?: number): AsyncGenerator<NotePiece> {
  const bytes = inFirst ?? (await sizeOf(file));
  let from = 0;
  while (from < bytes) {
    const length = Math.min(windowBytes, bytes - from);
    const isEnd = from + length === bytes;
    const pieces = piecesOf(await readAt(file, from, length), from);
    // What a window cuts is read again with the next one.
    const cut = isEnd ? undefined : pieces.findLast(({ kind }) => kind === 'note');
    for (const piece of pieces) {
      if (cut !== undefined && piece.from >= cut.to) break;
      yield piece;
    }
    from = cut === undefined ? from + length : cut.to;
  }
}

export async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, from);
  return buffer.subarray(0, bytesRead);
}
