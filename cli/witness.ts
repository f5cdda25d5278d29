import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundNote } from '../server/ledger/note-file.ts';
import { notesIn } from '../server/ledger/note-reader.ts';
import type { Client } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';

/** A checkpoint as the API lists it. */
export type ListedCheckpoint = {
  readonly size: number;
  readonly at: string;
  readonly root: string;
  readonly note: string;
};

export type WitnessComparison = {
  readonly ok: boolean;
  /** Of the witness, and how many bytes of its files are no notes. */
  readonly notes: number;
  readonly otherBytes: number;
  /** Rows that its largest note is of; 0 for none. */
  readonly lastSize: number;
  /** What the first note that the server does not have says. */
  readonly problem: string | null;
};

const checkpointsAtOnce = 500;

/**
 * Holds notes that somebody else kept against those of the server, which has verified its own: whatever a witness has, the
 * server has to have to the byte.
 *
 * @param path a file of notes, or a directory of such files
 */
export async function compareWithWitness(
  client: Pick<Client, 'get'>,
  path: string,
): Promise<WitnessComparison> {
  const listed = new ListedCheckpoints(client);
  let [notes, otherBytes, lastSize] = [0, 0, 0];
  for (const name of await filesOf(path)) {
    const file = await open(name, 'r');
    try {
      for await (const piece of notesIn(file)) {
        if (piece.kind === 'other') {
          otherBytes += piece.to - piece.from;
          continue;
        }
        const { found } = piece;
        notes += 1;
        lastSize = Math.max(lastSize, found.size);
        const own = await listed.of(found.size);
        if (own !== found.note)
          return {
            ok: false,
            notes,
            otherBytes,
            lastSize,
            problem: differenceOf(found, own, name),
          };
      }
    } finally {
      await file.close();
    }
  }
  const problem = notes === 0 ? `there are no checkpoints in ${path}` : null;
  return { ok: problem === null, notes, otherBytes, lastSize, problem };
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(path, name))
      .sort();
  } catch (cause) {
    throw new CliFailure(exitCodes.usage, `${path} cannot be read: ${(cause as Error).message}`);
  }
}

/** The server's, asked for some at a time: notes of a witness come in order. */
class ListedCheckpoints {
  readonly #client: Pick<Client, 'get'>;
  #page = new Map<number, string>();
  /** Of these sizes the page has all that there are. */
  #from = 0;
  #to = 0;

  constructor(client: Pick<Client, 'get'>) {
    this.#client = client;
  }

  async of(size: number): Promise<string | undefined> {
    if (size < this.#from || size > this.#to) await this.#load(size);
    return this.#page.get(size);
  }

  async #load(from: number): Promise<void> {
    const query = { after: from - 1, limit: checkpointsAtOnce };
    const { items } = await this.#client.get<{ items: readonly ListedCheckpoint[] }>(
      '/audit/checkpoints',
      query,
    );
    this.#page = new Map(items.map(({ size, note }) => [size, note]));
    this.#from = from;
    this.#to = items.length < checkpointsAtOnce ? Infinity : items.at(-1)!.size;
  }
}

function differenceOf(
  { size, atMs, origin }: FoundNote,
  own: string | undefined,
  file: string,
): string {
  const time = new Date(atMs).toISOString();
  const what = `${file} has a checkpoint of ${size} rows of ${time} (${origin})`;
  return own === undefined
    ? `${what}, and the server has none of so many: its ledger was cut, or an older copy of it was put in its place`
    : `${what}, and the server has another one: its ledger was made anew`;
}
