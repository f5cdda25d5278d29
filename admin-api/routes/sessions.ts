import { Type, type Static } from 'typebox';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { LiveTransfer } from '../../server/files/live-view.ts';
import { pageInMemory } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { RouteParameters } from '../preconditions.ts';
import { closed, noContent, pageOf, pageQuery, problems, reference, time } from '../schemas.ts';
import { isoOf } from '../times.ts';

const OpenFile = Type.Object({
  transferId: Type.String(),
  agency: Type.String(),
  path: Type.String({ description: "inside the agency's tree, as it was when it was opened" }),
  direction: Type.Enum(['upload', 'download']),
  bytes: Type.Integer({ description: 'so far, as last heard' }),
  size: Type.Union([Type.Integer(), Type.Null()], { description: 'null of an upload' }),
});

export const SessionSchema = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    agency: Type.String(),
    source: Type.String({ description: 'address:port' }),
    client: Type.String({ description: 'its identification string' }),
    algorithms: Type.Record(Type.String(), Type.String(), {
      description: 'as negotiated: kex, hostKey, cipher, mac',
    }),
    proofs: Type.Array(Type.String(), { description: 'what the login showed, in order' }),
    startedAt: time,
    bytesRead: Type.Integer({ description: 'of files, to the client, as last heard' }),
    bytesWritten: Type.Integer({ description: 'of files, from the client, as last heard' }),
    readBytesPerSecond: Type.Integer({ description: 'over the last ten seconds' }),
    writtenBytesPerSecond: Type.Integer({ description: 'over the last ten seconds' }),
    openFiles: Type.Array(OpenFile),
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
  const { authentication, live } = parts;
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => sessionWith(id).agencyCode,
  };
  app.get(
    '/v1/sessions',
    {
      config: { scope: 'sessions:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'Logins that are up, the oldest first, with what they move',
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
      const transfers = live.transfers();
      return {
        items: page.items.map((each) => shown(each, transfers.get(each.sessionId))),
        nextCursor: page.nextCursor,
      };
    },
  );
  app.get(
    '/v1/sessions/:id',
    {
      config: { scope: 'sessions:read', agency: ofAgency },
      schema: {
        operationId: 'getSession',
        tags,
        summary: 'One login, with what it moves',
        params,
        response: { 200: SessionRef, ...problems },
      },
    },
    async ({ params: { id } }) => shown(sessionWith(id), live.transfers().get(id)),
  );
  app.delete(
    '/v1/sessions/:id',
    {
      config: { scope: 'sessions:write', agency: ofAgency },
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

  function shown(
    session: LiveSession,
    transfers: readonly LiveTransfer[] = [],
  ): Static<typeof SessionSchema> {
    return {
      id: session.sessionId,
      username: session.username,
      agency: session.agencyCode,
      source: session.source,
      client: session.client,
      algorithms: { ...session.algorithms },
      proofs: [...session.proofs],
      startedAt: isoOf(session.startedAtMs),
      ...live.trafficOf(session.sessionId),
      openFiles: transfers.map(({ id, agency, path, direction, bytes, size }) => ({
        transferId: id,
        agency,
        path,
        direction,
        bytes,
        size,
      })),
    };
  }
}
