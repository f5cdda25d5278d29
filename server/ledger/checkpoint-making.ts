import { prepare } from '../database/prepared.ts';
import type { Database, Reader } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { chainStart, rowHash } from './chain.ts';
import { checkpointText, noteHash, parseCheckpoint } from './checkpoint-note.ts';
import { latestCheckpoint, ledgerOrigin, type Checkpoint } from './checkpoints.ts';
import type { Ledger } from './ledger.ts';
import { GrowingTree, rootOfFrontier, rootOfInclusion } from './merkle.ts';
import { frontier, growTree, inclusionProof, rootAt } from './merkle-tree.ts';
import { signedNote } from './signed-note.ts';
import { lastSeqOf } from './tail.ts';

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

/** The last one, as its note has it: what the columns beside it say is not signed. */
type Signed = { readonly size: number; readonly root: Uint8Array; readonly hash: Buffer };

/** Rows up to which all is reckoned: their tree, and the hash of the last one. */
type Begun = { readonly tree: GrowingTree; readonly hash: Buffer };

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };
/** Rows of one look: a millisecond or two. */
const rowsAtOnce = 250;

const rowsBetween = prepare(
  (query, { after, to }: { readonly after: number; readonly to: number }) =>
    query
      .selectFrom('ledger')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>', after)
      .where('seq', '<=', to)
      .orderBy('seq')
      .limit(rowsAtOnce),
);

const hashAt = prepare((query, { seq }: { readonly seq: number }) =>
  query.selectFrom('ledger').select('hash').where('seq', '=', seq),
);

/**
 * Makes a checkpoint of the rows there are, off everybody's way: what is new is reckoned bit by bit, and the unit that
 * stores the note does little else. Its own row comes behind what it is about, and waits for the next; so one that has no
 * other row behind it is the last word, and there is nothing to do.
 *
 * Nothing in the database is believed but what the last note has signed: the tree up to there has to have its root, and
 * each row behind it is hashed anew.
 *
 * @param head the newest note that this server signed; null where nobody knows
 * @returns null where there is nothing new
 * @throws Error where the rows are not a continuation of those of the last one: nothing is signed that contradicts it
 */
export async function makeCheckpoint(
  parts: CheckpointParts,
  signer: CheckpointSigner,
  head: string | null = null,
): Promise<Checkpoint | null> {
  const { database, ledger, clock } = parts;
  const { size, last, origin } = await database.read(async (reader) => ({
    size: await lastSeqOf(reader),
    last: signedIn(await latestCheckpoint(reader), head),
    origin: await ledgerOrigin(reader),
  }));
  if (size < last.size) throw new Error(`rows from ${size + 1} on are missing`);
  if (last.size === 0 ? size === 0 : size <= last.size + 1) return null;
  const root = await reckonedRoot(database, last, size);
  await growTree(database, size);
  // Proofs are made of it.
  if (!(await database.read((reader) => rootAt(reader, size))).equals(root))
    throw new Error('the stored tree is not that of the rows');
  const previous = last.size === 0 ? null : last.hash;
  const atMs = clock();
  const signed = checkpointText({ origin, size, root, atMs, previous });
  const note = signedNote(signed, signer.keyLine, signer.sign(signed));
  const made = { size, atMs, root, note, hash: noteHash(note) };
  await database.write(async (unit) => {
    const { atMs: at, ...columns } = made;
    await unit.query
      .insertInto('checkpoints')
      .values({ ...columns, at })
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

const nothing: Signed = { size: 0, root: Buffer.alloc(0), hash: Buffer.alloc(0) };

/** What was signed last. */
function signedIn(last: Checkpoint | undefined, head: string | null): Signed {
  if (last === undefined) {
    if (head !== null) throw new Error('the checkpoints are missing');
    return nothing;
  }
  const checkpoint = parseCheckpoint(last.note)?.checkpoint;
  if (checkpoint?.size !== last.size || (head !== null && head !== last.note))
    throw new Error(`the checkpoint of ${last.size} rows is none that this server signed`);
  return { ...checkpoint, hash: noteHash(last.note) };
}

async function reckonedRoot(
  database: Pick<Database, 'read'>,
  last: Signed,
  size: number,
): Promise<Buffer> {
  const begun = await database.read((reader) => begin(reader, last));
  const { tree } = begun;
  let { hash } = begun;
  while (tree.size < size) {
    const after = tree.size;
    const rows = await database.read((reader) => rowsBetween.all(reader, { after, to: size }));
    for (const row of rows) {
      const own = rowHash(hash, row.seq, row.body);
      if (row.seq !== tree.size + 1 || !own.equals(row.hash)) break;
      tree.append(own);
      hash = own;
    }
    if (tree.size < after + rows.length || rows.length === 0)
      throw new Error(`row ${tree.size + 1} is missing, or was altered`);
    await new Promise(setImmediate);
  }
  return tree.root();
}

/** The tree up to the last checkpoint: with another root, something of it is not what was signed. */
async function begin(reader: Reader, { size, root }: Signed): Promise<Begun> {
  if (size === 0) return { tree: new GrowingTree(), hash: chainStart };
  const peaks = await frontier(reader, size);
  const hash = Buffer.from((await hashAt.first(reader, { seq: size }))?.hash ?? []);
  const proof = await inclusionProof(reader, size, size);
  const isSigned = (found: Uint8Array | null) => found !== null && Buffer.from(root).equals(found);
  if (!isSigned(rootOfFrontier(peaks)) || !isSigned(rootOfInclusion(hash, size - 1, size, proof)))
    throw new Error(`the rows are not those that the checkpoint of ${size} rows is about`);
  return { tree: new GrowingTree(size, peaks), hash };
}
