import { Type, type Static } from 'typebox';
import { findUserCa, type UserCa } from '../../server/accounts/user-cas.ts';
import { pageInMemory } from '../cursors.ts';
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
  timeOrNull,
} from '../schemas.ts';
import { isoOf, msOrNullOf } from '../times.ts';

const principals = Type.Array(Type.String(), {
  description:
    'the user names that it may certify, each a principal of its certificates; an empty list is every user of the agency',
  examples: [['amy', 'nightly-batch']],
});
const verifyRequired = Type.Boolean({
  description:
    'a login by its certificates takes a key in a security device (sk-) that verified the user',
});

export const UserCaSchema = Type.Object(
  {
    id: Type.String(),
    agency: Type.String(),
    type: Type.String(),
    bits: Type.Integer(),
    fingerprint: Type.String({ description: 'SHA256:..., as ssh-keygen -l prints it' }),
    publicKey: Type.String({ description: 'an OpenSSH line without its comment' }),
    label: Type.String(),
    principals,
    verifyRequired,
    expiresAt: timeOrNull,
    createdAt: time,
  },
  { $id: 'UserCa', description: 'A key with which an agency certifies keys of its users' },
);
const UserCaRef = reference(UserCaSchema);

const settings = {
  label: Type.Optional(Type.String({ description: 'text of at most 200 characters' })),
  principals: Type.Optional(principals),
  verifyRequired: Type.Optional(verifyRequired),
  expiresAt: Type.Optional(timeOrNull),
};
const NewUserCa = Type.Object(
  {
    publicKey: Type.String({
      description: 'the public key of the authority; RSA of 3072 bits or more',
    }),
    ...settings,
  },
  closed,
);
const UserCaPatch = Type.Object(settings, closed);
const params = Type.Object({ code: Type.String() });
const oneParams = Type.Object({ code: Type.String(), id: Type.String() });
const tags = ['user-cas'];
const ofAgency = { of: async ({ code = '' }: RouteParameters) => code };
const resource: Resource = {
  read: async (reader, { code = '', id = '' }) => shown(await findUserCa(reader, code, id)),
};

export function userCaRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  app.get(
    '/v1/agencies/:code/user-cas',
    {
      config: { scope: 'keys:read', agency: ofAgency },
      schema: {
        operationId: 'listUserCas',
        tags,
        summary: 'Authorities of an agency, the oldest first',
        params,
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(UserCaRef), ...problems },
      },
    },
    async ({ params, query }) => {
      const cas = await accounts.listUserCas(params.code);
      const keyOf = (ca: UserCa) => `${isoOf(ca.createdAtMs)} ${ca.id}`;
      const page = pageInMemory('user-cas', cas, keyOf, query);
      return { items: page.items.map(shown), nextCursor: page.nextCursor };
    },
  );
  app.get(
    '/v1/agencies/:code/user-cas/:id',
    {
      config: { scope: 'keys:read', agency: ofAgency, resource },
      schema: {
        operationId: 'getUserCa',
        tags,
        summary: 'One authority',
        params: oneParams,
        response: { 200: UserCaRef, ...problems },
      },
    },
    async ({ params: { code, id } }) => shown(await accounts.getUserCa(code, id)),
  );
  app.post(
    '/v1/agencies/:code/user-cas',
    {
      config: {
        scope: 'keys:write',
        agency: ofAgency,
        makes: resource,
        refusals: ['conflict', 'key-weak', 'key-private'],
      },
      schema: {
        operationId: 'addUserCa',
        tags,
        summary: 'Let an authority certify users of an agency',
        params,
        body: NewUserCa,
        response: { ...created(UserCaRef), ...problems },
      },
    },
    async (request, reply) => {
      const { code } = request.params;
      const { publicKey, ...rest } = request.body;
      const given = { publicKey, ...changeOf(rest) };
      const ca = await accounts.addUserCa(originOf(request), code, given);
      return reply
        .code(201)
        .header('location', `/v1/agencies/${code}/user-cas/${ca.id}`)
        .send(shown(ca));
    },
  );
  app.patch(
    '/v1/agencies/:code/user-cas/:id',
    {
      config: { scope: 'keys:write', agency: ofAgency, resource },
      schema: {
        operationId: 'changeUserCa',
        tags,
        summary:
          'Change an authority (RFC 7396); logins by its certificates that would not be let in any more end',
        params: oneParams,
        body: UserCaPatch,
        response: { 200: UserCaRef, ...problems },
      },
    },
    async (request) => {
      const { code, id } = request.params;
      const change = changeOf(request.body);
      return shown(await accounts.changeUserCa(originOf(request), code, id, change));
    },
  );
  app.delete(
    '/v1/agencies/:code/user-cas/:id',
    {
      config: { scope: 'keys:write', agency: ofAgency, resource },
      schema: {
        operationId: 'removeUserCa',
        tags,
        summary: 'Remove an authority, and end the logins by its certificates',
        params: oneParams,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const { code, id } = request.params;
      await accounts.removeUserCa(originOf(request), code, id);
      return reply.code(204).send(null);
    },
  );
}

function changeOf({ expiresAt, ...rest }: Static<typeof UserCaPatch>) {
  return {
    ...rest,
    ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
  };
}

function shown(ca: UserCa): Static<typeof UserCaSchema> {
  const { principals, expiresAtMs, createdAtMs, ...rest } = ca;
  return {
    ...rest,
    principals: [...principals],
    expiresAt: isoOf(expiresAtMs),
    createdAt: isoOf(createdAtMs),
  };
}
