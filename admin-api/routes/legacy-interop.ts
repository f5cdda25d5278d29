import { Type, type Static } from 'typebox';
import { findLegacyGrant, type LegacyGrant } from '../../server/accounts/legacy-grant-rows.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import { closed, noContent, pageOf, pageQuery, problems, reference, time } from '../schemas.ts';
import { isoOf, msOf } from '../times.ts';

const words = {
  allowedCidrs: Type.Array(Type.String(), {
    description:
      'the addresses or CIDR blocks that the agency connects from; one at least, none wider than /16 (IPv6 /32)',
    examples: [['192.0.2.0/28']],
  }),
  reason: Type.String({
    description: 'text of 1 to 200 characters on one line',
    examples: ['mainframe job, replaced in March'],
  }),
  expiresAt: Type.String({
    format: 'date-time',
    description: 'a time to come, at most a year ahead, such as 2030-01-31T00:00:00Z',
  }),
};

export const LegacyGrantSchema = Type.Object(
  { agency: Type.String(), ...words, expiresAt: time, grantedAt: time },
  {
    $id: 'LegacyGrant',
    description: 'From where and until when an agency may use older SSH algorithms',
  },
);
const LegacyGrantRef = reference(LegacyGrantSchema);

export const LegacyUseSchema = Type.Object(
  {
    agency: Type.String(),
    grant: Type.Union([LegacyGrantRef, Type.Null()], { description: 'null where there is none' }),
    users: Type.Array(
      Type.Object({
        username: Type.String(),
        logins: Type.Integer({ description: 'over older algorithms, ever' }),
        lastAt: time,
        lastFrom: Type.String({ description: 'address:port', examples: ['203.0.113.9:50412'] }),
        client: Type.String({ description: 'the identification string of its program' }),
        algorithms: Type.Record(Type.String(), Type.String()),
      }),
      { description: 'those who ever logged in over older algorithms' },
    ),
  },
  { $id: 'LegacyUse', description: 'Who of an agency still needs older SSH algorithms' },
);

const Wanted = Type.Object(words, closed);
const params = Type.Object({ code: Type.String() });
const tags = ['legacy-interop'];
const ofAgency = { of: async ({ code = '' }: RouteParameters) => code };
const resource: Resource = {
  read: async (reader, { code = '' }) => shown(await findLegacyGrant(reader, code)),
};

export function legacyInteropRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  app.get(
    '/v1/legacy-interop',
    {
      config: { scope: 'agencies:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'reportLegacyInterop',
        tags,
        summary: 'Agencies with older SSH algorithms, and who still needs them',
        querystring: Type.Object({ agency: Type.Optional(Type.String()), ...pageQuery }, closed),
        response: { 200: pageOf(reference(LegacyUseSchema)), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('legacy-interop', cursor, ['string']) ?? [null];
      const { items, next } = await accounts.legacyReport({ limit, after, ...filter });
      return {
        items: items.map(({ agency, grant, users }) => ({
          agency,
          grant: grant === null ? null : shown(grant),
          users: users.map(({ lastAtMs, ...user }) => ({ ...user, lastAt: isoOf(lastAtMs) })),
        })),
        nextCursor: cursorAt('legacy-interop', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/agencies/:code/legacy-interop',
    {
      config: { scope: 'agencies:read', agency: ofAgency, resource },
      schema: {
        operationId: 'getLegacyInterop',
        tags,
        summary: 'From where and until when an agency may use older SSH algorithms',
        params,
        response: { 200: LegacyGrantRef, ...problems },
      },
    },
    async ({ params }) => shown(await accounts.getLegacyGrant(params.code)),
  );
  app.put(
    '/v1/agencies/:code/legacy-interop',
    {
      // What all are to be protected from is not for one agency to allow itself.
      config: { scope: 'agencies:write', resource, refusals: ['conflict'] },
      schema: {
        operationId: 'grantLegacyInterop',
        tags,
        summary: 'Let an agency use older SSH algorithms for a while, in place of the grant before',
        params,
        body: Wanted,
        response: { 200: LegacyGrantRef, ...problems },
      },
    },
    async (request) => {
      const { allowedCidrs, reason, expiresAt } = request.body;
      return shown(
        await accounts.grantLegacyInterop(originOf(request), request.params.code, {
          allowedCidrs,
          reason,
          expiresAtMs: msOf(expiresAt, '/expiresAt'),
        }),
      );
    },
  );
  app.delete(
    '/v1/agencies/:code/legacy-interop',
    {
      config: { scope: 'agencies:write', resource },
      schema: {
        operationId: 'endLegacyInterop',
        tags,
        summary: 'Take the older SSH algorithms away, and end the logins that use them',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.endLegacyInterop(originOf(request), request.params.code);
      return reply.code(204).send(null);
    },
  );
}

function shown(grant: LegacyGrant): Static<typeof LegacyGrantSchema> {
  const { agency, allowedCidrs, reason, expiresAtMs, grantedAtMs } = grant;
  return {
    agency,
    allowedCidrs: [...allowedCidrs],
    reason,
    expiresAt: isoOf(expiresAtMs),
    grantedAt: isoOf(grantedAtMs),
  };
}
