import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import type { Actor, Origin } from '../domain/events.ts';
import type { ItemState, RetentionTarget } from '../domain/retention.ts';
import type { Discarded } from '../files/opens.ts';
import type { FilesParts } from '../files/parts.ts';
import { heldAmong } from '../files/held.ts';
import { findPurgeable, purge, type Purgeable } from '../files/purge.ts';
import { entryById } from '../files/tree.ts';
import { lastReplacedMs, isAmongNewest, previousVersions } from '../files/versions.ts';
import { uploadAgeBegan } from './eligible.ts';
import { certify, type CertifiedRun, type CertifyParts } from './certificates.ts';

export type PurgeParts = CertifyParts & { readonly files: FilesParts };

/** What a plan says of one thing that is to go. */
export type PlannedItem = {
  readonly target: RetentionTarget;
  /** Of a version, or of an upload. */
  readonly targetId: string;
  /** Code. */
  readonly agency: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  /** When its age began. Milliseconds since the epoch. */
  readonly clockAtMs: number;
};

/** What became of an item, and why where it did not go. */
export type ItemOutcome = {
  readonly state: Exclude<ItemState, 'planned' | 'failed'>;
  readonly reason: string | null;
  /** That went. */
  readonly bytes: number;
  /** To be let go once the unit is durable (`LiveOpens.discardBytes`). */
  readonly discarded: Discarded;
};

export type PurgeTask = {
  readonly run: CertifiedRun;
  readonly item: PlannedItem;
  /**
   * Of entries whether their content goes by the plan, as was found in this unit before: a file may have thousands of
   * versions, and each of them would look through all the others.
   */
  readonly goesToo: Map<string, boolean>;
};

/**
 * Destroys one thing of a plan, with its certificate and its ledger row, unless something has come between: all of it is
 * looked at again in the unit that does it, so a hold of the same moment comes before or after, and never in between.
 */
export async function purgeItem(
  parts: PurgeParts,
  unit: Unit,
  task: PurgeTask,
): Promise<ItemOutcome> {
  const { run, item } = task;
  const { files } = parts;
  const found = await findPurgeable(unit, item.target, item.targetId);
  if (found === undefined) return left('gone', goneTexts[item.target]);
  const busy = whyBusy(found);
  if (busy !== null) return left('busy', busy);
  const changed = changeOf(found, item);
  if (changed !== null) return left('gone', changed);
  const held = await whyHeld(files, unit, found);
  if (held !== null) return left('held', held);
  const kept = await whyKept(files, unit, found, task);
  if (kept !== null) return left('kept', kept);
  const { size, sha256, receivedAtMs, receivedBy, collectedAtMs } = found;
  const certificate = await certify(parts, unit, run, {
    target: item.target,
    targetId: item.targetId,
    agency: found.agency.code,
    path: found.path,
    size,
    sha256,
    receivedAtMs,
    receivedBy,
    collectedAtMs,
  });
  const warrant = { origin: originOf(run), run: run.id, job: run.jobId, certificate };
  const discarded = await purge(files, unit, found, warrant);
  return { state: 'purged', reason: null, bytes: size, discarded };
}

const goneTexts = {
  file: 'it was removed or replaced since it was planned',
  'previous-version': 'it was destroyed or restored since it was planned',
  'partial-upload': 'it was finished or given up since it was planned',
} as const;

function left(state: 'gone' | 'busy' | 'held' | 'kept', reason: string): ItemOutcome {
  return { state, reason, bytes: 0, discarded: [] };
}

/** What is another than the plan says: a name, a tree, or what was written to it. */
function changeOf(found: Purgeable, item: PlannedItem): string | null {
  if (found.agency.code !== item.agency || found.path !== item.path)
    return 'it was renamed since it was planned';
  const isOther =
    found.size !== item.size ||
    found.sha256 !== item.sha256 ||
    (found.target === 'partial-upload' && uploadAgeBegan(found.upload) !== item.clockAtMs);
  return isOther ? 'it was written to since it was planned' : null;
}

/** What somebody sends, or has begun to and can go on with, is not theirs to lose because the name is old. */
function whyBusy(found: Purgeable): string | null {
  if (found.isReceiving) return 'its name is being received';
  // However old: it is a thing of its own, and goes by a plan that names it, with a certificate.
  const isResumable = found.target === 'file' && found.isResumable;
  return isResumable ? resumableText : null;
}

const resumableText =
  'an upload to its name was broken off that can be gone on with: that goes first, by a job with partial-upload in its targets';

async function whyHeld({ holds }: FilesParts, unit: Unit, found: Purgeable) {
  const hold = await holds.on(unit, found.holdable);
  return hold === undefined ? null : `under a legal hold: ${hold.reason} (${hold.authority})`;
}

/** A file goes as a whole or from its oldest version on: with the content would go the way to what it was before. */
async function whyKept(
  files: FilesParts,
  unit: Unit,
  found: Purgeable,
  { run, goesToo }: PurgeTask,
): Promise<string | null> {
  if (found.target === 'partial-upload') return null;
  const { version } = found;
  const { keepVersions, targets, clock } = run.rule;
  if (await isAmongNewest(unit, version, keepVersions))
    return `it is among the newest ${keepVersions} that the job keeps`;
  if (found.target === 'file' && (await lastReplacedMs(unit, version.entry_id)) > 0)
    return 'earlier versions of it stay';
  // What nobody collected is as old as the content that it goes with, and that may be another by now.
  const hasNoAge = clock === 'collected' && version.collected_at === null;
  const goesAlone = targets.includes('previous-version') && !hasNoAge;
  if (found.target === 'file' || goesAlone) return null;
  const known = goesToo.get(version.entry_id);
  const goes = known ?? (await contentGoes(files, unit, version.entry_id, run));
  goesToo.set(version.entry_id, goes);
  return goes ? null : 'its content stays';
}

/** Whether what a name holds now goes by the same plan: only then may go what it held before and goes with it alone. */
async function contentGoes(
  files: FilesParts,
  unit: Unit,
  entryId: string,
  run: CertifiedRun,
): Promise<boolean> {
  const targetId = (await entryById(unit, entryId))?.version_id ?? null;
  if (targetId === null) return false;
  if ((await plannedItem.first(unit, { runId: run.id, targetId })) === undefined) return false;
  const content = await findPurgeable(unit, 'file', targetId);
  if (content?.target !== 'file' || whyBusy(content) !== null) return false;
  if ((await whyHeld(files, unit, content)) !== null) return false;
  // One of them that stays keeps its content, and that keeps them all.
  const previous = await previousVersions(unit, entryId);
  return (await heldAmong(files, unit, content.holdable)(previous)).size === 0;
}

const plannedItem = prepare((query, given: { runId: string; targetId: string }) =>
  query
    .selectFrom('retention_items')
    .select('ordinal')
    .where('run_id', '=', given.runId)
    .where('target_id', '=', given.targetId)
    .where('target', '=', 'file')
    .where('state', '=', 'planned'),
);

/** Who is told of as the one who did it: who asked and who approved, or the server of its own schedule. */
function originOf({ requestedBy, approvedBy }: CertifiedRun): Origin {
  return { actor: actorOf(requestedBy, approvedBy), session: null, source: null };
}

function actorOf(requestedBy: Actor, approvedBy: Actor | null): Actor {
  if (approvedBy === null) return requestedBy;
  if (requestedBy.kind !== 'admin' || approvedBy.kind !== 'admin') return approvedBy;
  const { keyId, name } = approvedBy;
  return {
    kind: 'admin',
    keyId: requestedBy.keyId,
    name: requestedBy.name,
    approvedBy: { keyId, name },
  };
}
