import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import { originOf } from './checkpoint-note.ts';

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
export async function latestCheckpoint(reader: Reader | Unit): Promise<Checkpoint | undefined> {
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
