import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import { checkpointsAfter } from './checkpoints.ts';
import { columnsAgree, columnsAgreeByBytes, columnsDiffer, walkedRows } from './row-check.ts';
import { badRow, type Finding, type LedgerWalk, type WholeSubtree } from './verify-walk.ts';

/** Rows that are read at once: in the time of a request. */
const rowsAtOnce = 500;

const steps = prepare((query, given: { readonly after: number; readonly most: number }) =>
  query
    .selectFrom('clock_steps')
    .select('seq')
    .where('seq', '>', given.after)
    .orderBy('seq')
    .limit(given.most),
);

const stored = prepare(
  (query, given: { readonly level: number; readonly from: number; readonly to: number }) =>
    query
      .selectFrom('ledger_subtrees')
      .select(['position', 'hash'])
      .where('level', '=', given.level)
      .where('position', '>=', given.from)
      .where('position', '<=', given.to)
      .orderBy('position'),
);

/**
 * The next few hundred rows, with the checkpoints among them, as they are at one moment. What is read together was
 * written together: no row is ever seen without its checkpoint.
 *
 * @param to the last row to look at, which a checkpoint ends with
 */
export async function walkStep(
  reader: Reader,
  walk: LedgerWalk,
  to = Infinity,
): Promise<{ readonly finding: Finding | null; readonly isOver: boolean }> {
  const most = Math.min(rowsAtOnce, to - walk.seq);
  const rows = await walkedRows(reader, walk.seq, most);
  const checkpoints = await checkpointsAfter(reader, walk.seq, rowsAtOnce + 1);
  const clockSteps = new Set(
    (await steps.all(reader, { after: walk.seq, most: rowsAtOnce + 1 })).map(({ seq }) => seq),
  );
  let passed = 0;
  for (const row of rows) {
    const walked = walk.row(row, clockSteps.delete(row.seq));
    if ('finding' in walked) return { finding: walked.finding, isOver: true };
    const { checked } = walked;
    const agree = columnsAgree(row, checked) ?? (await columnsAgreeByBytes(reader, row, checked));
    if (!agree) return over(badRow(row.seq, columnsDiffer));
    if (checkpoints[passed]?.size !== row.seq) continue;
    const finding = walk.checkpoint(checkpoints[passed]!);
    if (finding !== null) return over(finding);
    passed += 1;
  }
  const whole = walk.takeWhole();
  const finding = whole.length === 0 ? null : await problemOfSubtrees(reader, walk, whole);
  if (finding !== null) return over(finding);
  if (rows.length === most) return { finding: null, isOver: false };
  const [step] = clockSteps;
  if (step !== undefined)
    return over(badRow(step, 'the clock is said to have been set back at a row that is not there'));
  return over(walk.end(checkpoints[passed]));
}

const over = (finding: Finding | null) => ({ finding, isOver: true });

/** Whether the tree is stored as the rows make it, as far as a checkpoint is of it. */
async function problemOfSubtrees(
  reader: Reader,
  walk: LedgerWalk,
  whole: readonly WholeSubtree[],
): Promise<Finding | null> {
  for (const level of new Set(whole.map((each) => each.level))) {
    const own = whole.filter((each) => each.level === level);
    const range = { level, from: own[0]!.position, to: own.at(-1)!.position };
    const found = new Map((await stored.all(reader, range)).map((row) => [row.position, row.hash]));
    for (const { position, hash } of own) {
      const width = 256 ** level;
      const [from, to] = [position * width + 1, (position + 1) * width];
      const known = found.get(position);
      if (known === undefined && to > walk.verifiedSize) continue;
      if (known === undefined || !hash.equals(known))
        return badRow(
          from,
          `rows ${from} to ${to} are not those that the tree was made of, or their part of it was altered`,
        );
    }
  }
  return null;
}
