import { Type, type Static } from 'typebox';
import { findKey, keyOf, type UserKey } from '../../server/accounts/key-rows.ts';
import { findUser } from '../../server/accounts/user-rows.ts';
import { agencyOfUser } from '../agency-bound.ts';
import { pageInMemory } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource } from '../preconditions.ts';
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

const touchRequired =
  'of a key in a security device (sk-): each login takes a touch of it; true unless it is set otherwise';
const verifyRequired =
  'of a key in a security device (sk-): the device must have verified the user, by a PIN or a finger';
export const deviceRules = {
  touchRequired: Type.Optional(Type.Boolean({ description: touchRequired })),
  verifyRequired: Type.Optional(Type.Boolean({ description: verifyRequired })),
};

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
    lastUsedFrom: Type.Union([Type.String(), Type.Null()], {
      description: 'address and port',
      examples: ['192.0.2.7:50022'],
    }),
    lastUsedClient: Type.Union([Type.String(), Type.Null()], {
      description: 'what the client called itself',
      examples: ['OpenSSH_9.2p1'],
    }),
    lastUsedAlgorithm: Type.Union([Type.String(), Type.Null()], {
      description: 'what the key signed with',
      examples: ['ssh-ed25519'],
    }),
    replacedBy: Type.Union([Type.String(), Type.Null()], {
      description: 'the id of the key that a rotation put in its place',
    }),
    touchRequired: Type.Boolean({ description: touchRequired }),
    verifyRequired: Type.Boolean({ description: verifyRequired }),
  },
  { $id: 'UserKey', description: 'A public key of a user' },
);
export const UserKeyRef = reference(UserKeySchema);

export const newKeyFields = {
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
};
const NewUserKey = Type.Object({ ...newKeyFields, ...deviceRules }, closed);
const KeyPatch = Type.Object(
  {
    label: Type.Optional(Type.String({ description: 'text of at most 200 characters' })),
    expiresAt: Type.Optional(timeOrNull),
    ...deviceRules,
  },
  closed,
);
const params = Type.Object({ username: Type.String() });
const oneParams = Type.Object({ username: Type.String(), id: Type.String() });
const tags = ['keys'];

const keyResource: Resource = {
  read: async (reader, { username = '', id = '' }) =>
    shownKey(keyOf(await findKey(reader, (await findUser(reader, username)).id, id))),
  volatile: ['lastUsedAt', 'lastUsedFrom', 'lastUsedClient', 'lastUsedAlgorithm'],
};

export function keyRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { accounts } = parts;
  const ofAgency = agencyOfUser(accounts);
  app.get(
    '/v1/users/:username/keys',
    {
      config: { scope: 'keys:read', agency: ofAgency },
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
      return { items: page.items.map(shownKey), nextCursor: page.nextCursor };
    },
  );
  app.get(
    '/v1/users/:username/keys/:id',
    {
      config: { scope: 'keys:read', agency: ofAgency, resource: keyResource },
      schema: {
        operationId: 'getUserKey',
        tags,
        summary: 'One key',
        params: oneParams,
        response: { 200: UserKeyRef, ...problems },
      },
    },
    async ({ params }) => shownKey(await accounts.getKey(params.username, params.id)),
  );
  app.post(
    '/v1/users/:username/keys',
    {
      config: {
        scope: 'keys:write',
        agency: ofAgency,
        makes: keyResource,
        refusals: ['conflict', 'key-weak', 'key-private'],
      },
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
        .send(shownKey(key));
    },
  );
  app.patch(
    '/v1/users/:username/keys/:id',
    {
      config: { scope: 'keys:write', agency: ofAgency, resource: keyResource },
      schema: {
        operationId: 'changeUserKey',
        tags,
        summary:
          'Change the label, the expiry or the device rules of a key (RFC 7396); what takes something away ends logins',
        params: oneParams,
        body: KeyPatch,
        response: { 200: UserKeyRef, ...problems },
      },
    },
    async (request) => {
      const { username, id } = request.params;
      const { expiresAt, ...rest } = request.body;
      const change = {
        ...rest,
        ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
      };
      const { key } = await accounts.changeKey(originOf(request), username, id, change);
      return shownKey(key);
    },
  );
  app.delete(
    '/v1/users/:username/keys/:id',
    {
      config: { scope: 'keys:write', agency: ofAgency, resource: keyResource },
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

export function shownKey(key: UserKey): Static<typeof UserKeySchema> {
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
    lastUsedClient: key.lastUsedClient,
    lastUsedAlgorithm: key.lastUsedAlgorithm,
    replacedBy: key.replacedBy,
    touchRequired: key.touchRequired,
    verifyRequired: key.verifyRequired,
  };
}
