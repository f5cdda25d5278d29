import { Type, type Static } from 'typebox';
import { sourceGroup } from '../../server/domain/addresses.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { Penalty } from '../../server/domain/penalties.ts';
import { pageInMemory } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, noContent, pageOf, pageQuery, problems, reference, time } from '../schemas.ts';
import { isoOf } from '../times.ts';

export const BanSchema = Type.Object(
  {
    source: Type.String({
      description: 'an IPv4 address, or an IPv6 /64',
      examples: ['198.51.100.23'],
    }),
    reason: Type.String({
      description: 'what it was for, the last one',
      examples: ['password-wrong'],
    }),
    failures: Type.Integer({ description: 'failures that are counted so far' }),
    refusedConnections: Type.Integer({
      description: 'connections that were closed without a word',
    }),
    since: time,
    until: time,
  },
  { $id: 'Ban', description: 'A source whose connections are closed for a while' },
);
const BanRef = reference(BanSchema);

const params = Type.Object({
  source: Type.String({
    description: 'an address, or a block such as 2001:db8:0:1::/64 with its slash as %2F',
    examples: ['198.51.100.23'],
  }),
});
const tags = ['bans'];

export function banRoutes(app: AdminApp, { penalties, database, ledger }: AdminApiParts): void {
  app.get(
    '/v1/bans',
    {
      config: { scope: 'bans:read' },
      schema: {
        operationId: 'listBans',
        tags,
        summary: 'Sources that are kept out now, in the order of their text',
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(BanRef), ...problems },
      },
    },
    async ({ query }) => {
      const page = pageInMemory('bans', penalties.list(), ({ source }) => source, query);
      return { items: page.items.map(shown), nextCursor: page.nextCursor };
    },
  );
  app.delete(
    '/v1/bans/:source',
    {
      config: { scope: 'bans:write' },
      schema: {
        operationId: 'liftBan',
        tags,
        summary: 'Let a source in again; an IPv6 address stands for its /64',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const source = sourceGroup(request.params.source);
      const ban = penalties.list().find((each) => each.source === source);
      if (ban === undefined) throw new Fault('not-found', 'that source is not banned');
      const { reason, failures, refused, untilMs } = ban;
      const before = { reason, failures, refused, until: isoOf(untilMs) };
      const event = { event: 'ban.lifted.1', banned: source, before, after: null } as const;
      // First the row: what cannot be recorded is not done.
      const origin = originOf(request);
      await database.write(
        (unit) => ledger.append(unit, { origin, outcome: 'success', reason: null, event }),
        { by: origin },
      );
      penalties.lift(source);
      return reply.code(204).send(null);
    },
  );
}

function shown(ban: Penalty): Static<typeof BanSchema> {
  return {
    source: ban.source,
    reason: ban.reason,
    failures: ban.failures,
    refusedConnections: ban.refused,
    since: isoOf(ban.sinceMs),
    until: isoOf(ban.untilMs),
  };
}
