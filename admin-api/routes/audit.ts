import { Type, type Static } from 'typebox';
import { searchLedger, type LedgerFilter } from '../../server/ledger/search.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, pageOf, pageQuery, problems, reference, stringOrNull, time } from '../schemas.ts';
import { msOf } from '../times.ts';

/** A row is answered whole, as it was hashed: its event decides which other fields there are. */
export const AuditRowSchema = Type.Object(
  {
    seq: Type.Integer(),
    at: time,
    event: Type.String({
      description: 'what happened, and the version of its shape, such as file.closed.1',
    }),
    outcome: Type.Enum(['success', 'refused', 'failed']),
    reason: stringOrNull,
    actor: Type.Object(
      { kind: Type.String() },
      {
        additionalProperties: true,
        examples: [{ kind: 'user', userId: '0197f3a1c2d3', username: 'amy', agency: 'alameda' }],
      },
    ),
    session: Type.Union([Type.String(), Type.Null()], {
      description: 'of a login, or the id of a request',
    }),
    source: stringOrNull,
    hash: Type.String({ description: 'SHA-256 over the row before and this one, hex' }),
  },
  { $id: 'AuditRow', description: 'A row of the ledger', additionalProperties: true },
);
const AuditRowRef = reference(AuditRowSchema);

const listQuery = Type.Object(
  {
    event: Type.Optional(Type.String()),
    outcome: Type.Optional(
      Type.Enum(['success', 'refused', 'failed'], { description: 'success, refused or failed' }),
    ),
    reason: Type.Optional(Type.String({ examples: ['password-wrong'] })),
    actor: Type.Optional(
      Type.String({
        description: 'a user name, admin:<key name>, host, server, or claimed:<name>',
      }),
    ),
    agency: Type.Optional(Type.String()),
    session: Type.Optional(Type.String()),
    path: Type.Optional(Type.String()),
    from: Type.Optional(time),
    to: Type.Optional(time),
    ...pageQuery,
  },
  closed,
);
const tags = ['audit'];

export function auditRoutes(app: AdminApp, { database, names }: AdminApiParts): void {
  app.get(
    '/v1/audit',
    {
      config: { scope: 'audit:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'searchAudit',
        tags,
        summary: 'Rows of the audit ledger, the newest first',
        querystring: listQuery,
        response: { 200: pageOf(AuditRowRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, from, to, ...equal } }) => {
      const [before] = placeIn('audit', cursor, ['number']) ?? [null];
      const filter: LedgerFilter = {
        ...equal,
        ...(from !== undefined && { fromMs: msOf(from, '/from') }),
        ...(to !== undefined && { toMs: msOf(to, '/to') }),
      };
      const { rows, next } = await searchLedger(
        database,
        filter,
        { before, rowsMax: limit },
        { names },
      );
      return {
        items: rows as Static<typeof AuditRowSchema>[],
        nextCursor: cursorAt('audit', next === null ? null : [next]),
      };
    },
  );
}
