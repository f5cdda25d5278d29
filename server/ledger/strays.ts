import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import { leavesPerStored } from './merkle.ts';
import { lastSeqOf } from './tail.ts';
import { badRow, type Finding } from './verify-walk.ts';

/** What 256^6 rows would need: no ledger has as many. */
const levelsMax = 5;

const rowBefore = prepare((query) =>
  query.selectFrom('ledger').select('seq').where('seq', '<', 1).orderBy('seq').limit(1),
);
const checkpointBefore = prepare((query) =>
  query.selectFrom('checkpoints').select('size').where('size', '<', 1).orderBy('size').limit(1),
);
const stepBefore = prepare((query, { to }: { readonly to: number }) =>
  query.selectFrom('clock_steps').select('seq').where('seq', '<=', to).orderBy('seq').limit(1),
);
const subtreeAt = prepare((query, given: { readonly level: number; readonly position: number }) =>
  query
    .selectFrom('ledger_subtrees')
    .select('position')
    .where('level', '=', given.level)
    .where('position', '>=', given.position)
    .orderBy('position')
    .limit(1),
);
const levelAbove = prepare((query, { level }: { readonly level: number }) =>
  query
    .selectFrom('ledger_subtrees')
    .select('level')
    .where('level', '>', level)
    .orderBy('level')
    .limit(1),
);
const subtreeBefore = prepare((query, { level }: { readonly level: number }) =>
  query
    .selectFrom('ledger_subtrees')
    .select('position')
    .where('level', '=', level)
    .where('position', '<', 0)
    .limit(1),
);
const levelBefore = prepare((query) =>
  query.selectFrom('ledger_subtrees').select('level').where('level', '<', 1).limit(1),
);

/** What lies where no walk passes: before the first row, or behind the last one. */
export async function strayIn(reader: Reader): Promise<Finding | null> {
  const row = await rowBefore.first(reader, {});
  if (row !== undefined) return badRow(row.seq, 'there is a row before the first one');
  const checkpoint = await checkpointBefore.first(reader, {});
  if (checkpoint !== undefined)
    return {
      row: null,
      checkpoint: checkpoint.size,
      problem: `there is a checkpoint of ${checkpoint.size} rows`,
    };
  // Nothing is before the first row that its time could be before of.
  const step = await stepBefore.first(reader, { to: 1 });
  if (step !== undefined)
    return badRow(step.seq, 'the clock is said to have been set back before the first row');
  return (await isStraySubtree(reader))
    ? badRow((await lastSeqOf(reader)) + 1, 'the tree is stored for rows that are not there')
    : null;
}

async function isStraySubtree(reader: Reader): Promise<boolean> {
  const rows = await lastSeqOf(reader);
  for (let level = 1; level <= levelsMax; level += 1) {
    const position = Math.floor(rows / leavesPerStored ** level);
    if ((await subtreeAt.first(reader, { level, position })) !== undefined) return true;
    if ((await subtreeBefore.first(reader, { level })) !== undefined) return true;
  }
  const above = await levelAbove.first(reader, { level: levelsMax });
  return above !== undefined || (await levelBefore.first(reader, {})) !== undefined;
}
