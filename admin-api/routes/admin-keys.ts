import { Type, type Static } from 'typebox';
import { findAdminKey } from '../../server/accounts/admin-key-rows.ts';
import { overlapMsDefault, overlapMsMax, type AdminKey } from '../../server/accounts/admin-keys.ts';
import { adminScopes } from '../../server/accounts/admin-scopes.ts';
import { boundAgencyOf } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource } from '../preconditions.ts';
import {
  cidrs,
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

const name = Type.String({
  description: 'text of 1 to 200 characters on one line',
  examples: ['nightly provisioning'],
});
const scopes = Type.Array(
  Type.Enum([...adminScopes], { description: `one of ${adminScopes.join(', ')}` }),
  {
    description: 'a list of different scopes, one at least, that the calling key has itself',
  },
);
const agency = Type.Union([Type.String(), Type.Null()], {
  description: 'the code of the agency that it is bound to, or null for all of them',
});
const fields = {
  id: Type.String(),
  name,
  scopes,
  agency,
  allowedCidrs: cidrs,
  expiresAt: timeOrNull,
  createdAt: time,
  updatedAt: time,
  createdBy: Type.Union([Type.String(), Type.Null()], {
    description: 'the id of the key that made it; null for the owner of the host',
  }),
  lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'to the minute',
  }),
  lastUsedFrom: Type.Union([Type.String(), Type.Null()], { description: 'an address' }),
  rotatedAt: timeOrNull,
  formerSecretUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'until when the secret before the last rotation works, too',
  }),
};

export const AdminKeySchema = Type.Object(fields, {
  $id: 'AdminKey',
  description: 'A key to this API',
});
export const CreatedAdminKeySchema = Type.Object(
  {
    ...fields,
    secret: Type.String({
      description: 'wb_<id>_<secret>, to be sent as a bearer token; shown this once',
    }),
  },
  { $id: 'CreatedAdminKey', description: 'A new key to this API' },
);
const AdminKeyRef = reference(AdminKeySchema);
const CreatedAdminKeyRef = reference(CreatedAdminKeySchema);

const NewAdminKey = Type.Object(
  {
    name,
    scopes,
    expiresAt: Type.Optional(timeOrNull),
    allowedCidrs: Type.Optional(cidrs),
    agency: Type.Optional(agency),
  },
  closed,
);
const AdminKeyPatch = Type.Partial(
  Type.Object({ name, scopes, expiresAt: timeOrNull, allowedCidrs: cidrs }),
  closed,
);
const AdminKeyRotation = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: overlapMsMax / 1_000,
        default: overlapMsDefault / 1_000,
        description: `a whole number from 0 to ${overlapMsMax / 1_000}: how long the secret before works, too`,
      }),
    ),
  },
  closed,
);

const resource: Resource = {
  read: async (reader, { id = '' }) => shown(await findAdminKey(reader, id)),
  volatile: ['lastUsedAt', 'lastUsedFrom', 'formerSecretUntil'],
  apart: ['secret'],
};
const params = Type.Object({ id: Type.String() });
const tags = ['admin-keys'];

export function adminKeyRoutes(app: AdminApp, { adminKeys }: AdminApiParts): void {
  const agency = {
    of: async ({ id = '' }: Readonly<Record<string, string>>) =>
      (await adminKeys.getAdminKey(id)).agency,
  };
  app.get(
    '/v1/admin-keys',
    {
      config: { scope: 'admin-keys:read', agency: 'own' },
      schema: {
        operationId: 'listAdminKeys',
        tags,
        summary: 'Keys to this API, the oldest first',
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(AdminKeyRef), ...problems },
      },
    },
    async (request) => {
      const { limit = pageItemsDefault, cursor } = request.query;
      const [after] = placeIn('admin-keys', cursor, ['string']) ?? [null];
      const bound = boundAgencyOf(request);
      const { items, next } = await adminKeys.listAdminKeys({
        limit,
        after,
        ...(bound !== undefined && { agency: bound }),
      });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('admin-keys', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/admin-keys/:id',
    {
      config: { scope: 'admin-keys:read', agency, resource },
      schema: {
        operationId: 'getAdminKey',
        tags,
        summary: 'One key',
        params,
        response: { 200: AdminKeyRef, ...problems },
      },
    },
    async ({ params }) => shown(await adminKeys.getAdminKey(params.id)),
  );
  app.post(
    '/v1/admin-keys',
    {
      config: {
        scope: 'admin-keys:write',
        agency: 'own',
        makes: resource,
        refusals: ['agency-not-allowed'],
      },
      schema: {
        operationId: 'createAdminKey',
        tags,
        summary:
          'Make a key that is allowed no more than the calling one; its secret is shown this once',
        body: NewAdminKey,
        response: { ...created(CreatedAdminKeyRef), ...problems },
      },
    },
    async (request, reply) => {
      const { name, scopes, expiresAt = null, allowedCidrs = [], agency } = request.body;
      const wanted = {
        name,
        scopes,
        allowedCidrs,
        expiresAtMs: msOrNullOf(expiresAt, '/expiresAt'),
        ...(agency !== undefined && { agency }),
      };
      const { key, secret } = await adminKeys.createAdminKey(originOf(request), wanted);
      return reply
        .code(201)
        .header('location', `/v1/admin-keys/${key.id}`)
        .send({ ...shown(key), secret });
    },
  );
  app.patch(
    '/v1/admin-keys/:id',
    {
      config: { scope: 'admin-keys:write', agency, resource },
      schema: {
        operationId: 'changeAdminKey',
        tags,
        summary: 'Change a key (RFC 7396), to no more than the calling one is allowed',
        params,
        body: AdminKeyPatch,
        response: { 200: AdminKeyRef, ...problems },
      },
    },
    async (request) => {
      const { expiresAt, ...rest } = request.body;
      const change = {
        ...rest,
        ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
      };
      return shown(await adminKeys.changeAdminKey(originOf(request), request.params.id, change));
    },
  );
  app.post(
    '/v1/admin-keys/:id/rotations',
    {
      config: { scope: 'admin-keys:write', agency, resource },
      schema: {
        operationId: 'rotateAdminKey',
        tags,
        summary:
          'Give a key a new secret, shown this once; the one before works for a day more, or as long as is asked for',
        params,
        body: AdminKeyRotation,
        response: { ...created(CreatedAdminKeyRef), ...problems },
      },
    },
    async (request, reply) => {
      const { overlapSeconds = overlapMsDefault / 1_000 } = request.body;
      const { key, secret } = await adminKeys.rotateAdminKey(
        originOf(request),
        request.params.id,
        overlapSeconds * 1_000,
      );
      return reply
        .code(201)
        .header('location', `/v1/admin-keys/${key.id}`)
        .send({ ...shown(key), secret });
    },
  );
  app.delete(
    '/v1/admin-keys/:id',
    {
      config: { scope: 'admin-keys:write', agency, resource },
      schema: {
        operationId: 'removeAdminKey',
        tags,
        summary: 'Remove a key; its next call is refused',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await adminKeys.removeAdminKey(originOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

function shown(key: AdminKey): Static<typeof AdminKeySchema> {
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    agency: key.agency,
    allowedCidrs: [...key.allowedCidrs],
    expiresAt: isoOf(key.expiresAtMs),
    createdAt: isoOf(key.createdAtMs),
    updatedAt: isoOf(key.updatedAtMs),
    createdBy: key.createdBy,
    lastUsedAt: isoOf(key.lastUsedAtMs),
    lastUsedFrom: key.lastUsedFrom,
    rotatedAt: isoOf(key.rotatedAtMs),
    formerSecretUntil: isoOf(key.formerSecretUntilMs),
  };
}
