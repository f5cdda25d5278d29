import { Type, type Static } from 'typebox';
import type { Transfer } from '../../server/files/transfers.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  integerOrNull,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf, msOf } from '../times.ts';

const direction = Type.Enum(['upload', 'download'], { description: 'upload or download' });
/** As `TransferState` in server/domain/events.ts. */
const state = Type.Enum(
  [
    'receiving',
    'published',
    'partial',
    'unchanged',
    'sending',
    'completed',
    'incomplete',
    'discarded',
  ],
  {
    description:
      'receiving, published, partial, unchanged, sending, completed, incomplete or discarded',
  },
);

export const TransferSchema = Type.Object(
  {
    id: Type.String(),
    direction,
    username: Type.String({ description: 'a user name, or admin: and the name of an admin key' }),
    agency: Type.String(),
    path: Type.String(),
    fileId: stringOrNull,
    sessionId: Type.String(),
    source: Type.String(),
    client: Type.String(),
    state,
    bytes: Type.Integer({ description: 'that went over the wire; while it runs, as last heard' }),
    size: integerOrNull,
    sha256: stringOrNull,
    startedAt: time,
    endedAt: timeOrNull,
  },
  { $id: 'Transfer', description: 'One upload or download' },
);
const TransferRef = reference(TransferSchema);

const listQuery = Type.Object(
  {
    agency: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
    state: Type.Optional(state),
    direction: Type.Optional(direction),
    path: Type.Optional(Type.String()),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hex digits' }),
    ),
    from: Type.Optional(time),
    to: Type.Optional(time),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['transfers'];

export function transferRoutes(app: AdminApp, { transfers }: AdminApiParts): void {
  app.get(
    '/v1/transfers',
    {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'listTransfers',
        tags,
        summary: 'Uploads and downloads, the newest first; from and to are about the start',
        querystring: listQuery,
        response: { 200: pageOf(TransferRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, from, to, ...equal } }) => {
      const place = placeIn('transfers', cursor, ['number', 'string']);
      const after = place === null ? null : { startedAtMs: place[0], id: place[1] };
      const filter = {
        ...equal,
        ...(from !== undefined && { fromMs: msOf(from, '/from') }),
        ...(to !== undefined && { toMs: msOf(to, '/to') }),
      };
      const { items, next } = await transfers.listTransfers(filter, { after, limit });
      const nextCursor = cursorAt('transfers', next === null ? null : [next.startedAtMs, next.id]);
      return { items: items.map(shown), nextCursor };
    },
  );
  app.get(
    '/v1/transfers/:id',
    {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'getTransfer',
        tags,
        summary: 'One transfer',
        params,
        response: { 200: TransferRef, ...problems },
      },
    },
    async ({ params }) => shown(await transfers.getTransfer(params.id)),
  );
}

function shown({
  startedAtMs,
  endedAtMs,
  state,
  ...transfer
}: Transfer): Static<typeof TransferSchema> {
  return {
    ...transfer,
    state: state as Static<typeof TransferSchema>['state'],
    startedAt: isoOf(startedAtMs),
    endedAt: isoOf(endedAtMs),
  };
}
