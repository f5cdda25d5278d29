import { Type, type Static } from 'typebox';
import type { AdminKey } from '../../server/accounts/admin-keys.ts';
import { adminScopes } from '../../server/accounts/admin-scopes.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
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

const name = Type.String({ description: 'text of 1 to 200 characters on one line' });
const scopes = Type.Array(
  Type.Enum([...adminScopes], { description: `one of ${adminScopes.join(', ')}` }),
  {
    description: 'a list of different scopes, one at least, that the calling key has itself',
  },
);
const fields = {
  id: Type.String(),
  name,
  scopes,
  allowedCidrs: cidrs,
  expiresAt: timeOrNull,
  createdAt: time,
  lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'to the minute',
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
  { name, scopes, expiresAt: Type.Optional(timeOrNull), allowedCidrs: Type.Optional(cidrs) },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['admin-keys'];

export function adminKeyRoutes(app: AdminApp, { adminKeys }: AdminApiParts): void {
  app.get(
    '/v1/admin-keys',
    {
      config: { scope: 'admin-keys:read' },
      schema: {
        operationId: 'listAdminKeys',
        tags,
        summary: 'Keys to this API, the oldest first',
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(AdminKeyRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor } }) => {
      const [after] = placeIn('admin-keys', cursor, ['string']) ?? [null];
      const { items, next } = await adminKeys.listAdminKeys({ limit, after });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('admin-keys', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/admin-keys/:id',
    {
      config: { scope: 'admin-keys:read' },
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
      config: { scope: 'admin-keys:write' },
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
      const { name, scopes, expiresAt = null, allowedCidrs = [] } = request.body;
      const wanted = {
        name,
        scopes,
        allowedCidrs,
        expiresAtMs: msOrNullOf(expiresAt, '/expiresAt'),
      };
      const { key, secret } = await adminKeys.createAdminKey(originOf(request), wanted);
      return reply
        .code(201)
        .header('location', `/v1/admin-keys/${key.id}`)
        .send({ ...shown(key), secret });
    },
  );
  app.delete(
    '/v1/admin-keys/:id',
    {
      config: { scope: 'admin-keys:write' },
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
    allowedCidrs: [...key.allowedCidrs],
    expiresAt: isoOf(key.expiresAtMs),
    createdAt: isoOf(key.createdAtMs),
    lastUsedAt: isoOf(key.lastUsedAtMs),
  };
}
