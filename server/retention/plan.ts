import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import { matchesGlob } from '../domain/glob.ts';
import type { RetentionRule, RunWait } from '../domain/retention.ts';
import { Eligible, uploadAgeBegan } from './eligible.ts';
import { type JobRow, findJob, ruleOfRow } from './job-rows.ts';
import { type RetentionParts, isoOf, record, serverOrigin } from './parts.ts';
import { chainItem, emptyPlanSha256 } from './plan-hash.ts';
import {
  type AgedVersion,
  DirectoryPaths,
  type Place,
  agedUploads,
  agedVersions,
  beforeAll,
} from './plan-pages.ts';
import { countPart, isShare } from './plan-share.ts';
import type { PlannedItem } from './purge-item.ts';
import { failTooYoung } from './run-ends.ts';
import { type RunRow, findRun } from './run-rows.ts';
import { cancelRun } from './runs.ts';
import { recordStart } from './run-events.ts';

/** Rows in one part of a walk, and how long it may take: whoever is served meanwhile waits for so long. */
const rowsPerPart = 250;
const workMsMax = 8;

/** Where planning goes on: partial uploads first, then versions, then how much there is of each kind that it takes. */
type Cursor = {
  readonly walk: 'uploads' | 'versions' | 'scope' | 'scope-previous' | 'scope-partials';
  readonly after: Place;
  /** Items so far that are the content of a file. */
  readonly contents: number;
  readonly previous: number;
  readonly partials: number;
  /** Of what there is, as far as it is counted; of files the run has it. */
  readonly scopePrevious: number;
  readonly scopePartials: number;
  readonly sha256: string;
};

const beginning: Cursor = {
  walk: 'uploads',
  after: beforeAll,
  contents: 0,
  previous: 0,
  partials: 0,
  scopePrevious: 0,
  scopePartials: 0,
  sha256: emptyPlanSha256,
};

type Found = {
  readonly items: readonly PlannedItem[];
  /** Things that are counted to what the plan may take, of the kind that is looked at. */
  readonly counted: number;
  /** Null where all is looked at. */
  readonly next: Pick<Cursor, 'walk' | 'after'> | null;
};

type PlanParts = Pick<RetentionParts, 'database' | 'files' | 'ledger' | 'limits'> & {
  /** Of this run (`EligibleParts`). */
  readonly decided: Map<string, boolean>;
};

/**
 * Plans a part of a run: looks at so many rows on a snapshot, and notes in one unit what of them goes and how far it came.
 * A crash loses the part at most.
 */
export async function planPart(parts: PlanParts, run: RunRow): Promise<void> {
  const cursor = cursorOf(run);
  const found = await parts.database.read((reader) => look(parts, reader, run, cursor));
  await parts.database.write(async (unit) => {
    const now = await findRun(unit, run.id);
    if (now?.state !== 'planning' || now.plan_cursor !== run.plan_cursor) return;
    if (await failTooYoung(parts, unit, now)) return;
    await note(parts, unit, now, found);
  });
}

function cursorOf({ plan_cursor }: RunRow): Cursor {
  // One that a version before this one has left says less.
  return { ...beginning, ...(plan_cursor === null ? {} : (JSON.parse(plan_cursor) as Cursor)) };
}

async function look(parts: PlanParts, reader: Reader, run: RunRow, cursor: Cursor): Promise<Found> {
  const rule = JSON.parse(run.rule) as RetentionRule;
  const scope = await scopeOf(reader, rule);
  if (cursor.walk !== 'uploads' && cursor.walk !== 'versions')
    return lookAtScope(reader, scope, cursor, cursor.walk);
  const ends = { uploads: 'versions', versions: 'scope' } as const;
  const isAsked =
    cursor.walk === 'uploads'
      ? rule.targets.includes('partial-upload')
      : rule.targets.some((target) => target !== 'partial-upload');
  const end = { walk: ends[cursor.walk], after: beforeAll };
  if (!isAsked || scope.isEmpty) return { ...nothing, next: end };
  const walk = cursor.walk === 'uploads' ? lookAtUploads : lookAtVersions;
  const { items, after } = await walk(parts, reader, { rule, scope, run, after: cursor.after });
  return { items, counted: 0, next: after === null ? end : { walk: cursor.walk, after } };
}

const nothing = { items: [], counted: 0 } as const;

/** The agencies that a rule is for. */
type Scope = {
  /** Null for all. */
  readonly agencyId: string | null;
  /** By id. */
  readonly codes: ReadonlyMap<string, string>;
  readonly isEmpty: boolean;
};

async function scopeOf({ query }: Reader, { agency }: RetentionRule): Promise<Scope> {
  let select = query.selectFrom('agencies').select(['id', 'code']);
  if (agency !== null) select = select.where('code', '=', agency);
  const rows = await select.execute();
  return {
    agencyId: agency === null ? null : (rows[0]?.id ?? null),
    codes: new Map(rows.map(({ id, code }) => [id, code])),
    isEmpty: rows.length === 0,
  };
}

type ScopeWalk = Exclude<Cursor['walk'], 'uploads' | 'versions'>;

/** What each counts, where the plan takes any of it, and what comes after. */
const scopeWalks = {
  scope: { target: 'file', planned: 'contents', next: 'scope-previous' },
  'scope-previous': { target: 'previous-version', planned: 'previous', next: 'scope-partials' },
  'scope-partials': { target: 'partial-upload', planned: 'partials', next: null },
} as const;

async function lookAtScope(
  reader: Reader,
  scope: Scope,
  cursor: Cursor,
  walk: ScopeWalk,
): Promise<Found> {
  const { target, planned, next } = scopeWalks[walk];
  const end = next === null ? null : ({ walk: next, after: beforeAll } as const);
  if (cursor[planned] === 0 || scope.isEmpty) return { ...nothing, next: end };
  const { count, after } = await countPart(reader, target, scope.agencyId, cursor.after);
  return { items: [], counted: count, next: after === null ? end : { walk, after } };
}

type Walk = {
  readonly rule: RetentionRule;
  readonly scope: Scope;
  readonly run: RunRow;
  readonly after: Place;
};
/** What goes, and how far the walk came; null at its end. */
type Walked = { readonly items: readonly PlannedItem[]; readonly after: Place | null };

async function lookAtUploads(
  { files }: PlanParts,
  reader: Reader,
  { rule, scope, run, after }: Walk,
): Promise<Walked> {
  const untilMs = performance.now() + workMsMax;
  const part = { after, beforeMs: run.cutoff_at, rowsMax: rowsPerPart };
  const rows = await agedUploads(reader, part);
  const paths = new DirectoryPaths(reader);
  const items: PlannedItem[] = [];
  for (const row of rows) {
    const { id, modified_at, agency_id, parent_id, name, size } = row;
    const beganMs = uploadAgeBegan(row);
    const agency = scope.codes.get(agency_id);
    const path = agency === undefined ? undefined : await paths.pathOf(parent_id, name);
    const isOld = path !== undefined && beganMs < run.cutoff_at;
    if (agency !== undefined && isOld && matchesGlob(rule.glob, path)) {
      const entryId = (await entryNamed.first(reader, { parentId: parent_id, name }))?.id ?? id;
      const file = { agencyId: agency_id, path, entryId, receivedAtMs: modified_at };
      const what = { target: 'partial-upload', targetId: id, sha256: null } as const;
      if ((await files.holds.on(reader, file)) === undefined)
        items.push({ ...what, agency, path, size, clockAtMs: beganMs });
    }
    if (performance.now() > untilMs) return { items, after: [modified_at, id] };
  }
  const last = rows.at(-1);
  const isEnd = last === undefined || rows.length < rowsPerPart;
  return { items, after: isEnd ? null : [last.modified_at, last.id] };
}

const entryNamed = prepare((query, given: { parentId: string; name: string }) =>
  query
    .selectFrom('entries')
    .select('id')
    .where('parent_id', '=', given.parentId)
    .where('name', '=', given.name),
);

async function lookAtVersions(
  { files, decided }: PlanParts,
  reader: Reader,
  { rule, scope, run, after }: Walk,
): Promise<Walked> {
  const untilMs = performance.now() + workMsMax;
  const part = { after, beforeMs: run.cutoff_at, rowsMax: rowsPerPart };
  const rows = await agedVersions(reader, rule.clock, part);
  const paths = new DirectoryPaths(reader);
  const cutoffMs = run.cutoff_at;
  const eligible = new Eligible(reader, { rule, cutoffMs, holds: files.holds, decided });
  const items: PlannedItem[] = [];
  for (const row of rows) {
    const { agency_id: agencyId, parent_id: parentId, name, entry_id: entryId } = row;
    const agency = agencyId === null ? undefined : scope.codes.get(agencyId);
    if (agency !== undefined) {
      const path = await paths.pathOf(parentId!, name!);
      if (matchesGlob(rule.glob, path))
        for (const going of await eligible.insteadOf(row, { agencyId: agencyId!, path, entryId })) {
          const { version, beganMs } = going;
          items.push({
            target: version.replaced_at === null ? 'file' : 'previous-version',
            targetId: version.id,
            agency,
            path,
            size: version.size,
            sha256: version.sha256,
            clockAtMs: beganMs,
          });
        }
    }
    if (performance.now() > untilMs) return { items, after: placeOf(row, rule.clock) };
  }
  const last = rows.at(-1);
  const isEnd = last === undefined || rows.length < rowsPerPart;
  return { items, after: isEnd ? null : placeOf(last, rule.clock) };
}

function placeOf(row: AgedVersion, clock: RetentionRule['clock']): Place {
  return [clock === 'received' ? row.received_at : row.collected_at!, row.id];
}

type NewItem = {
  readonly runId: string;
  readonly ordinal: number;
  readonly target: PlannedItem['target'];
  readonly targetId: string;
  readonly agency: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly clockAtMs: number;
};

const insertItem = prepare((query, item: NewItem) =>
  query
    .insertInto('retention_items')
    .values({
      run_id: item.runId,
      ordinal: item.ordinal,
      target: item.target,
      target_id: item.targetId,
      agency: item.agency,
      path: item.path,
      size: item.size,
      sha256: item.sha256,
      clock_at: item.clockAtMs,
      state: 'planned',
      reason: null,
    })
    // What changes its place between two parts would be met twice.
    .onConflict((conflict) => conflict.columns(['run_id', 'target_id']).doNothing())
    .returning('ordinal'),
);

async function note(parts: PlanParts, unit: Unit, run: RunRow, found: Found): Promise<void> {
  const cursor = cursorOf(run);
  let { contents, previous, partials, sha256 } = cursor;
  let { planned_files: ordinal, planned_bytes: bytes } = run;
  for (const item of found.items) {
    const inserted = await insertItem.first(unit, { runId: run.id, ordinal, ...item });
    if (inserted === undefined) continue;
    sha256 = chainItem(sha256, { ordinal, ...item });
    if (item.target === 'file') contents += 1;
    else if (item.target === 'previous-version') previous += 1;
    else partials += 1;
    bytes += item.size;
    ordinal += 1;
  }
  const countedBy = (walk: ScopeWalk) => (cursor.walk === walk ? found.counted : 0);
  const sums = {
    planned_files: ordinal,
    planned_bytes: bytes,
    scope_files: run.scope_files + countedBy('scope'),
  };
  const after = {
    contents,
    previous,
    partials,
    scopePrevious: cursor.scopePrevious + countedBy('scope-previous'),
    scopePartials: cursor.scopePartials + countedBy('scope-partials'),
    sha256,
  };
  const next = found.next === null ? null : JSON.stringify({ ...found.next, ...after });
  await unit.query
    .updateTable('retention_runs')
    .set({ ...sums, plan_cursor: next, progress_at: unit.nowMs })
    .where('id', '=', run.id)
    .execute();
  if (next === null) await finish(parts, unit, { ...run, ...sums }, after);
}

async function finish(
  parts: PlanParts,
  unit: Unit,
  run: RunRow,
  planned: Omit<Cursor, 'walk' | 'after'>,
): Promise<void> {
  const { contents, sha256 } = planned;
  const isDry = run.dry_run === 1;
  const job = await findJob(unit, run.job_id);
  const error = isDry ? null : whyWithdrawn(run, job, parts.limits.retentionDaysMin);
  if (error !== null) return cancelRun(parts, unit, serverOrigin, { run, error });
  // Some of it may have gone while it was counted.
  const scopeFiles = Math.max(run.scope_files, contents);
  const waitsFor = isDry ? null : waitOf(parts, job, planned, scopeFiles);
  const goesOn = !isDry && waitsFor === null;
  const rule = JSON.parse(run.rule) as RetentionRule;
  await unit.query
    .updateTable('retention_runs')
    .set({
      state: goesOn ? 'running' : 'planned',
      waits_for: waitsFor,
      scope_files: scopeFiles,
      planned_at: unit.nowMs,
      plan_sha256: sha256,
      ...(goesOn && { started_at: unit.nowMs }),
    })
    .where('id', '=', run.id)
    .execute();
  await record(parts, unit, serverOrigin, {
    event: 'retention-run.planned.1',
    run: run.id,
    job: run.job_id,
    agency: rule.agency,
    dryRun: isDry,
    cutoff: isoOf(run.cutoff_at),
    files: run.planned_files,
    bytes: run.planned_bytes,
    planSha256: sha256,
    waitsFor,
  });
  if (goesOn) await recordStart(parts, unit, run);
}

/** Whoever corrects a job, or switches it off, while a run of it is planned means that one, too. */
function whyWithdrawn(run: RunRow, job: JobRow | undefined, daysMin: number): string | null {
  if (job === undefined || job.removed_at !== null) return 'the job was removed';
  if (run.rule !== JSON.stringify(ruleOfRow(job, daysMin)))
    return 'the job was changed while the run was planned';
  const isAsked = run.cause === 'administrator';
  return isAsked || job.enabled === 1 ? null : 'the job was disabled while the run was planned';
}

function waitOf(
  { limits }: PlanParts,
  job: JobRow | undefined,
  { contents, previous, partials, scopePrevious, scopePartials }: Omit<Cursor, 'walk' | 'after'>,
  scopeFiles: number,
): RunWait | null {
  if (job?.needs_approval === 1) return 'approval';
  const planned = { file: contents, 'previous-version': previous, 'partial-upload': partials };
  const scope = {
    file: scopeFiles,
    'previous-version': scopePrevious,
    'partial-upload': scopePartials,
  };
  return isShare(planned, scope, limits) ? 'share' : null;
}
