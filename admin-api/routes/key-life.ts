import { Type } from 'typebox';
import { keyStates } from '../../server/accounts/key-list.ts';
import { overlapDaysDefault, overlapDaysMax } from '../../server/accounts/user-keys.ts';
import { cursorAt, pageItemsDefault, sortedPlaceIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, created, pageOf, pageQuery, problems, reference } from '../schemas.ts';
import { msOrNullOf } from '../times.ts';
import { deviceRules, newKeyFields, shownKey, UserKeyRef, UserKeySchema } from './keys.ts';

export const OwnedKeySchema = Type.Object(
  {
    username: Type.String(),
    agency: Type.String(),
    userStatus: Type.Enum(['active', 'disabled', 'removed']),
    ...UserKeySchema.properties,
  },
  { $id: 'OwnedKey', description: 'A public key and whose it is' },
);

export const KeyRotationSchema = Type.Object(
  { added: UserKeyRef, replaced: UserKeyRef },
  {
    $id: 'KeyRotation',
    description: 'The key that takes over, and the one that it takes over from',
  },
);

const RotationRequest = Type.Object(
  {
    ...newKeyFields,
    ...deviceRules,
    label: Type.Optional(
      Type.String({
        description:
          "text of at most 200 characters; if absent the key's own comment, or else the label of the old key",
      }),
    ),
    overlapDays: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: overlapDaysMax,
        default: overlapDaysDefault,
        description: `a whole number of days from 0 to ${overlapDaysMax} for which the old key goes on working; 0 ends it, and the user's logins, at once`,
      }),
    ),
  },
  closed,
);

const reportQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Enum([...keyStates], {
        description:
          'unused (not for `days`, 90 if absent), weak (would not be taken today), expiring (within `days`, 30 if absent) or expired',
      }),
    ),
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: 'a whole number from 1 to 3650' }),
    ),
    agency: Type.Optional(Type.String({ description: 'the code of an agency' })),
    fingerprint: Type.Optional(
      Type.String({ maxLength: 100, description: 'SHA256:..., to see who has this key' }),
    ),
    ...pageQuery,
  },
  closed,
);
const tags = ['keys'];

export function keyLifeRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  app.get(
    '/v1/keys',
    {
      config: { scope: 'keys:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listKeys',
        tags,
        summary:
          'Keys of all users: which are unused, weak, about to expire or expired, the most urgent first',
        querystring: reportQuery,
        response: { 200: pageOf(reference(OwnedKeySchema)), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const list = `keys ${filter.state ?? ''}`;
      const after = sortedPlaceIn(list, cursor, filter.state === undefined ? 'string' : 'number');
      const { items, next } = await accounts.listKeysOfAll({ limit, after, ...filter });
      return {
        items: items.map(({ username, agency, userStatus, ...key }) => ({
          username,
          agency,
          userStatus,
          ...shownKey(key),
        })),
        nextCursor: cursorAt(list, next),
      };
    },
  );
  app.post(
    '/v1/users/:username/keys/:id/rotations',
    {
      config: {
        scope: 'keys:write',
        refusals: ['conflict', 'key-weak', 'key-private'],
        agency: { of: async ({ username = '' }) => (await accounts.getUser(username)).agency },
      },
      schema: {
        operationId: 'rotateUserKey',
        tags,
        summary: 'Put a new key in the place of one, which goes on working for some days',
        params: Type.Object({ username: Type.String(), id: Type.String() }),
        body: RotationRequest,
        response: { ...created(reference(KeyRotationSchema)), ...problems },
      },
    },
    async (request, reply) => {
      const { username, id } = request.params;
      const { expiresAt, ...rest } = request.body;
      const { added, replaced } = await accounts.rotateKey(originOf(request), username, id, {
        ...rest,
        ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
      });
      return reply
        .code(201)
        .header('location', `/v1/users/${username}/keys/${added.id}`)
        .send({ added: shownKey(added), replaced: shownKey(replaced) });
    },
  );
}
