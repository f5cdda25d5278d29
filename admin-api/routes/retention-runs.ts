import { Type } from 'typebox';
import { Fault } from '../../server/domain/faults.ts';
import type { ItemState } from '../../server/domain/retention.ts';
import { csvLine } from '../../server/retention/certificate-forms.ts';
import type { Runs } from '../../server/retention/views.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import { closed, pageOf, pageQuery, problems, reference } from '../schemas.ts';
import { sendPieces, streamedPageItems } from '../streamed-list.ts';
import { isoOf } from '../times.ts';
import { formatQuery, formTypes, wantedForm } from '../wanted-form.ts';
import {
  itemState,
  RetentionItemSchema,
  RetentionRunRef,
  runState,
  shownItem,
  shownRun,
} from './retention-schemas.ts';

const params = Type.Object({ id: Type.String() });
const runParams = Type.Object({
  id: Type.String(),
  runId: Type.String({ examples: ['0197f3a1c2da'] }),
});
const stateFilter = { state: Type.Optional(runState) };
const tags = ['retention'];

/** What of a run goes on by itself while somebody decides on it. */
const volatile = ['progress', 'purged', 'held', 'skipped', 'failed'];

const accepted = {
  202: {
    description: 'It goes on by itself from here (Location)',
    headers: { Location: { type: 'string' } },
    content: {
      'application/json': {
        schema: Type.Union([
          RetentionRunRef,
          Type.Object({
            id: Type.String(),
            action: Type.String(),
            state: Type.String(),
            location: Type.String(),
          }),
        ]),
      },
    },
  },
};

export function retentionRunRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { jobs, runs } = parts.retention;
  const ofAgency = { of: async ({ id = '' }: RouteParameters) => (await jobs.get(id)).agency };
  const ofRun = {
    of: async ({ id = '', runId = '' }: RouteParameters) => (await runs.get(id, runId)).rule.agency,
  };
  const resource: Resource = {
    read: async (reader, { id = '', runId = '' }) => shownRun(await runs.find(reader, id, runId)),
    volatile,
  };
  app.get(
    '/v1/retention-runs',
    {
      config: { scope: 'retention:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listAllRetentionRuns',
        tags,
        summary: 'Runs of all jobs, the newest first',
        querystring: Type.Object(
          {
            agency: Type.Optional(
              Type.String({ description: 'only of jobs of this agency alone' }),
            ),
            ...stateFilter,
            ...pageQuery,
          },
          closed,
        ),
        response: { 200: pageOf(RetentionRunRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('retention-runs', cursor, ['string']) ?? [null];
      const { items, next } = await runs.list({ limit, after, ...filter });
      return {
        items: items.map(shownRun),
        nextCursor: cursorAt('retention-runs', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/retention-jobs/:id/runs',
    {
      config: { scope: 'retention:read', agency: ofAgency },
      schema: {
        operationId: 'listRetentionRuns',
        tags,
        summary: 'Runs of one job, the newest first',
        params,
        querystring: Type.Object({ ...stateFilter, ...pageQuery }, closed),
        response: { 200: pageOf(RetentionRunRef), ...problems },
      },
    },
    async ({ params, query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const { id: jobId } = await jobs.get(params.id);
      const list = `retention-runs ${jobId}`;
      const [after] = placeIn(list, cursor, ['string']) ?? [null];
      const { items, next } = await runs.list({ limit, after, jobId, ...filter });
      return {
        items: items.map(shownRun),
        nextCursor: cursorAt(list, next === null ? null : [next]),
      };
    },
  );
  app.post(
    '/v1/retention-jobs/:id/runs',
    {
      config: {
        scope: 'retention:run',
        agency: ofAgency,
        makes: resource,
        refusals: ['conflict'],
        // It takes nothing away, and does not have to wait for a second administrator.
        isRead: ({ body }) => (body as { dryRun?: unknown } | null)?.dryRun === true,
      },
      schema: {
        operationId: 'startRetentionRun',
        tags,
        summary: 'Start a run, or a dry one, which only says what would go',
        params,
        body: Type.Object(
          {
            dryRun: Type.Boolean({
              description:
                'true: plan, and purge nothing; false: plan, and purge what the plan says',
              examples: [true],
            }),
          },
          closed,
        ),
        response: { ...accepted, ...problems },
      },
    },
    async (request, reply) => {
      const { id, jobId, ...run } = await runs.start(
        originOf(request),
        request.params.id,
        request.body,
      );
      return reply
        .code(202)
        .header('location', `/v1/retention-jobs/${jobId}/runs/${id}`)
        .send(shownRun({ id, jobId, ...run }));
    },
  );
  app.get(
    '/v1/retention-jobs/:id/runs/:runId',
    {
      config: { scope: 'retention:read', agency: ofRun, resource },
      schema: {
        operationId: 'getRetentionRun',
        tags,
        summary: 'One run: what it planned, how far it is, and what it came to',
        params: runParams,
        response: { 200: RetentionRunRef, ...problems },
      },
    },
    async ({ params: { id, runId } }) => shownRun(await runs.get(id, runId)),
  );
  for (const { verb, operationId, summary, refusals } of decisions)
    app.post(
      `/v1/retention-jobs/:id/runs/:runId/${verb}`,
      {
        config: { scope: 'retention:run', agency: ofRun, resource, refusals },
        schema: {
          operationId,
          tags,
          summary,
          params: runParams,
          response: { 200: RetentionRunRef, ...problems },
        },
      },
      async (request) => {
        const { id, runId } = request.params;
        const origin = originOf(request);
        const decided =
          verb === 'approval' ? runs.approve(origin, id, runId) : runs.cancel(origin, id, runId);
        return shownRun(await decided);
      },
    );
  itemRoute(app, parts, ofRun);
}

const decisions = [
  {
    verb: 'approval',
    operationId: 'approveRetentionRun',
    summary:
      'Have exactly this plan carried out. Where its job needs approval: with another key than asked for the run, and than changed the job last',
    refusals: ['conflict', 'approval-not-allowed'],
  },
  {
    verb: 'cancellation',
    operationId: 'cancelRetentionRun',
    summary: 'Stop a run or give a plan up; what is purged stays purged',
    refusals: ['conflict'],
  },
] as const;

const ItemsQuery = Type.Object(
  { state: Type.Optional(itemState), format: formatQuery(['json', 'csv']), ...pageQuery },
  closed,
);
const itemColumns = [
  'ordinal',
  'target',
  'targetId',
  'agency',
  'path',
  'size',
  'sha256',
  'clockAt',
  'state',
  'reason',
] as const;

function itemRoute(
  app: AdminApp,
  parts: AdminApiParts,
  agency: { readonly of: (parameters: RouteParameters) => Promise<string | null> },
): void {
  const { runs } = parts.retention;
  app.get(
    '/v1/retention-jobs/:id/runs/:runId/items',
    {
      config: { scope: 'retention:read', agency },
      schema: {
        operationId: 'listRetentionItems',
        tags,
        summary:
          'What a run is about, in the order of its plan: in pages, or the whole of it as text/csv',
        params: runParams,
        querystring: ItemsQuery,
        response: {
          200: {
            description: 'A page, or all of them as CSV',
            content: {
              'application/json': { schema: pageOf(reference(RetentionItemSchema)) },
              'text/csv': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { id, runId } = request.params;
      const { limit = pageItemsDefault, cursor, format, state } = request.query;
      const run = await runs.get(id, runId);
      const filter = state === undefined ? {} : { state };
      if (wantedForm(request, reply, ['json', 'csv'], format) === 'csv') {
        refusePages(request.query);
        void reply
          .type(formTypes.csv)
          .header('content-disposition', `attachment; filename="retention-run-${run.id}.csv"`);
        return sendPieces(parts, reply, csvOf(parts, run.id, filter));
      }
      const list = `retention-items ${run.id}`;
      const [after] = placeIn(list, cursor, ['number']) ?? [null];
      const { items, next } = await runs.items(run.id, { limit, after, ...filter });
      return reply.type(formTypes.json).send({
        items: items.map(shownItem),
        nextCursor: cursorAt(list, next === null ? null : [next]),
      });
    },
  );
}

/** @throws Fault `field-invalid` for a part of what is only sent whole */
export function refusePages(query: {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}): void {
  for (const name of ['limit', 'cursor'] as const)
    if (query[name] !== undefined)
      throw new Fault('field-invalid', 'nothing: this form is sent whole', { pointer: `/${name}` });
}

async function* csvOf(
  { retention }: AdminApiParts,
  runId: string,
  filter: { readonly state?: ItemState },
): AsyncGenerator<string> {
  yield csvLine(itemColumns);
  let after: number | null = null;
  do {
    const listing = { limit: streamedPageItems, after, ...filter };
    const page: Awaited<ReturnType<Runs['items']>> = await retention.runs.items(runId, listing);
    for (const { clockAtMs, ...item } of page.items) {
      const fields = { ...item, clockAt: isoOf(clockAtMs) };
      yield csvLine(itemColumns.map((column) => fields[column]));
    }
    after = page.next;
  } while (after !== null);
}
