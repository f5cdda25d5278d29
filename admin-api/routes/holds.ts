import { Type, type Static } from 'typebox';
import { holdStates, type Hold } from '../../server/retention/hold-rows.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import {
  closed,
  created,
  pageOf,
  pageQuery,
  problems,
  reference,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf, msOrNullOf } from '../times.ts';
import { actor } from './retention-schemas.ts';

const orNull = (description: string, examples: (string | null)[]) =>
  Type.Union([Type.String(), Type.Null()], { description, examples });
const timeOrNullFor = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: `${description}: a time such as 2030-01-31T00:00:00Z, or null`,
    examples: [null],
  });

/** What it is on: all that fits everything that is not null. */
const scopeFields = {
  agency: orNull('the code of an agency, or null for all of them', ['alameda']),
  path: orNull(
    "a pattern of paths in an agency's tree, such as /outgoing/** or /outgoing/*.csv, or null; not with a file. What it begins with has to be a directory that is there, and a path without * and ? a file",
    ['/outgoing/2029/**'],
  ),
  file: orNull('the id of a file, wherever it is, or null', [null]),
  receivedFrom: timeOrNullFor('what was received from then on'),
  receivedUntil: timeOrNullFor('what was received before then'),
};
const words = {
  reason: Type.String({
    description:
      'text of 1 to 200 characters on one line; whoever is refused for the hold is told it',
    examples: ['Smith v. County of Alameda'],
  }),
  authority: Type.String({
    description: 'who wants it: text of 1 to 200 characters on one line; told as the reason is',
    examples: ['Superior Court, case 24-1183'],
  }),
};
const until = timeOrNullFor('when it ends by itself');
const state = Type.Enum([...holdStates], {
  description: 'standing, lifted, or expired (it ended by itself)',
  examples: ['standing'],
});

export const HoldSchema = Type.Object(
  {
    id: Type.String(),
    ...scopeFields,
    ...words,
    until,
    state,
    placedBy: actor,
    createdAt: time,
    updatedAt: time,
    liftedAt: Type.Union(timeOrNull.anyOf, { examples: [null] }),
    liftedBy: Type.Union([actor, Type.Null()], { examples: [null] }),
    liftReason: orNull('why it was lifted', [null]),
  },
  {
    $id: 'Hold',
    description:
      'A legal hold: what it is on is not purged, not removed and not renamed, and stays where it is replaced',
  },
);
const HoldRef = reference(HoldSchema);

const NewHold = Type.Object(
  {
    agency: Type.Optional(scopeFields.agency),
    path: Type.Optional(scopeFields.path),
    file: Type.Optional(scopeFields.file),
    receivedFrom: Type.Optional(scopeFields.receivedFrom),
    receivedUntil: Type.Optional(scopeFields.receivedUntil),
    ...words,
    until: Type.Optional(until),
  },
  closed,
);
const HoldPatch = Type.Object(
  {
    reason: Type.Optional(words.reason),
    authority: Type.Optional(words.authority),
    until: Type.Optional(until),
  },
  closed,
);
const Lifting = Type.Object(
  {
    reason: Type.String({
      description: 'text of 1 to 200 characters on one line',
      examples: ['the case was settled on 2030-01-15'],
    }),
  },
  closed,
);
const listQuery = Type.Object(
  {
    agency: Type.Optional(Type.String({ description: 'only those of this agency alone' })),
    file: Type.Optional(
      Type.String({
        description: 'only those on this file by its id; there may be others that are on it, too',
        examples: ['0197f3a1c2d4'],
      }),
    ),
    state: Type.Optional(state),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['holds'];

export function holdRoutes(app: AdminApp, { retention: { holds } }: AdminApiParts): void {
  const resource: Resource = {
    read: async (reader, { id = '' }) => shown(await holds.find(reader, id)),
    volatile: ['state'],
  };
  const agency = { of: async ({ id = '' }: RouteParameters) => (await holds.get(id)).agency };
  app.get(
    '/v1/holds',
    {
      config: { scope: 'holds:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listHolds',
        tags,
        summary: 'Legal holds, the newest first',
        querystring: listQuery,
        response: { 200: pageOf(HoldRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('holds', cursor, ['string']) ?? [null];
      const { items, next } = await holds.list({ limit, after, ...filter });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('holds', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/holds/:id',
    {
      config: { scope: 'holds:read', agency, resource },
      schema: {
        operationId: 'getHold',
        tags,
        summary: 'One hold',
        params,
        response: { 200: HoldRef, ...problems },
      },
    },
    async ({ params }) => shown(await holds.get(params.id)),
  );
  app.post(
    '/v1/holds',
    {
      config: {
        scope: 'holds:write',
        agency: { body: 'agency' },
        makes: resource,
        refusals: ['conflict'],
      },
      schema: {
        operationId: 'placeHold',
        tags,
        summary: 'Place a hold. What it is on stays; another hold says otherwise',
        body: NewHold,
        response: { ...created(HoldRef), ...problems },
      },
    },
    async (request, reply) => {
      const { receivedFrom = null, receivedUntil = null, until = null, ...rest } = request.body;
      const hold = await holds.place(originOf(request), {
        ...rest,
        receivedFromMs: msOrNullOf(receivedFrom, '/receivedFrom'),
        receivedUntilMs: msOrNullOf(receivedUntil, '/receivedUntil'),
        untilMs: msOrNullOf(until, '/until'),
      });
      return reply.code(201).header('location', `/v1/holds/${hold.id}`).send(shown(hold));
    },
  );
  app.patch(
    '/v1/holds/:id',
    {
      config: { scope: 'holds:write', agency, resource, refusals: ['conflict'] },
      schema: {
        operationId: 'changeHold',
        tags,
        summary: 'Change the reason, the authority or the end of a hold that stands (RFC 7396)',
        params,
        body: HoldPatch,
        response: { 200: HoldRef, ...problems },
      },
    },
    async (request) => {
      const { until, ...words } = request.body;
      const untilMs = until === undefined ? undefined : msOrNullOf(until, '/until');
      const change = { ...words, ...(untilMs !== undefined && { untilMs }) };
      return shown(await holds.change(originOf(request), request.params.id, change));
    },
  );
  app.post(
    '/v1/holds/:id/lifting',
    {
      config: { scope: 'holds:write', agency, resource, refusals: ['conflict'] },
      schema: {
        operationId: 'liftHold',
        tags,
        summary: 'Lift a hold, with the reason: what it kept may go from then on',
        params,
        body: Lifting,
        response: { 200: HoldRef, ...problems },
      },
    },
    async (request) =>
      shown(await holds.lift(originOf(request), request.params.id, request.body.reason)),
  );
}

function shown(hold: Hold): Static<typeof HoldSchema> {
  return {
    id: hold.id,
    agency: hold.agency,
    path: hold.path,
    file: hold.file,
    receivedFrom: isoOf(hold.receivedFromMs),
    receivedUntil: isoOf(hold.receivedUntilMs),
    reason: hold.reason,
    authority: hold.authority,
    until: isoOf(hold.untilMs),
    state: hold.state,
    placedBy: { ...hold.placedBy },
    createdAt: isoOf(hold.createdAtMs),
    updatedAt: isoOf(hold.updatedAtMs),
    liftedAt: isoOf(hold.liftedAtMs),
    liftedBy: hold.liftedBy === null ? null : { ...hold.liftedBy },
    liftReason: hold.liftReason,
  };
}
