import { Type, type Static } from 'typebox';
import type { UserKey } from '../../server/accounts/user-keys.ts';
import { pageInMemory } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  created,
  noContent,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf, msOrNullOf } from '../times.ts';

export const UserKeySchema = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    bits: Type.Integer(),
    fingerprint: Type.String({ description: 'SHA256:..., as ssh-keygen -l prints it' }),
    publicKey: Type.String({ description: 'an OpenSSH line without its comment' }),
    label: Type.String(),
    expiresAt: timeOrNull,
    createdAt: time,
    lastUsedAt: timeOrNull,
    lastUsedFrom: stringOrNull,
  },
  { $id: 'UserKey', description: 'A public key of a user' },
);
const UserKeyRef = reference(UserKeySchema);

const NewUserKey = Type.Object(
  {
    publicKey: Type.String({
      description:
        'a public key as an OpenSSH line, in RFC 4716 form (BEGIN SSH2 PUBLIC KEY) or in PEM form; never a private key',
    }),
    label: Type.Optional(
      Type.String({
        description: "text of at most 200 characters; the key's own comment if absent",
      }),
    ),
    expiresAt: Type.Optional(timeOrNull),
  },
  closed,
);
const params = Type.Object({ username: Type.String() });
const oneParams = Type.Object({ username: Type.String(), id: Type.String() });
const tags = ['keys'];

export function keyRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { accounts } = parts;
  app.get(
    '/v1/users/:username/keys',
    {
      config: { scope: 'keys:read' },
      schema: {
        operationId: 'listUserKeys',
        tags,
        summary: 'Keys of a user, the oldest first',
        params,
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(UserKeyRef), ...problems },
      },
    },
    async ({ params, query }) => {
      const keys = await accounts.listKeys(params.username);
      const page = pageInMemory(
        'keys',
        keys,
        (key) => `${isoOf(key.createdAtMs)} ${key.id}`,
        query,
      );
      return { items: page.items.map(shown), nextCursor: page.nextCursor };
    },
  );
  app.get(
    '/v1/users/:username/keys/:id',
    {
      config: { scope: 'keys:read' },
      schema: {
        operationId: 'getUserKey',
        tags,
        summary: 'One key',
        params: oneParams,
        response: { 200: UserKeyRef, ...problems },
      },
    },
    async ({ params }) => shown(await accounts.getKey(params.username, params.id)),
  );
  app.post(
    '/v1/users/:username/keys',
    {
      config: { scope: 'keys:write' },
      schema: {
        operationId: 'addUserKey',
        tags,
        summary: 'Add a public key to a user',
        params,
        body: NewUserKey,
        response: { ...created(UserKeyRef), ...problems },
      },
    },
    async (request, reply) => {
      const { username } = request.params;
      const { expiresAt, ...rest } = request.body;
      const key = await accounts.addKey(originOf(request), username, {
        ...rest,
        ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
      });
      return reply
        .code(201)
        .header('location', `/v1/users/${username}/keys/${key.id}`)
        .send(shown(key));
    },
  );
  app.delete(
    '/v1/users/:username/keys/:id',
    {
      config: { scope: 'keys:write' },
      schema: {
        operationId: 'removeUserKey',
        tags,
        summary: "Remove a key, and end the user's logins",
        params: oneParams,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const { username, id } = request.params;
      await accounts.removeKey(originOf(request), username, id);
      return reply.code(204).send(null);
    },
  );
}

function shown(key: UserKey): Static<typeof UserKeySchema> {
  return {
    id: key.id,
    type: key.type,
    bits: key.bits,
    fingerprint: key.fingerprint,
    publicKey: key.publicKey,
    label: key.label,
    expiresAt: isoOf(key.expiresAtMs),
    createdAt: isoOf(key.createdAtMs),
    lastUsedAt: isoOf(key.lastUsedAtMs),
    lastUsedFrom: key.lastUsedFrom,
  };
}
