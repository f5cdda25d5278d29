import type { Database, Reader } from '../database/units.ts';
import { matchesGlob } from '../domain/glob.ts';
import type { Limits } from '../domain/limits.ts';
import type { RetentionClock, RetentionTarget } from '../domain/retention.ts';
import { isTreeEmpty } from '../files/tree.ts';
import { ageBegan, uploadAgeBegan } from './eligible.ts';
import { type JobRow, ruleOfRow } from './job-rows.ts';
import {
  type AgedVersion,
  DirectoryPaths,
  type Place,
  agedUploads,
  agedVersions,
  beforeAll,
} from './plan-pages.ts';
import { ReportSums } from './report-sums.ts';
import type { Reports, RetentionReport } from './views.ts';
import { WholeFiles } from './whole-files.ts';

export type ReportParts = {
  readonly database: Database;
  readonly limits: Pick<Limits, 'retentionDaysMin'>;
  /** After so much work, leaves the process to others. */
  readonly rest: (workMs: number) => Promise<void>;
  readonly steadyNow: () => number;
};

const dayMs = 24 * 60 * 60_000;
const rowsPerPart = 250;
/** A report is told again for so many times as long as it took: who asks for it all the time costs no more than that. */
const keptPerWork = 10;
const keptMax = 8;

type Kept = { readonly report: Promise<RetentionReport>; untilMs: number };

/**
 * What grows old enough for a job in the next days, what is so already, and the oldest file of each agency. It goes by age
 * alone: what a hold is on or a plan waits with is told of, too.
 */
export function createReport(parts: ReportParts): Reports {
  const kept = new Map<number, Kept>();
  const fresh = (days: number): Promise<RetentionReport> => {
    const startedMs = parts.steadyNow();
    const one: Kept = { report: makeReport(parts, days), untilMs: Infinity };
    if (kept.size >= keptMax) kept.clear();
    kept.set(days, one);
    const end = (workMs: number) => (one.untilMs = parts.steadyNow() + workMs * keptPerWork);
    one.report.then(
      () => end(parts.steadyNow() - startedMs),
      () => end(0),
    );
    return one.report;
  };
  return {
    read: async ({ days, agency }) => {
      const known = kept.get(days);
      const isGood = known !== undefined && parts.steadyNow() < known.untilMs;
      const report = await (isGood ? known.report : fresh(days));
      return agency === undefined ? report : onlyOf(report, agency);
    },
  };
}

function onlyOf(report: RetentionReport, agency: string): RetentionReport {
  const only = <T extends { readonly agency: string }>(all: readonly T[]) =>
    all.filter((each) => each.agency === agency);
  const { expiring, overdue, oldest } = report;
  return { ...report, expiring: only(expiring), overdue: only(overdue), oldest: only(oldest) };
}

/** A job, as far as it says when something goes. */
type Rule = ReturnType<typeof ruleOfRow>;

/** Where all walks are at the start. */
type Frame = {
  readonly atMs: number;
  /** What expires before it is told of. */
  readonly untilMs: number;
  readonly rules: readonly Rule[];
  /** By id. */
  readonly codes: ReadonlyMap<string, string>;
  /** Codes of agencies that have files. */
  readonly inUse: ReadonlySet<string>;
};

async function makeReport(parts: ReportParts, days: number): Promise<RetentionReport> {
  const frame = await parts.database.read((reader) => frameOf(parts, reader, days));
  const sums = new ReportSums(frame);
  const seenUntilMs = boundOf(frame, 'received');
  await walk(parts, beforeAll, async (reader, after) => {
    const isWanted = after[0] < seenUntilMs || !sums.hasAllOldest;
    return isWanted ? addReceived(reader, frame, sums, { after, seenUntilMs }) : null;
  });
  await walk(parts, beforeAll, (reader, after) =>
    addCollected(reader, frame, sums, { after, seenUntilMs }),
  );
  await walk(parts, beforeAll, (reader, after) => addUploads(reader, frame, sums, after));
  return { ...sums.report(), days };
}

async function frameOf({ limits }: ReportParts, reader: Reader, days: number): Promise<Frame> {
  const { query, nowMs } = reader;
  const jobs: readonly JobRow[] = await query
    .selectFrom('retention_jobs')
    .leftJoin('agencies', 'agencies.id', 'retention_jobs.agency_id')
    .selectAll('retention_jobs')
    .select('agencies.code as agency')
    .where('retention_jobs.removed_at', 'is', null)
    .where('retention_jobs.enabled', '=', 1)
    .execute();
  const agencies = await query
    .selectFrom('agencies')
    .select(['id', 'code'])
    .where('removed_at', 'is', null)
    .execute();
  const inUse = new Set<string>();
  for (const { id, code } of agencies) if (!(await isTreeEmpty(reader, id))) inUse.add(code);
  return {
    atMs: nowMs,
    untilMs: nowMs + days * dayMs,
    rules: jobs.map((job) => ruleOfRow(job, limits.retentionDaysMin)),
    codes: new Map(agencies.map(({ id, code }) => [id, code])),
    inUse,
  };
}

/** What began to grow old after it is not told of; of a rule with another clock nothing is. */
function boundOf({ untilMs, rules }: Frame, clock: RetentionClock): number {
  const days = rules.filter((rule) => rule.clock === clock).map((rule) => rule.olderThanDays);
  return untilMs - Math.min(...days, Infinity) * dayMs;
}

/** Part after part, each on a snapshot of its own, until one says that there is no more. */
async function walk(
  { database, rest }: ReportParts,
  start: Place,
  part: (reader: Reader, after: Place) => Promise<Place | null>,
): Promise<void> {
  for (let after: Place | null = start; after !== null;) {
    const from: Place = after;
    const startedMs = performance.now();
    after = await database.read((reader) => part(reader, from));
    await rest(performance.now() - startedMs);
  }
}

type Received = { readonly after: Place; readonly seenUntilMs: number };

/** By all rules, as far as what was received so early is old enough by any of them that goes by that; and the oldest. */
async function addReceived(
  reader: Reader,
  frame: Frame,
  sums: ReportSums,
  { after, seenUntilMs }: Received,
): Promise<Place | null> {
  const part = { after, beforeMs: Number.MAX_SAFE_INTEGER, rowsMax: rowsPerPart };
  const rows = await agedVersions(reader, 'received', part);
  const paths = new DirectoryPaths(reader);
  const files = new WholeFiles(reader);
  for (const row of rows) {
    const agency = agencyOf(frame, row);
    if (agency === undefined) continue;
    const isOldest = row.replaced_at === null && sums.wantsOldest(agency);
    if (!isOldest && row.received_at >= seenUntilMs) continue;
    const path = await paths.pathOf(row.parent_id!, row.name!);
    if (isOldest) sums.addOldest({ agency, path, receivedAtMs: row.received_at });
    if (row.received_at < seenUntilMs)
      sums.add(agency, await expiryOf(files, frame, row, { agency, path }), row.size);
  }
  return placeAfter(rows, 'received_at');
}

/** By the rules that go by collection: what the walk by receipt has not come to. */
async function addCollected(
  reader: Reader,
  frame: Frame,
  sums: ReportSums,
  { after, seenUntilMs }: Received,
): Promise<Place | null> {
  const beforeMs = boundOf(frame, 'collected');
  if (beforeMs < 0) return null;
  const rows = await agedVersions(reader, 'collected', { after, beforeMs, rowsMax: rowsPerPart });
  const paths = new DirectoryPaths(reader);
  const files = new WholeFiles(reader);
  for (const row of rows) {
    const agency = agencyOf(frame, row);
    if (agency === undefined || row.received_at < seenUntilMs) continue;
    const path = await paths.pathOf(row.parent_id!, row.name!);
    // The walk does not come to what goes with it and has no such time itself.
    const more = row.replaced_at === null ? (await files.of(row)).uncollected : [];
    const unseen = more.filter(({ received_at: atMs }) => atMs >= seenUntilMs);
    for (const version of [row, ...unseen.map((each) => ({ ...row, ...each }))])
      sums.add(agency, await expiryOf(files, frame, version, { agency, path }), version.size);
  }
  return placeAfter(rows, 'collected_at');
}

async function addUploads(
  reader: Reader,
  frame: Frame,
  sums: ReportSums,
  after: Place,
): Promise<Place | null> {
  const rules = frame.rules.filter(({ targets }) => targets.includes('partial-upload'));
  if (rules.length === 0) return null;
  const beforeMs = frame.untilMs - Math.min(...rules.map(daysOf)) * dayMs;
  const rows = await agedUploads(reader, { after, beforeMs, rowsMax: rowsPerPart });
  const paths = new DirectoryPaths(reader);
  for (const row of rows) {
    const agency = frame.codes.get(row.agency_id);
    if (agency === undefined) continue;
    const path = await paths.pathOf(row.parent_id, row.name);
    const days = rules.filter((rule) => concerns(rule, { agency, path })).map(daysOf);
    sums.add(agency, uploadAgeBegan(row) + Math.min(...days, Infinity) * dayMs, row.size);
  }
  return placeAfter(rows, 'modified_at');
}

const daysOf = ({ olderThanDays }: Rule) => olderThanDays;

function agencyOf({ codes }: Frame, { agency_id: id }: AgedVersion): string | undefined {
  return id === null ? undefined : codes.get(id);
}

function placeAfter<Column extends string>(
  rows: readonly ({ readonly id: string } & Readonly<Record<Column, number | null>>)[],
  column: Column,
): Place | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < rowsPerPart ? null : [last[column]!, last.id];
}

type Where = { readonly agency: string; readonly path: string };

function concerns(rule: Rule, { agency, path }: Where): boolean {
  return (rule.agency === null || rule.agency === agency) && matchesGlob(rule.glob, path);
}

/** When the first of the rules would have a version go; Infinity for none. */
async function expiryOf(
  files: WholeFiles,
  { rules }: Frame,
  version: AgedVersion,
  where: Where,
): Promise<number> {
  let firstMs = Infinity;
  for (const rule of rules) {
    if (!concerns(rule, where)) continue;
    const beganMs = await oldFrom(files, rule, version);
    firstMs = Math.min(firstMs, beganMs + rule.olderThanDays * dayMs);
  }
  return firstMs;
}

/** From when on the age by which a rule takes a version counts; Infinity where it never takes it (server/retention/eligible.ts). */
async function oldFrom(files: WholeFiles, rule: Rule, version: AgedVersion): Promise<number> {
  const { keepVersions, clock } = rule;
  const targets: readonly RetentionTarget[] = rule.targets;
  const beganMs = ageBegan(version, clock);
  const goesAlone = version.replaced_at !== null && targets.includes('previous-version');
  if (goesAlone && beganMs !== null) {
    const isPast =
      keepVersions === 0 || (await files.of(version)).placeOf(version.id) >= keepVersions;
    return isPast ? beganMs : Infinity;
  }
  const goesWhole = targets.includes('file') && keepVersions === 0;
  return goesWhole ? (await files.of(version)).youngest(clock) : Infinity;
}
