import { Type, type Static } from 'typebox';
import { findFile, type AdminFile } from '../../server/files/admin-view.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { holderOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import {
  closed,
  created,
  noContent,
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
    receivedFrom: Type.Union([Type.String(), Type.Null()], {
      description: 'a user name, or admin: and the name of an admin key',
    }),
    createdAt: time,
    modifiedAt: time,
  },
  { $id: 'File', description: 'A published file or a directory' },
);
export const FileRef = reference(FileSchema);

const agency = Type.String({ description: 'the code of an agency' });
const listQuery = Type.Object(
  {
    agency,
    path: Type.Optional(
      Type.String({ default: '/', description: 'a directory or a file, such as /outgoing' }),
    ),
    prefix: Type.Optional(
      Type.String({ maxLength: 255, description: 'what the names begin with, as it is' }),
    ),
    sort: Type.Optional(
      Type.Enum(['name', '-name'], {
        default: 'name',
        description:
          'name, or -name from the end; no directory is kept in the order of anything else',
      }),
    ),
    ...pageQuery,
  },
  closed,
);
const NewDirectory = Type.Object(
  {
    agency,
    path: Type.String({ description: 'such as /outgoing/2030', examples: ['/outgoing/2030'] }),
    kind: Type.Literal('directory', {
      description: 'directory; a file is made by PUT /v1/files/content',
    }),
  },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['files'];

/** A file or a directory, which changes by what is sent to it and not by being read. */
export const fileResource: Resource = {
  read: async (reader, { id = '' }) => shownFile((await findFile(reader, id)).file),
};

export function fileRoutes(app: AdminApp, { adminFiles, adminChanges }: AdminApiParts): void {
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => (await adminFiles.get(id)).agency,
  };
  app.get(
    '/v1/files',
    {
      config: { scope: 'files:read', agency: { query: 'agency' }, refusals: ['not-found'] },
      schema: {
        operationId: 'listFiles',
        tags,
        summary:
          'The entries of a directory in the order of their names, or the file that the path names',
        querystring: listQuery,
        response: { 200: pageOf(FileRef), ...problems },
      },
    },
    async ({
      query: { agency: agencyCode, path = '/', limit = pageItemsDefault, cursor, sort, prefix },
    }) => {
      const descending = sort === '-name';
      const list = descending ? 'files -name' : 'files';
      const [after] = placeIn(list, cursor, ['string']) ?? [null];
      const { items, next } = await adminFiles.list(
        { agencyCode, path, descending, ...(prefix !== undefined && { prefix }) },
        { after, max: limit },
      );
      return {
        items: items.map(shownFile),
        nextCursor: cursorAt(list, next === null ? null : [next]),
      };
    },
  );
  app.post(
    '/v1/files',
    {
      config: {
        scope: 'files:write',
        agency: { body: 'agency' },
        makes: fileResource,
        refusals: [
          'not-found',
          'parent-not-found',
          'not-a-directory',
          'already-exists',
          'name-invalid',
          'path-too-long',
          'permission-denied',
        ],
      },
      schema: {
        operationId: 'createDirectory',
        tags,
        summary: 'Make a directory',
        body: NewDirectory,
        response: { ...created(FileRef), ...problems },
      },
    },
    async (request, reply) => {
      const { agency: agencyCode, path } = request.body;
      const made = await adminChanges.makeDirectory(holderOf(request), { agencyCode, path });
      return reply.code(201).header('location', `/v1/files/${made.id}`).send(shownFile(made));
    },
  );
  app.get(
    '/v1/files/:id',
    {
      config: { scope: 'files:read', agency: ofAgency, resource: fileResource },
      schema: {
        operationId: 'getFile',
        tags,
        summary: 'One file or directory',
        params,
        response: { 200: FileRef, ...problems },
      },
    },
    async ({ params }) => shownFile(await adminFiles.get(params.id)),
  );
  app.delete(
    '/v1/files/:id',
    {
      config: {
        scope: 'files:write',
        agency: ofAgency,
        resource: fileResource,
        refusals: ['directory-not-empty', 'permission-denied'],
      },
      schema: {
        operationId: 'removeFile',
        tags,
        summary: 'Destroy a file with its earlier versions, or take away an empty directory',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await adminChanges.remove(holderOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

export function shownFile({
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
