import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Database } from '../database/units.ts';
import { checkpointsAfter, checkpointUpTo, type Checkpoint } from './checkpoints.ts';
import { noteLines, piecesOf, type FoundNote } from './note-file.ts';
import { notesIn, readAt, sizeOf, windowBytes } from './note-reader.ts';

const checkpointsAtOnce = 100;
const newline = 0x0a;

/**
 * Every note once more, in a file beside the database: what was told to the disk stays told when somebody puts an older
 * database in its place. A note is in the database first, durable, and then here; so a crash can leave the file behind,
 * with half a note at its end, and never ahead.
 */
export class CheckpointLog {
  readonly #file: string;
  readonly #database: Database;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: string, database: Database) {
    this.#file = file;
    this.#database = database;
  }

  /**
   * Brings the file up to the newest checkpoint: drops half a note from its end, and appends what is missing.
   *
   * @returns what no crash could have left so; nothing of it is dropped, and the notes come behind it
   */
  catchUp(): Promise<string | null> {
    return this.#inTurn(async (file) => {
      const { last, end } = await lastNote(file);
      const known = await this.#knownUpTo(last);
      const isOurs = last === null || known?.note === last.note;
      const rest = await readAt(file, end, (await sizeOf(file)) - end);
      const isTorn = isOurs && rest.length > 0;
      const problem = !isOurs
        ? differenceOf(last, known?.size === last.size ? known : undefined)
        : isTorn && !(await this.#isHalfOfNext(rest, last?.size ?? 0))
          ? othersBetween(end, end + rest.length)
          : null;
      if (isTorn && problem === null) await file.truncate(end);
      // A note begins on a line of its own.
      else if (rest.length > 0 && rest.at(-1) !== newline) await file.appendFile('\n');
      // Behind a note that is not ours, the one of its size comes again.
      await this.#appendAfter(file, isOurs ? (last?.size ?? 0) : last.size - 1);
      return problem;
    });
  }

  /**
   * Holds every note of the file against the database; new ones go into it meanwhile.
   *
   * @returns what is wrong; null for nothing
   */
  async verify(): Promise<string | null> {
    // In turn: no note is half there.
    const bytes = await this.#inTurn(sizeOf);
    const file = await this.#open();
    try {
      let known: readonly Checkpoint[] = [];
      let last = 0;
      for await (const piece of notesIn(file, bytes)) {
        if (piece.kind === 'other') return othersBetween(piece.from, piece.to);
        if (known.length === 0) known = await this.#after(last);
        const [expected, ...rest] = known;
        if (expected?.note !== piece.found.note) return differenceOf(piece.found, expected);
        known = rest;
        last = expected.size;
      }
      return null;
    } finally {
      await file.close();
    }
  }

  async #knownUpTo(last: FoundNote | null): Promise<Checkpoint | undefined> {
    if (last === null) return undefined;
    return this.#database.read((reader) => checkpointUpTo(reader, last.size));
  }

  /** Whether these bytes are the beginning of what belongs behind; where a disk was cut off, some of them may be 0. */
  async #isHalfOfNext(rest: Buffer, size: number): Promise<boolean> {
    const next = Buffer.from((await this.#after(size)).map(({ note }) => noteLines(note)).join(''));
    return rest.every((byte, index) => byte === 0 || byte === next[index]);
  }

  async #appendAfter(file: FileHandle, size: number): Promise<void> {
    for (let from = size; ;) {
      const found = await this.#after(from);
      const last = found.at(-1);
      if (last === undefined) return;
      await file.appendFile(found.map(({ note }) => noteLines(note)).join(''));
      await file.datasync();
      from = last.size;
    }
  }

  #after(size: number): Promise<readonly Checkpoint[]> {
    return this.#database.read((reader) => checkpointsAfter(reader, size, checkpointsAtOnce));
  }

  #inTurn<T>(work: (file: FileHandle) => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      const file = await this.#open();
      try {
        return await work(file);
      } finally {
        await file.close();
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #open(): Promise<FileHandle> {
    return open(this.#file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  }
}

function othersBetween(from: number, to: number): string {
  return `bytes ${from} to ${to} of checkpoints.log are no checkpoint of this ledger`;
}

function differenceOf(found: FoundNote, expected: Checkpoint | undefined): string {
  const time = new Date(found.atMs).toISOString();
  return expected?.size === found.size
    ? `the checkpoint of ${found.size} rows is another one in checkpoints.log (${time})`
    : `checkpoints.log has a checkpoint of ${found.size} rows (${time}) that the database does not have: it was replaced, or is an older copy`;
}

/** The last whole note of a file, and where what is behind it begins; null where the end of the file has none. */
async function lastNote(
  file: FileHandle,
): Promise<{ readonly last: FoundNote | null; readonly end: number }> {
  const bytes = await sizeOf(file);
  const from = Math.max(0, bytes - windowBytes);
  const window = await readAt(file, from, bytes - from);
  const last = piecesOf(window, from).findLast((piece) => piece.kind === 'note');
  return last === undefined ? { last: null, end: from } : { last: last.found, end: last.to };
}
