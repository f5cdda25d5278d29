import type { AttributeChange } from '../domain/attributes.ts';
import type { Unit } from '../database/units.ts';
import { columnsOf } from './attributes.ts';
import type { Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import type { Entry } from './tree.ts';

export type EntryChange = {
  readonly agency: string;
  readonly path: string;
  readonly entry: Entry;
  readonly change: AttributeChange;
};

/** Sets what a change holds, with the ledger row that shows it before and after; nothing where it holds nothing. */
export async function changeEntry(
  parts: FilesParts,
  unit: Unit,
  holder: Holder,
  { agency, path, entry, change }: EntryChange,
): Promise<void> {
  const columns = columnsOf(change);
  if (Object.keys(columns).length === 0) return;
  await unit.query.updateTable('entries').set(columns).where('id', '=', entry.id).execute();
  const { mode, accessed_at, modified_at } = entry;
  const before = { mode, accessed_at, modified_at };
  const after = { ...before, ...columns };
  await parts.ledger.append(unit, {
    origin: holder.origin,
    outcome: 'success',
    reason: null,
    event: { event: 'attributes.changed.1', agency, path, before, after },
  });
}
