import { Type, type Static } from 'typebox';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import { Fault } from '../../server/domain/faults.ts';
import { pageInMemory } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, noContent, pageOf, pageQuery, problems, reference, time } from '../schemas.ts';
import { isoOf } from '../times.ts';

export const SessionSchema = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    agency: Type.String(),
    source: Type.String({ description: 'address:port' }),
    client: Type.String(),
    algorithms: Type.Record(Type.String(), Type.String()),
    proofs: Type.Array(Type.String()),
    startedAt: time,
  },
  { $id: 'Session', description: 'A login that is up' },
);
const SessionRef = reference(SessionSchema);

const listQuery = Type.Object(
  { agency: Type.Optional(Type.String()), username: Type.Optional(Type.String()), ...pageQuery },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['sessions'];

export function sessionRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { authentication } = parts;
  app.get(
    '/v1/sessions',
    {
      config: { scope: 'sessions:read' },
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'Logins that are up, the oldest first',
        querystring: listQuery,
        response: { 200: pageOf(SessionRef), ...problems },
      },
    },
    async ({ query: { agency, username, ...paging } }) => {
      const wanted = authentication
        .sessions()
        .filter(
          (each) =>
            (agency ?? each.agencyCode) === each.agencyCode &&
            (username ?? each.username) === each.username,
        );
      const page = pageInMemory(
        'sessions',
        wanted,
        (each) => `${isoOf(each.startedAtMs)} ${each.sessionId}`,
        paging,
      );
      return { items: page.items.map(shown), nextCursor: page.nextCursor };
    },
  );
  app.get(
    '/v1/sessions/:id',
    {
      config: { scope: 'sessions:read' },
      schema: {
        operationId: 'getSession',
        tags,
        summary: 'One login',
        params,
        response: { 200: SessionRef, ...problems },
      },
    },
    async ({ params }) => shown(sessionWith(params.id)),
  );
  app.delete(
    '/v1/sessions/:id',
    {
      config: { scope: 'sessions:write' },
      schema: {
        operationId: 'endSession',
        tags,
        summary: 'End a login; what it was sending stays as a partial upload',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await parts.endLogin(originOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );

  function sessionWith(id: string): LiveSession {
    const session = authentication.sessions().find((each) => each.sessionId === id);
    if (session === undefined) throw new Fault('not-found', 'no such session');
    return session;
  }
}

function shown(session: LiveSession): Static<typeof SessionSchema> {
  return {
    id: session.sessionId,
    username: session.username,
    agency: session.agencyCode,
    source: session.source,
    client: session.client,
    algorithms: { ...session.algorithms },
    proofs: [...session.proofs],
    startedAt: isoOf(session.startedAtMs),
  };
}
