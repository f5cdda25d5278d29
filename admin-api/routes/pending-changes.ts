import { Type, type Static } from 'typebox';
import type { ListedChange, PendingChange } from '../../server/accounts/pending-changes.ts';
import { boundAgencyOf } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { problemType, type Problem } from '../faults.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  integerOrNull,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf } from '../times.ts';
import type { TwoPersonRule } from '../two-person.ts';

const state = Type.Enum(['pending', 'done', 'rejected', 'failed', 'expired'], {
  description: 'pending, done, rejected, failed or expired',
});

export const PendingChangeSchema = Type.Object(
  {
    id: Type.String(),
    action: Type.String({ description: 'such as agencies.delete' }),
    method: Type.String(),
    url: Type.String(),
    ifMatch: stringOrNull,
    body: Type.Optional(
      Type.Unsafe<unknown>({
        description:
          'of the request, as JSON or as text; null once it is decided, and never in a list',
      }),
    ),
    requestedBy: Type.Object({ id: Type.String(), name: Type.String() }),
    requestedAt: time,
    expiresAt: time,
    state,
    decidedBy: Type.Union([Type.String(), Type.Null()], { description: 'the id of a key' }),
    decidedAt: timeOrNull,
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: 'the HTTP status that carrying it out came to',
    }),
  },
  { $id: 'PendingChange', description: 'A change that waits for a second administrator, or did' },
);
const PendingChangeRef = reference(PendingChangeSchema);

const Approved = Type.Object(
  {
    change: PendingChangeRef,
    answer: Type.Object(
      {
        status: integerOrNull,
        location: stringOrNull,
        body: Type.Unsafe<unknown>({
          description: 'as the request itself would have been answered',
        }),
      },
      { description: 'what carrying it out answered; shown this once' },
    ),
  },
  { description: 'It was carried out' },
);

const params = Type.Object({ id: Type.String() });
const tags = ['pending-changes'];

export function pendingChangeRoutes(
  app: AdminApp,
  { pendingChanges }: AdminApiParts,
  twoPerson: TwoPersonRule,
): void {
  const agency = {
    of: async ({ id = '' }: Readonly<Record<string, string>>) =>
      (await pendingChanges.get(id)).agency,
  };
  app.get(
    '/v1/pending-changes',
    {
      config: { scope: 'pending-changes:read', agency: 'own' },
      schema: {
        operationId: 'listPendingChanges',
        tags,
        summary: 'Changes that take two administrators, the newest first',
        querystring: Type.Object({ state: Type.Optional(state), ...pageQuery }, closed),
        response: { 200: pageOf(PendingChangeRef), ...problems },
      },
    },
    async (request) => {
      const { limit = pageItemsDefault, cursor, state } = request.query;
      const [after] = placeIn('pending-changes', cursor, ['string']) ?? [null];
      const bound = boundAgencyOf(request);
      const { items, next } = await pendingChanges.list({
        limit,
        after,
        ...(state !== undefined && { state }),
        ...(bound !== undefined && { agency: bound }),
      });
      return {
        items: items.map(listed),
        nextCursor: cursorAt('pending-changes', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/pending-changes/:id',
    {
      config: { scope: 'pending-changes:read', agency },
      schema: {
        operationId: 'getPendingChange',
        tags,
        summary: 'One change',
        params,
        response: { 200: PendingChangeRef, ...problems },
      },
    },
    async ({ params }) => shown(await pendingChanges.get(params.id)),
  );
  app.post(
    '/v1/pending-changes/:id/approval',
    {
      config: {
        scope: 'pending-changes:write',
        agency,
        refusals: ['approval-not-allowed', 'conflict'],
      },
      schema: {
        operationId: 'approvePendingChange',
        tags,
        summary:
          'Carry a change out that another administrator asked for; what it is refused for is answered as it is',
        params,
        response: { 200: Approved, ...problems },
      },
    },
    async (request, reply) => {
      const { change, answer } = await twoPerson.approve(app, request, request.params.id);
      if (answer.status >= 400)
        return reply
          .code(answer.status)
          .type(problemType)
          .send(answer.body as Problem);
      return { change: shown(change), answer };
    },
  );
  app.post(
    '/v1/pending-changes/:id/rejection',
    {
      config: { scope: 'pending-changes:write', agency, refusals: ['conflict'] },
      schema: {
        operationId: 'rejectPendingChange',
        tags,
        summary: 'Let a change be; also for who asked for it',
        params,
        response: { 200: PendingChangeRef, ...problems },
      },
    },
    async (request) => shown(await pendingChanges.reject(originOf(request), request.params.id)),
  );
}

function shown(change: PendingChange): Static<typeof PendingChangeSchema> {
  return { ...listed(change), body: bodyOf(change) };
}

function listed(change: ListedChange): Static<typeof PendingChangeSchema> {
  return {
    id: change.id,
    action: change.action,
    method: change.method,
    url: change.url,
    ifMatch: change.ifMatch,
    requestedBy: { id: change.requestedBy, name: change.requestedByName },
    requestedAt: isoOf(change.requestedAtMs),
    expiresAt: isoOf(change.expiresAtMs),
    state: change.state,
    decidedBy: change.decidedBy,
    decidedAt: isoOf(change.decidedAtMs),
    status: change.status,
  };
}

function bodyOf({ body, contentType }: PendingChange): unknown {
  return body !== null && contentType?.includes('json') === true ? JSON.parse(body) : body;
}
