import type { LedgerEvent } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import { segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';
import type { Unit } from '../database/units.ts';
import type { Holder } from './opens.ts';
import type { FilesParts } from './parts.ts';
import {
  findAgency,
  findPlace,
  granted,
  receiptsDirectory,
  type Entry,
  type Place,
} from './tree.ts';
import type { Because } from './versions.ts';

/** Where a grant leads. */
export async function placeOf(unit: Unit, grant: Grant): Promise<Place> {
  const { agencyCode, path } = granted(grant);
  return findPlace(unit, await findAgency(unit, agencyCode), path);
}

/** @throws Fault `permission-denied` */
export function refuseFixed(entry: Entry): void {
  if (entry.fixed === 1)
    throw new Fault('permission-denied', 'that directory is part of every tree');
}

/** @throws Fault `permission-denied` */
export function refuseReceipts(path: VirtualPath): void {
  if (segmentsOf(path)[0] === receiptsDirectory)
    throw new Fault('permission-denied', 'receipts are made by the server alone');
}

/** The ledger row of what a holder did, in the unit that does it. */
export function record(
  { ledger }: FilesParts,
  unit: Unit,
  { origin }: Holder,
  event: LedgerEvent,
): Promise<void> {
  return ledger.append(unit, { origin, outcome: 'success', reason: null, event });
}

export function because({ ledger }: FilesParts, { origin }: Holder): Because {
  return { ledger, origin };
}
