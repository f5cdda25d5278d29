import { Type, type Static } from 'typebox';
import type { ForwarderState, ForwarderStatus } from '../../server/forwarding/forwarder.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, pageOf, problems, reference, stringOrNull, timeOrNull } from '../schemas.ts';
import { isoOf } from '../times.ts';

const state = Type.Enum(['waiting', 'sending', 'failing', 'paused'] as ForwarderState[], {
  description: 'waiting for new rows, sending some, trying again after a failure, or paused',
});

export const ForwarderSchema = Type.Object(
  {
    name: Type.String({ description: 'syslog or webhook', examples: ['syslog'] }),
    destination: Type.String({ examples: ['tls://siem.example.ca.gov:6514'] }),
    state,
    lastSeq: Type.Integer({ description: 'the newest row of the ledger that it is known to have' }),
    lagRows: Type.Integer({ description: 'rows that it is not known to have' }),
    waitingSince: timeOrNull,
    lastError: stringOrNull,
    failingSince: timeOrNull,
    rowsDelivered: Type.Integer({ description: 'since the server started' }),
    failures: Type.Integer({ description: 'since the server started' }),
  },
  { $id: 'Forwarder', description: 'A destination that the ledger is forwarded to' },
);
const ForwarderRef = reference(ForwarderSchema);

const params = Type.Object({
  name: Type.String({ description: 'syslog or webhook', examples: ['syslog'] }),
});
const change = Type.Object(
  {
    paused: Type.Optional(Type.Boolean({ description: 'true has it wait, for however long' })),
    lastSeq: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'the row to send again from behind; 0 for all of the ledger',
      }),
    ),
  },
  closed,
);
const tags = ['audit'];

export function forwarderRoutes(app: AdminApp, { operations }: AdminApiParts): void {
  const { forwarders } = operations;
  app.get(
    '/v1/forwarders',
    {
      config: { scope: 'forwarders:read' },
      schema: {
        operationId: 'listForwarders',
        tags,
        summary: 'Destinations that the configuration has the ledger forwarded to',
        response: { 200: pageOf(ForwarderRef), ...problems },
      },
    },
    async () => ({ items: (await forwarders.list()).map(shown), nextCursor: null }),
  );
  app.get(
    '/v1/forwarders/:name',
    {
      config: { scope: 'forwarders:read' },
      schema: {
        operationId: 'getForwarder',
        tags,
        summary: 'One destination: how far it is, and what it fails at',
        params,
        response: { 200: ForwarderRef, ...problems },
      },
    },
    async ({ params: { name } }) => shown(await forwarders.get(name)),
  );
  app.patch(
    '/v1/forwarders/:name',
    {
      config: { scope: 'forwarders:write' },
      schema: {
        operationId: 'changeForwarder',
        tags,
        summary: 'Pause a destination, let it go on, or have rows sent to it again',
        params,
        body: change,
        response: { 200: ForwarderRef, ...problems },
      },
    },
    async (request) => {
      const { name } = request.params;
      return shown(await forwarders.change(originOf(request), name, request.body));
    },
  );
}

function shown(status: ForwarderStatus): Static<typeof ForwarderSchema> {
  const timeOf = (ms: number | null) => (ms === null ? null : isoOf(ms));
  return {
    name: status.name,
    destination: status.destination,
    state: status.state,
    lastSeq: status.lastSeq,
    lagRows: status.lagRows,
    waitingSince: timeOf(status.waitingSinceMs),
    lastError: status.lastError,
    failingSince: timeOf(status.failingSinceMs),
    rowsDelivered: status.rowsDelivered,
    failures: status.failures,
  };
}
