import { Type, type Static } from 'typebox';
import type { AdminVersion } from '../../server/files/version-list.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { holderOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { RouteParameters } from '../preconditions.ts';
import {
  closed,
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
import { FileRef, fileResource, shownFile } from './files.ts';

export const FileVersionSchema = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum(['current', 'previous', 'destroyed'], {
      description:
        'a previous one can be read and restored; of a destroyed one this is all there is',
    }),
    size: Type.Integer({ description: 'bytes' }),
    sha256: Type.String({ description: 'of the content, hex' }),
    receivedAt: time,
    receivedFrom: Type.Union([Type.String(), Type.Null()], {
      description: 'a user name, or admin: and the name of an admin key',
    }),
    transferId: stringOrNull,
    replacedAt: timeOrNull,
  },
  { $id: 'FileVersion', description: 'What a file holds, or held' },
);
const FileVersionRef = reference(FileVersionSchema);

const listQuery = Type.Object(pageQuery, closed);
const params = Type.Object({ id: Type.String() });
const versionParams = Type.Object({ id: Type.String(), versionId: Type.String() });
const tags = ['files'];

export function fileVersionRoutes(
  app: AdminApp,
  { adminFiles, adminChanges }: AdminApiParts,
): void {
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => (await adminFiles.get(id)).agency,
  };
  app.get(
    '/v1/files/:id/versions',
    {
      config: { scope: 'files:read', agency: ofAgency, refusals: ['is-a-directory'] },
      schema: {
        operationId: 'listFileVersions',
        tags,
        summary: 'What a file holds and held, the newest first',
        params,
        querystring: listQuery,
        response: { 200: pageOf(FileVersionRef), ...problems },
      },
    },
    async ({ params, query: { limit = pageItemsDefault, cursor } }) => {
      const place = placeIn('file-versions', cursor, ['number', 'number', 'string']);
      const after =
        place === null ? null : { destroyed: place[0], replacedAtMs: place[1], id: place[2] };
      const { items, next } = await adminFiles.versions(params.id, { after, max: limit });
      return {
        items: items.map(shown),
        nextCursor: cursorAt(
          'file-versions',
          next === null ? null : [next.destroyed, next.replacedAtMs, next.id],
        ),
      };
    },
  );
  const changeConfig = {
    scope: 'files:write',
    agency: ofAgency,
    resource: fileResource,
    refusals: ['is-a-directory', 'conflict', 'permission-denied'],
  } as const;
  app.delete(
    '/v1/files/:id/versions/:versionId',
    {
      config: changeConfig,
      schema: {
        operationId: 'removeFileVersion',
        tags,
        summary: 'Destroy a previous version; only its record stays',
        params: versionParams,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const { id, versionId } = request.params;
      await adminChanges.removeVersion(holderOf(request), id, versionId);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/v1/files/:id/versions/:versionId/restoration',
    {
      config: changeConfig,
      schema: {
        operationId: 'restoreFileVersion',
        tags,
        summary:
          'Make a previous version the content again; what is that now becomes a previous one',
        params: versionParams,
        response: { 200: FileRef, ...problems },
      },
    },
    async (request) => {
      const { id, versionId } = request.params;
      return shownFile(await adminChanges.restore(holderOf(request), id, versionId));
    },
  );
}

function shown({
  receivedAtMs,
  replacedAtMs,
  ...version
}: AdminVersion): Static<typeof FileVersionSchema> {
  return { ...version, receivedAt: isoOf(receivedAtMs), replacedAt: isoOf(replacedAtMs) };
}
