import { Type } from 'typebox';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import { closed, created, noContent, pageOf, pageQuery, problems } from '../schemas.ts';
import { jobFields, RetentionJobRef, shownJob } from './retention-schemas.ts';

const { name, agency, path, olderThanDays, clock, targets } = jobFields;
const { keepVersions, schedule, timezone, enabled, needsApproval } = jobFields;

/** What is left out is what most want; what goes and when, everybody says. */
const NewJob = Type.Object(
  {
    name,
    agency: Type.Optional(agency),
    path,
    olderThanDays,
    clock: Type.Optional(clock),
    targets: Type.Optional(targets),
    keepVersions: Type.Optional(keepVersions),
    schedule,
    timezone: Type.Optional(timezone),
    enabled: Type.Optional(enabled),
    needsApproval: Type.Optional(needsApproval),
  },
  closed,
);
const JobPatch = Type.Object(
  {
    name: Type.Optional(name),
    path: Type.Optional(path),
    olderThanDays: Type.Optional(olderThanDays),
    clock: Type.Optional(clock),
    targets: Type.Optional(targets),
    keepVersions: Type.Optional(keepVersions),
    schedule: Type.Optional(schedule),
    timezone: Type.Optional(timezone),
    enabled: Type.Optional(enabled),
    needsApproval: Type.Optional(needsApproval),
  },
  closed,
);

const defaults = {
  agency: null,
  clock: 'received',
  targets: ['file'],
  keepVersions: 0,
  timezone: 'UTC',
  enabled: true,
  needsApproval: false,
} as const;

const listQuery = Type.Object(
  {
    agency: Type.Optional(Type.String({ description: 'only jobs of this agency alone' })),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['retention'];

export function retentionJobRoutes(app: AdminApp, { retention }: AdminApiParts): void {
  const { jobs } = retention;
  const ofAgency = { of: async ({ id = '' }: RouteParameters) => (await jobs.get(id)).agency };
  const resource: Resource = {
    read: async (reader, { id = '' }) => shownJob(await jobs.find(reader, id)),
    volatile: ['nextRuns', 'lastRun'],
  };
  app.get(
    '/v1/retention-jobs',
    {
      config: { scope: 'retention:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listRetentionJobs',
        tags,
        summary: 'Retention jobs, in the order of their names',
        querystring: listQuery,
        response: { 200: pageOf(RetentionJobRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('retention-jobs', cursor, ['string']) ?? [null];
      const { items, next } = await jobs.list({ limit, after, ...filter });
      return {
        items: items.map(shownJob),
        nextCursor: cursorAt('retention-jobs', next === null ? null : [next]),
      };
    },
  );
  app.post(
    '/v1/retention-jobs',
    {
      config: {
        scope: 'retention:write',
        agency: { body: 'agency' },
        makes: resource,
        refusals: ['name-used', 'not-found'],
      },
      schema: {
        operationId: 'createRetentionJob',
        tags,
        summary:
          'Make a job; its agency stays. Without needsApproval: true its runs purge by themselves',
        body: NewJob,
        response: { ...created(RetentionJobRef), ...problems },
      },
    },
    async (request, reply) => {
      const job = await jobs.create(originOf(request), { ...defaults, ...request.body });
      return reply.code(201).header('location', `/v1/retention-jobs/${job.id}`).send(shownJob(job));
    },
  );
  app.get(
    '/v1/retention-jobs/:id',
    {
      config: { scope: 'retention:read', agency: ofAgency, resource },
      schema: {
        operationId: 'getRetentionJob',
        tags,
        summary: 'One job, with its next five runs',
        params,
        response: { 200: RetentionJobRef, ...problems },
      },
    },
    async ({ params }) => shownJob(await jobs.get(params.id)),
  );
  app.patch(
    '/v1/retention-jobs/:id',
    {
      config: { scope: 'retention:write', agency: ofAgency, resource, refusals: ['name-used'] },
      schema: {
        operationId: 'changeRetentionJob',
        tags,
        summary:
          'Change a job (RFC 7396). A plan that was made by another rule can no longer be approved',
        params,
        body: JobPatch,
        response: { 200: RetentionJobRef, ...problems },
      },
    },
    async (request) =>
      shownJob(await jobs.change(originOf(request), request.params.id, request.body)),
  );
  app.delete(
    '/v1/retention-jobs/:id',
    {
      config: { scope: 'retention:write', agency: ofAgency, resource, refusals: ['conflict'] },
      schema: {
        operationId: 'removeRetentionJob',
        tags,
        summary: 'Remove a job that has no run under way; its runs and certificates stay',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await jobs.remove(originOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
