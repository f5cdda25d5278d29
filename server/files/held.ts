import { Fault } from '../domain/faults.ts';
import type { Unit } from '../database/units.ts';
import type { HoldableDirectory, HoldNotice } from './holds.ts';
import type { FilesParts } from './parts.ts';
import type { Entry, Place } from './tree.ts';
import {
  findVersion,
  previousVersions,
  type HeldAmong,
  type Keeping,
  type Version,
} from './versions.ts';

/**
 * Earlier versions that a replacement looks at, beyond those that are kept anyway. A hold may keep any number; what is
 * left of them when it is lifted goes so many at a time, or by a retention job.
 */
const surplusLookedAtMax = 64;

/** Names under which clients send, to give the final one once all is there (clients.md fact 2). */
export const temporaryStart = '.in.';
export const temporaryEndings = ['filepart', 'part', 'partial', 'tmp'] as const;
export const temporaryName = new RegExp(
  `(^${temporaryStart.replaceAll('.', '[.]')}|[.](${temporaryEndings.join('|')})$)`,
  'i',
);

/** What a replacement keeps of what a file held. */
export function keepingAt(
  { holds, limits }: Pick<FilesParts, 'holds' | 'limits'>,
  unit: Unit,
  file: HoldableDirectory,
  keptMax: number = limits.previousVersionsKeptMax,
): Keeping {
  const lookedAtMax = keptMax + surplusLookedAtMax;
  return { keptMax, lookedAtMax, held: heldAmong({ holds }, unit, file) };
}

export function heldAmong(
  { holds }: Pick<FilesParts, 'holds'>,
  unit: Unit,
  file: HoldableDirectory,
): HeldAmong {
  return async (versions) => {
    if (!(await holds.mayStand(unit))) return new Set();
    const found = await Promise.all(
      versions.map(async (version) => {
        const hold = await holds.on(unit, { ...file, receivedAtMs: version.received_at });
        return hold === undefined ? [] : [version];
      }),
    );
    return new Set(found.flat());
  };
}

/** Where a place's entry is, as holds go by it. */
export function holdable({ agency, path }: Place, { id }: Entry): HoldableDirectory {
  return { agencyId: agency.id, path, entryId: id };
}

/**
 * Leave to remove a file with what it held before.
 *
 * @throws Fault `held`
 */
export async function refuseHeld(
  { holds }: Pick<FilesParts, 'holds'>,
  unit: Unit,
  place: Place,
  entry: Entry,
): Promise<void> {
  if (!(await holds.mayStand(unit))) return;
  const file = holdable(place, entry);
  for (const receivedAtMs of await receiptsOf(unit, entry))
    refuseFor(await holds.on(unit, { ...file, receivedAtMs }));
}

/**
 * Leave to destroy one of what a file held before.
 *
 * @throws Fault `held`
 */
export async function refuseHeldVersion(
  { holds }: Pick<FilesParts, 'holds'>,
  unit: Unit,
  file: HoldableDirectory,
  version: Pick<Version, 'received_at'>,
): Promise<void> {
  if (!(await holds.mayStand(unit))) return;
  refuseFor(await holds.on(unit, { ...file, receivedAtMs: version.received_at }));
}

/**
 * Leave to give a file or a directory another path. Where a client sent a file under a temporary name, and every hold on
 * it is on it under the final one, too, that is how an upload ends, and is not refused.
 *
 * @throws Fault `held`
 */
export async function refuseHeldMove(
  { holds }: Pick<FilesParts, 'holds'>,
  unit: Unit,
  moved: Entry,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  if (!(await holds.mayStand(unit))) return;
  const file = holdable(source, moved);
  if (moved.kind === 'directory') return refuseFor(await holds.below(unit, file));
  const isCommit = temporaryName.test(source.name) && !temporaryName.test(target.name);
  for (const receivedAtMs of await receiptsOf(unit, moved)) {
    const version = { ...file, receivedAtMs };
    refuseFor(
      isCommit ? await holds.onlyHere(unit, version, target.path) : await holds.on(unit, version),
    );
  }
}

/** When what a file holds was received, and what it held before and has still. */
async function receiptsOf(unit: Unit, entry: Entry): Promise<readonly number[]> {
  const content = await findVersion(unit, entry.version_id!);
  const versions = [content ?? [], await previousVersions(unit, entry.id)].flat();
  return versions.map(({ received_at: receivedAtMs }) => receivedAtMs);
}

function refuseFor(hold: HoldNotice | undefined): void {
  if (hold === undefined) return;
  throw new Fault('held', `under a legal hold: ${hold.reason} (${hold.authority})`);
}
