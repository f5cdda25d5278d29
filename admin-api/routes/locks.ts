import { Type, type Static } from 'typebox';
import type { LockedUser } from '../../server/accounts/locks.ts';
import { agencyOfUser } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, noContent, pageOf, pageQuery, problems, reference, time } from '../schemas.ts';
import { isoOf } from '../times.ts';
import { userResource } from './users.ts';

export const LockSchema = Type.Object(
  {
    username: Type.String(),
    agency: Type.String(),
    failedLogins: Type.Integer({ description: 'those that locked the user' }),
    lockedAt: time,
    lockedUntil: time,
  },
  { $id: 'Lock', description: 'A user who is locked after too many failed logins' },
);
const LockRef = reference(LockSchema);

const params = Type.Object({ username: Type.String() });
const tags = ['locks'];

export function lockRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  const ofAgency = agencyOfUser(accounts);
  app.get(
    '/v1/locks',
    {
      config: { scope: 'locks:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listLocks',
        tags,
        summary: 'Users who are locked now, in the order of their names',
        querystring: Type.Object({ agency: Type.Optional(Type.String()), ...pageQuery }, closed),
        response: { 200: pageOf(LockRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('locks', cursor, ['string']) ?? [null];
      const { items, next } = await accounts.listLocks({ limit, after, ...filter });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('locks', next === null ? null : [next]),
      };
    },
  );
  app.delete(
    '/v1/users/:username/lock',
    {
      config: { scope: 'locks:write', agency: ofAgency, resource: userResource },
      schema: {
        operationId: 'unlockUser',
        tags,
        summary: 'Unlock a user, and forget the failed logins',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.unlockUser(originOf(request), request.params.username);
      return reply.code(204).send(null);
    },
  );
}

function shown(lock: LockedUser): Static<typeof LockSchema> {
  return {
    username: lock.username,
    agency: lock.agency,
    failedLogins: lock.failedLogins,
    lockedAt: isoOf(lock.lockedAtMs),
    lockedUntil: isoOf(lock.lockedUntilMs),
  };
}
