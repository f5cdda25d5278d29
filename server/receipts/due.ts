import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import { clockSlewMsMax } from '../domain/limits.ts';
import { entryById, pathOf } from '../files/tree.ts';
import { issue, type Received } from './issue.ts';
import type { ReceiptsParts } from './parts.ts';
import type { LedgerRow } from './receipt.ts';

/** How long a temporary name may stay before the receipt says that name. */
const waitMs = 10 * 60_000;
/** Made in one unit. */
const dueAtOnceMax = 16;

/** As they are kept: the receipt of a file that has a temporary name, as far as it is known. */
type Facts = Received & { readonly ledgerRow: LedgerRow };

const insertDue = prepare(
  (query, given: Received & { entryId: string; dueAtMs: number; facts: string }) =>
    query.insertInto('receipts_due').values({
      version_id: given.versionId,
      entry_id: given.entryId,
      due_at: given.dueAtMs,
      agency: given.agency,
      tree: given.tree,
      path: given.path,
      facts: given.facts,
    }),
);

const findDue = prepare((query, given: { versionId: string }) =>
  query.selectFrom('receipts_due').select('facts').where('version_id', '=', given.versionId),
);

const takeDue = prepare((query, given: { versionId: string }) =>
  query.deleteFrom('receipts_due').where('version_id', '=', given.versionId).returning('facts'),
);

/** Those that are due; and what was put off by a clock that was ahead would else wait until then. */
const dueBy = prepare((query, given: { nowMs: number; farMs: number; max: number }) =>
  query
    .selectFrom('receipts_due')
    .selectAll()
    .where((where) =>
      where.or([where('due_at', '<=', given.nowMs), where('due_at', '>', given.farMs)]),
    )
    .orderBy('due_at')
    .limit(given.max),
);

function dueAt({ nowMs }: Reader | Unit) {
  return { nowMs, farMs: nowMs + waitMs + clockSlewMsMax };
}

/** Puts a receipt off until the file has its final name, which is to come in a moment. */
export async function putOff(
  unit: Unit,
  entryId: string,
  received: Received,
  ledgerRow: LedgerRow,
): Promise<void> {
  const facts: Facts = { ...received, ledgerRow };
  const dueAtMs = unit.nowMs + waitMs;
  await insertDue.run(unit, { ...received, entryId, dueAtMs, facts: JSON.stringify(facts) });
}

/** What is put off for a content, and stays so. */
export async function putOffFor(unit: Unit, versionId: string): Promise<Received | undefined> {
  const due = await findDue.first(unit, { versionId });
  return due && receivedIn(due.facts);
}

/** What was put off for a content, which is put off no more; undefined for most. */
export async function takePutOff(unit: Unit, versionId: string): Promise<Received | undefined> {
  const due = await takeDue.first(unit, { versionId });
  return due && receivedIn(due.facts);
}

function receivedIn(facts: string): Received {
  const { ledgerRow: _, ...received } = JSON.parse(facts) as Facts;
  return received;
}

/**
 * Makes the receipts of files that still have a temporary name, in the unit: under the name that they have by now, or had
 * when they were received if they are gone.
 *
 * @returns whether there may be more
 */
export async function issueDue(
  parts: Pick<ReceiptsParts, 'key' | 'version'>,
  unit: Unit,
): Promise<boolean> {
  const due = await dueBy.all(unit, { ...dueAt(unit), max: dueAtOnceMax });
  for (const { version_id: versionId, entry_id: entryId, facts: text } of due) {
    await takeDue.run(unit, { versionId });
    const { ledgerRow, ...received } = JSON.parse(text) as Facts;
    const path = (await pathNow(unit, entryId, versionId)) ?? received.path;
    await issue(parts, unit, { ...received, path }, { ledgerRow });
  }
  return due.length === dueAtOnceMax;
}

export async function anyDue(reader: Reader): Promise<boolean> {
  return (await dueBy.first(reader, { ...dueAt(reader), max: 1 })) !== undefined;
}

async function pathNow(
  unit: Unit,
  entryId: string,
  versionId: string,
): Promise<string | undefined> {
  const entry = await entryById(unit, entryId);
  return entry?.version_id === versionId ? pathOf(unit, entry) : undefined;
}
