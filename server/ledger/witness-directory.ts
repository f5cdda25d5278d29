import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Reader } from '../database/units.ts';
import { checkpointsAfter, type Checkpoint } from './checkpoints.ts';
import { noteLines } from './note-file.ts';

const name = 'directory';
const checkpointsAtOnce = 100;

/** A witness that was not reached says so by an error; what it lacks is told again the next time. */
export interface Witness {
  readonly name: string;
  /** Tells it of all checkpoints that it does not have. */
  catchUp(): Promise<void>;
}

/**
 * A directory that this server can only write to: on another machine, or on a medium that takes each byte once. A file a
 * day, which only grows, holds the day's notes; where a stop came in between, one may be there twice.
 */
export class WitnessDirectory implements Witness {
  readonly name = name;
  readonly #directory: string;
  readonly #database: Database;

  constructor(directory: string, database: Database) {
    this.#directory = directory;
    this.#database = database;
  }

  async catchUp(): Promise<void> {
    for (;;) {
      const checkpoints = await this.#database.read(async (reader) =>
        checkpointsAfter(reader, await placeOf(reader), checkpointsAtOnce),
      );
      const last = checkpoints.at(-1);
      if (last === undefined) return;
      for (const [file, day] of byFile(checkpoints)) await this.#append(file, day);
      await this.#keepPlace(last.size);
    }
  }

  async #append(name: string, checkpoints: readonly Checkpoint[]): Promise<void> {
    const file = await open(join(this.#directory, name), 'a', 0o640);
    try {
      // First what ends a note that an earlier write broke off.
      await file.appendFile(`\n${checkpoints.map(({ note }) => noteLines(note)).join('')}`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #keepPlace(size: number): Promise<void> {
    await this.#database.write(
      ({ query, nowMs }) =>
        query
          .insertInto('witnesses')
          .values({ name, last_size: size, updated_at: nowMs })
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet({ last_size: size, updated_at: nowMs }),
          )
          .execute(),
      { durable: 'soon' },
    );
  }
}

async function placeOf({ query }: Reader): Promise<number> {
  const row = await query
    .selectFrom('witnesses')
    .select('last_size')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.last_size ?? 0;
}

/** By the file that they go to, in their order. */
function byFile(checkpoints: readonly Checkpoint[]): Map<string, Checkpoint[]> {
  const files = new Map<string, Checkpoint[]>();
  for (const checkpoint of checkpoints) {
    const [, instance = ''] = /^waybill\/([0-9a-f]+)\n/.exec(checkpoint.note) ?? [];
    const day = new Date(checkpoint.atMs).toISOString().slice(0, 10);
    const file = `${instance}-${day}.notes`;
    files.set(file, [...(files.get(file) ?? []), checkpoint]);
  }
  return files;
}
