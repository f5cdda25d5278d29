import { Type, type Static } from 'typebox';
import { agencySorts, findAgency, type Agency } from '../../server/accounts/agencies.ts';
import { boundAgencyOf } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, sortedPlaceIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import {
  closed,
  created,
  noContent,
  pageOf,
  pageQuery,
  problems,
  reference,
  time,
} from '../schemas.ts';
import { isoOf } from '../times.ts';

const name = Type.String({
  description: 'text of 1 to 200 characters on one line',
  examples: ['Alameda County'],
});
const code = Type.String({
  description: '2 to 32 lower-case letters, digits and hyphens, a letter first',
});
const kind = Type.Enum(['lcsa', 'state', 'partner'], { description: 'lcsa, state or partner' });

export const AgencySchema = Type.Object(
  { code, name, kind, createdAt: time, updatedAt: time },
  { $id: 'Agency', description: 'An agency' },
);
const AgencyRef = reference(AgencySchema);
const NewAgency = Type.Object({ code, name, kind }, closed);
const AgencyPatch = Type.Object({ name: Type.Optional(name) }, closed);
const params = Type.Object({ code: Type.String() });
const listQuery = Type.Object(
  {
    kind: Type.Optional(kind),
    sort: Type.Optional(
      Type.Enum([...agencySorts], {
        default: 'code',
        description: `${agencySorts.join(', ')}; - is from the end`,
      }),
    ),
    ...pageQuery,
  },
  closed,
);
const tags = ['agencies'];

const resource: Resource = {
  read: async (reader, { code = '' }) => shown(await findAgency(reader, code)),
};
const agency = { of: async ({ code = '' }: RouteParameters) => code };

export function agencyRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  app.get(
    '/v1/agencies',
    {
      config: { scope: 'agencies:read', agency: 'own' },
      schema: {
        operationId: 'listAgencies',
        tags,
        summary: 'Agencies, in the order of their codes unless sorted otherwise',
        querystring: listQuery,
        response: { 200: pageOf(AgencyRef), ...problems },
      },
    },
    async (request) => {
      const { limit = pageItemsDefault, cursor, sort = 'code', ...filter } = request.query;
      const bound = boundAgencyOf(request);
      if (bound !== undefined)
        return { items: [shown(await accounts.getAgency(bound))], nextCursor: null };
      const list = `agencies ${sort}`;
      const after = sortedPlaceIn(list, cursor, sort.endsWith('At') ? 'number' : 'string');
      const { items, next } = await accounts.listAgencies({ limit, after, sort, ...filter });
      return {
        items: items.map(shown),
        nextCursor: cursorAt(list, next),
      };
    },
  );
  app.get(
    '/v1/agencies/:code',
    {
      config: { scope: 'agencies:read', agency, resource },
      schema: {
        operationId: 'getAgency',
        tags,
        summary: 'One agency',
        params,
        response: { 200: AgencyRef, ...problems },
      },
    },
    async ({ params }) => shown(await accounts.getAgency(params.code)),
  );
  app.post(
    '/v1/agencies',
    {
      config: { scope: 'agencies:write', makes: resource, refusals: ['name-used'] },
      schema: {
        operationId: 'createAgency',
        tags,
        summary: 'Make an agency with its directories; code and kind stay',
        body: NewAgency,
        response: { ...created(AgencyRef), ...problems },
      },
    },
    async (request, reply) => {
      const agency = await accounts.createAgency(originOf(request), request.body);
      return reply.code(201).header('location', `/v1/agencies/${agency.code}`).send(shown(agency));
    },
  );
  app.patch(
    '/v1/agencies/:code',
    {
      config: { scope: 'agencies:write', agency, resource },
      schema: {
        operationId: 'changeAgency',
        tags,
        summary: 'Change an agency (RFC 7396)',
        params,
        body: AgencyPatch,
        response: { 200: AgencyRef, ...problems },
      },
    },
    async (request) =>
      shown(await accounts.changeAgency(originOf(request), request.params.code, request.body)),
  );
  app.delete(
    '/v1/agencies/:code',
    {
      config: { scope: 'agencies:write', resource, refusals: ['conflict'] },
      schema: {
        operationId: 'removeAgency',
        tags,
        summary: 'Remove an agency that has neither users nor files; its code stays taken',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.removeAgency(originOf(request), request.params.code);
      return reply.code(204).send(null);
    },
  );
}

function shown({
  code,
  name,
  kind,
  createdAtMs,
  updatedAtMs,
}: Agency): Static<typeof AgencySchema> {
  return { code, name, kind, createdAt: isoOf(createdAtMs), updatedAt: isoOf(updatedAtMs) };
}
