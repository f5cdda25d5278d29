import { Type, type Static } from 'typebox';
import {
  retentionClocks,
  retentionTargets,
  type ItemState,
  type RetentionRule,
  type RunCause,
  type RunState,
  type RunWait,
} from '../../server/domain/retention.ts';
import type { Actor } from '../../server/domain/events.ts';
import { localTime } from '../../server/domain/wall-time.ts';
import type { RetentionItem, RetentionJob, RetentionRun } from '../../server/retention/views.ts';
import { reference, stringOrNull, time, timeOrNull } from '../schemas.ts';
import { isoOf } from '../times.ts';

export const jobFields = {
  name: Type.String({
    description: 'text of 1 to 200 characters on one line, of no other job',
    examples: ['reports after 90 days'],
  }),
  agency: Type.Union([Type.String(), Type.Null()], {
    description: 'the code of an agency, or null for all of them',
    examples: ['alameda'],
  }),
  path: Type.String({
    description:
      'a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them. What it begins with has to be a directory that is there, and a path without * and ? a file',
    examples: ['/outgoing/**'],
  }),
  olderThanDays: Type.Integer({
    description: 'whole days of 24 hours, at least WAYBILL_RETENTION_DAYS_MIN',
    examples: [90],
  }),
  clock: Type.Enum([...retentionClocks], {
    description:
      'received: the age counts from the receipt; collected: from when somebody of another agency had first read the whole of it',
  }),
  targets: Type.Array(Type.Enum([...retentionTargets]), {
    description: `a list of one or more of ${retentionTargets.join(', ')}`,
    examples: [['file', 'previous-version']],
  }),
  keepVersions: Type.Integer({
    description: 'of each file the newest so many stay whatever their age; 0 to 100',
    examples: [0],
  }),
  schedule: Type.String({
    description: 'cron of five fields: minute, hour, day of the month, month, day of the week',
    examples: ['30 2 * * *'],
  }),
  timezone: Type.String({
    description: 'a time zone such as America/Los_Angeles',
    examples: ['America/Los_Angeles'],
  }),
  enabled: Type.Boolean({ description: 'true or false; false: only asked for', examples: [true] }),
  needsApproval: Type.Boolean({
    description: 'true or false; true: each plan waits for another administrator',
    examples: [true],
  }),
};

export const actor = Type.Object(
  { kind: Type.String() },
  {
    additionalProperties: true,
    description: 'who it was, as the ledger has it',
    examples: [{ kind: 'admin', keyId: '0197f3a1c2d8', name: 'records office' }],
  },
);
const actorOrNull = Type.Union([actor, Type.Null()], {
  examples: [{ kind: 'admin', keyId: '0197f3a1c2d9', name: 'privacy office' }],
});
const amount = (examples: { files: number; bytes: number }[]) =>
  Type.Object({ files: Type.Integer(), bytes: Type.Integer() }, { examples });

export const runState = Type.Enum(
  ['planning', 'planned', 'approved', 'running', 'done', 'failed', 'cancelled'] as RunState[],
  {
    description:
      'planning, planned (it waits, or was only to be looked at), approved, running, done, failed or cancelled',
    examples: ['planned'],
  },
);

export const RetentionRunSchema = Type.Object(
  {
    id: Type.String(),
    jobId: Type.String(),
    jobName: Type.String({ examples: ['reports after 90 days'] }),
    cause: Type.Enum(['schedule', 'missed', 'administrator'] as RunCause[], {
      description: 'missed: it was due while the server was down',
    }),
    dryRun: Type.Boolean(),
    state: runState,
    waitsFor: Type.Union([Type.Enum(['approval', 'share'] as RunWait[]), Type.Null()], {
      description:
        'why the plan waits for an approval: the job wants one, or it would take more of the files than WAYBILL_RETENTION_SHARE_PERCENT',
      examples: ['approval'],
    }),
    rule: Type.Object(
      {
        agency: jobFields.agency,
        path: jobFields.path,
        olderThanDays: Type.Integer(),
        clock: jobFields.clock,
        targets: jobFields.targets,
        keepVersions: jobFields.keepVersions,
      },
      {
        description: 'of the job, as the run found it',
        examples: [
          {
            agency: 'alameda',
            path: '/outgoing/**',
            olderThanDays: 90,
            clock: 'received',
            targets: ['file', 'previous-version'],
            keepVersions: 0,
          },
        ],
      },
    ),
    cutoff: Type.String({
      format: 'date-time',
      description: 'what its clock has from before this is old enough',
      examples: ['2029-11-02T10:30:00.000Z'],
    }),
    dueAt: timeOrNull,
    requestedBy: actor,
    approvedBy: actorOrNull,
    cancelledBy: Type.Union([actor, Type.Null()], { examples: [null] }),
    createdAt: time,
    plannedAt: timeOrNull,
    approvedAt: timeOrNull,
    startedAt: timeOrNull,
    endedAt: timeOrNull,
    planSha256: Type.Union([Type.String(), Type.Null()], {
      description: 'SHA-256 over the items of the plan, hex',
      examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
    }),
    scopeFiles: Type.Integer({
      description: "files in the job's agencies when it was planned",
      examples: [1204],
    }),
    planned: amount([{ files: 311, bytes: 48_213_004 }]),
    purged: amount([{ files: 0, bytes: 0 }]),
    held: Type.Integer({ description: 'items that a hold kept' }),
    skipped: Type.Integer({ description: 'items that were kept, busy or gone at their moment' }),
    failed: Type.Integer({ description: 'items that could not be purged; their reasons tell why' }),
    progress: Type.Number({ minimum: 0, maximum: 1, description: '0 to 1' }),
    error: Type.Union([Type.String(), Type.Null()], {
      description: 'why the run failed',
      examples: [null],
    }),
  },
  { $id: 'RetentionRun', description: 'A run of a retention job' },
);
export const RetentionRunRef = reference(RetentionRunSchema);

export const RetentionJobSchema = Type.Object(
  {
    id: Type.String(),
    ...jobFields,
    changedBy: Type.String({
      description: 'the id of the admin key that set its rule last',
      examples: ['0197f3a1c2d8'],
    }),
    createdAt: time,
    updatedAt: time,
    nextRuns: Type.Array(Type.String(), {
      description: 'the next five, in the time zone of the job; none where it is not enabled',
      examples: [['2030-02-01T02:30:00-08:00', '2030-02-02T02:30:00-08:00']],
    }),
    lastRun: Type.Union([RetentionRunRef, Type.Null()]),
  },
  {
    $id: 'RetentionJob',
    description: 'What goes, when it is old enough, and how often it is looked for',
  },
);
export const RetentionJobRef = reference(RetentionJobSchema);

export const itemState = Type.Enum(
  ['planned', 'purged', 'held', 'kept', 'busy', 'gone', 'failed'] as ItemState[],
  {
    description:
      'planned, purged, held (a hold is on it), kept (among the newest that stay), busy (being received), gone (somebody else removed or replaced it) or failed',
    examples: ['planned'],
  },
);

export const RetentionItemSchema = Type.Object(
  {
    ordinal: Type.Integer({ description: 'its place in the plan, the oldest first' }),
    target: Type.Enum([...retentionTargets]),
    targetId: Type.String({
      description: 'of a version, or of an upload',
      examples: ['0197f3a1c2d7'],
    }),
    agency: Type.String(),
    path: Type.String(),
    size: Type.Integer({ description: 'bytes' }),
    sha256: stringOrNull,
    clockAt: Type.String({ format: 'date-time', description: 'when its age began' }),
    state: itemState,
    reason: stringOrNull,
  },
  {
    $id: 'RetentionItem',
    description: 'What a run is about: a version of a file, or a partial upload',
  },
);
export const RetentionItemRef = reference(RetentionItemSchema);

export function shownJob({
  createdAtMs,
  updatedAtMs,
  nextRunsMs,
  lastRun,
  targets,
  ...job
}: RetentionJob): Static<typeof RetentionJobSchema> {
  return {
    ...job,
    targets: [...targets],
    createdAt: isoOf(createdAtMs),
    updatedAt: isoOf(updatedAtMs),
    nextRuns: nextRunsMs.map((ms) => localTime(ms, job.timezone)),
    lastRun: lastRun === null ? null : shownRun(lastRun),
  };
}

export function shownRun(run: RetentionRun): Static<typeof RetentionRunSchema> {
  return {
    id: run.id,
    jobId: run.jobId,
    jobName: run.jobName,
    cause: run.cause,
    dryRun: run.dryRun,
    state: run.state,
    waitsFor: run.waitsFor,
    rule: shownRule(run.rule),
    cutoff: isoOf(run.cutoffMs),
    dueAt: isoOf(run.dueAtMs),
    requestedBy: shownActor(run.requestedBy),
    approvedBy: run.approvedBy === null ? null : shownActor(run.approvedBy),
    cancelledBy: run.cancelledBy === null ? null : shownActor(run.cancelledBy),
    createdAt: isoOf(run.createdAtMs),
    plannedAt: isoOf(run.plannedAtMs),
    approvedAt: isoOf(run.approvedAtMs),
    startedAt: isoOf(run.startedAtMs),
    endedAt: isoOf(run.endedAtMs),
    planSha256: run.planSha256,
    scopeFiles: run.scopeFiles,
    planned: { ...run.planned },
    purged: { ...run.purged },
    held: run.held,
    skipped: run.skipped,
    failed: run.failed,
    progress: run.progress,
    error: run.error,
  };
}

function shownRule({ glob, targets, ...rule }: RetentionRule) {
  return { ...rule, path: glob, targets: [...targets] };
}

function shownActor(actor: Actor): { kind: string } {
  return { ...actor };
}

export function shownItem({
  clockAtMs,
  ...item
}: RetentionItem): Static<typeof RetentionItemSchema> {
  return { ...item, clockAt: isoOf(clockAtMs) };
}
