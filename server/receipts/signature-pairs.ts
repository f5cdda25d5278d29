import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { NamedFile } from '../files/receipts.ts';
import { childOf, type Entry } from '../files/tree.ts';
import { signatureSuffix } from './receipt.ts';

/** How long one that does not fit may wait for another: a file and its signature come one after the other. */
const fitMsMax = 10 * 60_000;
/** After a disk that could not be read, or the like; the second once nothing new may follow any more. */
const againMs = 60_000;
const laterMs = 60 * 60_000;
/** For so long behind that it is tried: a disk may be away for a night. */
const unreadableMsMax = 24 * 60 * 60_000;

export type Waiting = Row<'upload_signatures_due'>;

/** A file and what lies beside it as its signature. */
export type Pair = { readonly file: Entry; readonly signature: Entry };

/** Left with a unit that has a pair looked at, for who looks at them. */
export const pairWaits = { kind: 'pair-waits' } as const;

type New = { parentId: string; name: string; tree: string; nowMs: number; giveUpAtMs: number };

const upsert = prepare((query, given: New) =>
  query
    .insertInto('upload_signatures_due')
    .values({
      parent_id: given.parentId,
      name: given.name,
      tree: given.tree,
      try_at: given.nowMs,
      give_up_at: given.giveUpAtMs,
      found: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['parent_id', 'name']).doUpdateSet((build) => ({
        try_at: build.ref('excluded.try_at'),
        give_up_at: build.ref('excluded.give_up_at'),
        found: null,
      })),
    ),
);

/** A content has a name: where it makes a pair with what is beside it, that is to be looked at soon. */
export async function notePairs(unit: Unit, { tree, parentId, name }: NamedFile): Promise<void> {
  const signed = signedBy(name);
  const others = [
    { name, beside: `${name}${signatureSuffix}` },
    ...(signed === undefined ? [] : [{ name: signed, beside: signed }]),
  ];
  for (const { name: signedName, beside } of others) {
    if ((await childOf(unit, parentId, beside))?.kind !== 'file') continue;
    const { nowMs } = unit;
    const giveUpAtMs = nowMs + fitMsMax;
    await upsert.run(unit, { parentId, name: signedName, tree, nowMs, giveUpAtMs });
    unit.leave(pairWaits);
  }
}

/** The name of the file that a signature is beside; undefined for the name of no signature. */
function signedBy(name: string): string | undefined {
  return name.endsWith(signatureSuffix) && name.length > signatureSuffix.length
    ? name.slice(0, -signatureSuffix.length)
    : undefined;
}

const anyWaiting = prepare((query, given: { nowMs: number }) =>
  query
    .selectFrom('upload_signatures_due')
    .select('tree')
    .where('try_at', '<=', given.nowMs)
    .limit(1),
);

const nextTree = prepare((query, given: { tree: string }) =>
  query
    .selectFrom('upload_signatures_due')
    .select('tree')
    .where('tree', '>', given.tree)
    .orderBy('tree')
    .limit(1),
);

const firstIn = prepare((query, given: { tree: string; nowMs: number }) =>
  query
    .selectFrom('upload_signatures_due')
    .selectAll()
    .where('tree', '=', given.tree)
    .where('try_at', '<=', given.nowMs)
    .orderBy('try_at')
    .limit(1),
);

/**
 * The one that has waited the longest in the next tree that has one: no agency waits for all that another sends.
 *
 * @param lastTree code of the agency that had its turn; empty for none
 */
export async function nextWaiting(reader: Reader, lastTree: string): Promise<Waiting | undefined> {
  const { nowMs } = reader;
  if ((await anyWaiting.first(reader, { nowMs })) === undefined) return undefined;
  for (const from of [lastTree, '']) {
    for (let at = await nextTree.first(reader, { tree: from }); at !== undefined;) {
      const found = await firstIn.first(reader, { tree: at.tree, nowMs });
      if (found !== undefined) return found;
      at = await nextTree.first(reader, { tree: at.tree });
    }
  }
  return undefined;
}

/** Undefined where one of the two is gone by now. */
export async function pairOf(reader: Reader, waiting: Waiting): Promise<Pair | undefined> {
  const { parent_id: parentId, name } = waiting;
  const file = await childOf(reader, parentId, name);
  const signature = await childOf(reader, parentId, `${name}${signatureSuffix}`);
  return file?.kind === 'file' && signature?.kind === 'file' ? { file, signature } : undefined;
}

/** Whether it is what was looked at: a content may have come since, which has it looked at anew. */
export async function isStillWaiting({ query }: Unit, waiting: Waiting): Promise<boolean> {
  const row = await query
    .selectFrom('upload_signatures_due')
    .select('give_up_at')
    .where('parent_id', '=', waiting.parent_id)
    .where('name', '=', waiting.name)
    .executeTakeFirst();
  return row?.give_up_at === waiting.give_up_at;
}

export async function forgetWaiting({ query }: Unit, waiting: Waiting): Promise<void> {
  await query
    .deleteFrom('upload_signatures_due')
    .where('parent_id', '=', waiting.parent_id)
    .where('name', '=', waiting.name)
    .execute();
}

/** It does not fit, and another one may come until it is given up. */
export function waitToTheEnd(unit: Unit, waiting: Waiting, found: string): Promise<void> {
  return waitUntil(unit, waiting, { try_at: waiting.give_up_at, found });
}

/** It could not be looked at now. */
export function waitAWhile(unit: Unit, waiting: Waiting): Promise<void> {
  const { nowMs } = unit;
  return waitUntil(unit, waiting, {
    try_at: nowMs + (nowMs < waiting.give_up_at ? againMs : laterMs),
  });
}

/** Whether it could not be looked at for so long that its sender is told so. */
export function isLost({ nowMs }: Reader | Unit, waiting: Waiting): boolean {
  return nowMs >= waiting.give_up_at + unreadableMsMax;
}

async function waitUntil(
  { query }: Unit,
  { parent_id: parentId, name }: Waiting,
  change: { readonly try_at: number; readonly found?: string },
): Promise<void> {
  await query
    .updateTable('upload_signatures_due')
    .set(change)
    .where('parent_id', '=', parentId)
    .where('name', '=', name)
    .execute();
}
