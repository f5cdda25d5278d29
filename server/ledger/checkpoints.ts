import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Database, Reader } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { checkpointText, noteHash, originOf } from './checkpoint-note.ts';
import type { Ledger } from './ledger.ts';
import { growTree, rootAt } from './merkle-tree.ts';
import { signedNote } from './signed-note.ts';
import { lastSeqOf } from './tail.ts';

/** A signed statement of what rows 1 to `size` are. */
export type Checkpoint = {
  readonly size: number;
  readonly atMs: number;
  readonly root: Buffer;
  /** The signed note (checkpoint-note.ts), whole. */
  readonly note: string;
  /** SHA-256 of the note. */
  readonly hash: Buffer;
};

/** The key that signs now. */
export type CheckpointSigner = {
  /** As in `signed-note.ts`. */
  readonly keyLine: string;
  sign(text: string): Uint8Array;
};

export type CheckpointParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

const origin = prepare((query) =>
  query.selectFrom('ledger_origin').select('instance').where('id', '=', 1),
);

const latest = prepare((query) =>
  query.selectFrom('checkpoints').selectAll().orderBy('size', 'desc').limit(1),
);

const from = prepare((query, { size }: { readonly size: number }) =>
  query.selectFrom('checkpoints').selectAll().where('size', '>=', size).orderBy('size').limit(1),
);

const upTo = prepare((query, { size }: { readonly size: number }) =>
  query
    .selectFrom('checkpoints')
    .selectAll()
    .where('size', '<=', size)
    .orderBy('size', 'desc')
    .limit(1),
);

const after = prepare((query, { size, most }: { readonly size: number; readonly most: number }) =>
  query.selectFrom('checkpoints').selectAll().where('size', '>', size).orderBy('size').limit(most),
);

const before = prepare((query, { size, most }: { readonly size: number; readonly most: number }) =>
  query
    .selectFrom('checkpoints')
    .selectAll()
    .where('size', '<', size)
    .orderBy('size', 'desc')
    .limit(most),
);

/** `waybill/<instance id>`: the name in every note of this ledger. */
export async function ledgerOrigin(reader: Reader): Promise<string> {
  const row = await origin.first(reader, {});
  if (row === undefined) throw new Error('the database does not say which ledger it has');
  return originOf(row.instance);
}

/** The newest one; undefined before the first. */
export async function latestCheckpoint(reader: Reader): Promise<Checkpoint | undefined> {
  return given(await latest.first(reader, {}));
}

/** The first one that has row `size`, as far as there is one yet. */
export async function checkpointFrom(
  reader: Reader,
  size: number,
): Promise<Checkpoint | undefined> {
  return given(await from.first(reader, { size }));
}

/** The last one that has no row behind `size`. */
export async function checkpointUpTo(
  reader: Reader,
  size: number,
): Promise<Checkpoint | undefined> {
  return given(await upTo.first(reader, { size }));
}

/** Those larger than `size`, the smallest first. */
export async function checkpointsAfter(
  reader: Reader,
  size: number,
  most: number,
): Promise<readonly Checkpoint[]> {
  return (await after.all(reader, { size, most })).map(checkpointOf);
}

/** Those smaller than `size`, the largest first. */
export async function checkpointsBefore(
  reader: Reader,
  size: number,
  most: number,
): Promise<readonly Checkpoint[]> {
  return (await before.all(reader, { size, most })).map(checkpointOf);
}

function given(row: Row<'checkpoints'> | undefined): Checkpoint | undefined {
  return row === undefined ? undefined : checkpointOf(row);
}

function checkpointOf(row: Row<'checkpoints'>): Checkpoint {
  return {
    size: row.size,
    atMs: row.at,
    root: Buffer.from(row.root),
    note: row.note,
    hash: Buffer.from(row.hash),
  };
}

/**
 * Makes a checkpoint of the rows there are, off everybody's way: the tree grows bit by bit, and the unit that stores the
 * note does little else. Its own row comes behind what it is about, and waits for the next; so one that has no other row
 * behind it is the last word, and there is nothing to do.
 *
 * @returns null where there is nothing new
 * @throws Error where the rows are not a continuation of those of the last one: nothing is signed that contradicts it
 */
export async function makeCheckpoint(
  parts: CheckpointParts,
  signer: CheckpointSigner,
): Promise<Checkpoint | null> {
  const { database, ledger, clock } = parts;
  const { size, last } = await database.read(async (reader) => ({
    size: await lastSeqOf(reader),
    last: await latestCheckpoint(reader),
  }));
  if (last === undefined ? size === 0 : size <= last.size + 1) return null;
  await growTree(database, size);
  const text = await database.read(async (reader) => {
    if (last !== undefined && !(await rootAt(reader, last.size)).equals(last.root))
      throw new Error(`the rows are not those that the checkpoint of ${last.size} rows is about`);
    const root = await rootAt(reader, size);
    const previous = last?.hash ?? null;
    return { origin: await ledgerOrigin(reader), size, root, atMs: clock(), previous };
  });
  const signed = checkpointText(text);
  const note = signedNote(signed, signer.keyLine, signer.sign(signed));
  const made = { size, atMs: text.atMs, root: text.root, note, hash: noteHash(note) };
  await database.write(async (unit) => {
    const { atMs, ...columns } = made;
    await unit.query
      .insertInto('checkpoints')
      .values({ ...columns, at: atMs })
      .execute();
    await ledger.append(unit, {
      origin: serverOrigin,
      outcome: 'success',
      reason: null,
      event: { event: 'checkpoint.made.1', size, note },
    });
  });
  return made;
}
