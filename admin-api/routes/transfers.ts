import { Type, type Static } from 'typebox';
import type { Transfer } from '../../server/files/transfers.ts';
import { boundAgencyOf } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { RouteParameters } from '../preconditions.ts';
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

export const TransferStorySchema = Type.Object(
  {
    ...TransferSchema.properties,
    version: Type.Union(
      [
        Type.Object({
          id: Type.String(),
          state: Type.Enum(['current', 'previous', 'destroyed'], {
            description: 'whether the file still holds it',
          }),
        }),
        Type.Null(),
      ],
      { description: 'of the file, that it brought or read, while there is a record of it' },
    ),
    login: Type.Union(
      [
        Type.Object({
          at: time,
          proofs: Type.Array(Type.String()),
          algorithms: Type.Record(Type.String(), Type.String()),
        }),
        Type.Null(),
      ],
      {
        description:
          'that it was made in; null for a call of the admin API, and for a key that is bound to another agency',
      },
    ),
    ledger: Type.Object(
      { opened: integerOrNull, closed: integerOrNull },
      { description: 'seq of the rows of the ledger that tell of it' },
    ),
  },
  { $id: 'TransferStory', description: 'One upload or download, and what it has to do with' },
);
const TransferStoryRef = reference(TransferStorySchema);

const listQuery = Type.Object(
  {
    agency: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
    state: Type.Optional(state),
    direction: Type.Optional(direction),
    path: Type.Optional(Type.String({ description: 'the whole path in the tree of its agency' })),
    pathPrefix: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'what the path begins with, such as /outgoing/2030',
      }),
    ),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hex digits' }),
    ),
    session: Type.Optional(Type.String({ description: 'the id of a login, or of an API request' })),
    client: Type.Optional(Type.String({ description: 'the whole identification string' })),
    from: Type.Optional(time),
    to: Type.Optional(time),
    sort: Type.Optional(
      Type.Enum(['startedAt', '-startedAt'], {
        default: '-startedAt',
        description: 'startedAt, or -startedAt from the newest',
      }),
    ),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['transfers'];

export function transferRoutes(app: AdminApp, { transfers }: AdminApiParts): void {
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => (await transfers.getTransfer(id)).agency,
  };
  app.get(
    '/v1/transfers',
    {
      config: { scope: 'transfers:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listTransfers',
        tags,
        summary:
          'Uploads and downloads by their start, which from and to are about. A search for what is rare may answer a page with few items, or none, and a nextCursor to go on with',
        querystring: listQuery,
        response: { 200: pageOf(TransferRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, from, to, sort, ...equal } }) => {
      const oldestFirst = sort === 'startedAt';
      const list = oldestFirst ? 'transfers startedAt' : 'transfers';
      const place = placeIn(list, cursor, ['number', 'string']);
      const after = place === null ? null : { startedAtMs: place[0], id: place[1] };
      const filter = {
        ...equal,
        ...(from !== undefined && { fromMs: msOf(from, '/from') }),
        ...(to !== undefined && { toMs: msOf(to, '/to') }),
      };
      const search = { after, limit, oldestFirst };
      const { items, next } = await transfers.listTransfers(filter, search);
      const nextCursor = cursorAt(list, next === null ? null : [next.startedAtMs, next.id]);
      return { items: items.map(shown), nextCursor };
    },
  );
  app.get(
    '/v1/transfers/:id',
    {
      config: { scope: 'transfers:read', agency: ofAgency },
      schema: {
        operationId: 'getTransfer',
        tags,
        summary: 'One transfer, with its version, its login and its rows of the ledger',
        params,
        response: { 200: TransferStoryRef, ...problems },
      },
    },
    async (request) => {
      const { version, login, ledger, ...transfer } = await transfers.tellTransfer(
        request.params.id,
        boundAgencyOf(request),
      );
      return {
        ...shown(transfer),
        version,
        login: login && {
          at: isoOf(login.atMs),
          proofs: [...login.proofs],
          algorithms: { ...login.algorithms },
        },
        ledger,
      };
    },
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
