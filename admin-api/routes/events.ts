import type { FastifyRequest } from 'fastify';
import { finished } from 'node:stream';
import { Type } from 'typebox';
import { hasScope } from '../../server/accounts/admin-scopes.ts';
import { bearerSecret, isRefusedKey } from '../authenticate.ts';
import { EventReader } from '../event-reader.ts';
import { LiveEvents, liveEventNames } from '../live-events.ts';
import { addressOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, problems } from '../schemas.ts';

const query = Type.Object(
  { agency: Type.Optional(Type.String({ description: 'only what happens in it' })) },
  closed,
);
const headers = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,15}$',
      description: 'the id of the last event that was seen; what came since comes first',
    }),
  ),
});

const scope = 'events:read';

export function eventRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { limits, adminKeys, onFault } = parts;
  const events = new LiveEvents({ ...parts, tail: parts.operations.tail });
  // Before it waits for the answers that are under way.
  app.addHook('preClose', async () => events.close());
  app.get(
    '/v1/events',
    {
      config: {
        scope,
        agency: { query: 'agency' },
        refusals: ['connections-exceeded'],
      },
      schema: {
        operationId: 'readEvents',
        tags: ['events'],
        summary:
          'Sessions and transfers as they come and go, and how far transfers are, as server-sent events',
        querystring: query,
        headers,
        response: {
          200: {
            description: `Events ${liveEventNames.join(', ')}. Their ids are seq of the ledger; progress has none. stream.opened comes first, stream.gap where some are not told any more, stream.closed last.`,
            content: { 'text/event-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const reader = new EventReader({
        keyId: request.administrator?.id ?? '',
        agency: request.query.agency,
        bytesQueuedMax: limits.eventBytesQueuedMax,
        farewellMsMax: limits.eventHeartbeatMs,
      });
      const lastSeq = request.headers['last-event-id'];
      events.add(reader, lastSeq === undefined ? undefined : Number(lastSeq));
      const heart = setInterval(() => {
        reader.beat();
        // A key may be removed, changed, or expire, while its stream is open.
        void finishIfWithdrawn(request, reader);
      }, limits.eventHeartbeatMs);
      reader.once('close', () => clearInterval(heart));
      reader.on('error', onFault);
      // An answer that is refused on its way out never reads it.
      finished(reply.raw, () => reader.destroy());
      return reply.type('text/event-stream').send(reader);
    },
  );

  async function finishIfWithdrawn(request: FastifyRequest, reader: EventReader): Promise<void> {
    try {
      if (!(await mayStill(request))) reader.finish('key-withdrawn');
    } catch (error) {
      onFault(error);
      reader.finish('failed');
    }
  }

  async function mayStill(request: FastifyRequest): Promise<boolean> {
    try {
      const secret = bearerSecret(request) ?? '';
      return hasScope(await adminKeys.verifyAdminKey(secret, addressOf(request)), scope);
    } catch (error) {
      if (isRefusedKey(error)) return false;
      throw error;
    }
  }
}
