import { Type, type Static } from 'typebox';
import type { AdminFile } from '../../server/files/admin-view.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { sendContent } from '../download.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf } from '../times.ts';

export const FileSchema = Type.Object(
  {
    id: Type.String(),
    agency: Type.String(),
    path: Type.String({ description: "inside the agency's tree" }),
    name: Type.String(),
    kind: Type.Enum(['file', 'directory']),
    size: Type.Integer({ description: 'bytes' }),
    sha256: Type.Union([Type.String(), Type.Null()], {
      description: 'of the content, hex; null for a directory',
    }),
    version: Type.Union([Type.String(), Type.Null()], {
      description: 'another one each time the content is replaced',
    }),
    transferId: stringOrNull,
    receivedAt: timeOrNull,
    receivedFrom: Type.Union([Type.String(), Type.Null()], { description: 'user name' }),
    createdAt: time,
    modifiedAt: time,
  },
  { $id: 'File', description: 'A published file or a directory' },
);
const FileRef = reference(FileSchema);

const listQuery = Type.Object(
  {
    agency: Type.String({ description: 'the code of an agency' }),
    path: Type.Optional(
      Type.String({ default: '/', description: 'a directory or a file, such as /outgoing' }),
    ),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['files'];

export function fileRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { adminFiles } = parts;
  app.get(
    '/v1/files',
    {
      config: { scope: 'files:read' },
      schema: {
        operationId: 'listFiles',
        tags,
        summary:
          'The entries of a directory in the order of their names, or the file that the path names',
        querystring: listQuery,
        response: { 200: pageOf(FileRef), ...problems },
      },
    },
    async ({ query: { agency, path = '/', limit = pageItemsDefault, cursor } }) => {
      const [after] = placeIn('files', cursor, ['string']) ?? [null];
      const { items, next } = await adminFiles.list(agency, path, after, limit);
      return {
        items: items.map(shown),
        nextCursor: cursorAt('files', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/files/:id',
    {
      config: { scope: 'files:read' },
      schema: {
        operationId: 'getFile',
        tags,
        summary: 'One file or directory',
        params,
        response: { 200: FileRef, ...problems },
      },
    },
    async ({ params }) => shown(await adminFiles.get(params.id)),
  );
  app.get(
    '/v1/files/:id/content',
    {
      config: { scope: 'files:read' },
      schema: {
        operationId: 'getFileContent',
        tags,
        summary: 'The content of a file; the download is a transfer of its own',
        params,
        response: {
          200: {
            description:
              'The bytes. The connection is cut where the stored content turns out to be corrupt.',
            headers: {
              'Content-Length': { type: 'string' },
              ETag: { type: 'string', description: 'the SHA-256 of the content, hex' },
              'Repr-Digest': { type: 'string', description: 'RFC 9530' },
              'Content-Disposition': { type: 'string' },
            },
            content: {
              'application/octet-stream': {
                schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }),
              },
            },
          },
          ...problems,
        },
      },
    },
    (request, reply) => sendContent(parts, request, reply, request.params.id),
  );
}

function shown({
  receivedAtMs,
  createdAtMs,
  modifiedAtMs,
  ...file
}: AdminFile): Static<typeof FileSchema> {
  return {
    ...file,
    receivedAt: isoOf(receivedAtMs),
    createdAt: isoOf(createdAtMs),
    modifiedAt: isoOf(modifiedAtMs),
  };
}
