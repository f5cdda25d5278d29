import { Type, type TSchema } from 'typebox';
import type { FaultCode } from '../../server/domain/faults.ts';
import { sendContent } from '../download.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { Places } from '../places.ts';
import type { RouteParameters } from '../preconditions.ts';
import { closed, problems } from '../schemas.ts';
import { receiveContent } from '../upload.ts';
import { compileValidator } from '../validation.ts';
import { FileRef, shownFile } from './files.ts';

const tags = ['files'];
const params = Type.Object({ id: Type.String() });
const versionParams = Type.Object({ id: Type.String(), versionId: Type.String() });
const place = Type.Object(
  {
    agency: Type.String({ description: 'the code of an agency' }),
    path: Type.String({ description: 'such as /incoming/cases.csv' }),
  },
  closed,
);

const binary = {
  'application/octet-stream': {
    schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }),
  },
};
const contentHeaders = {
  'Content-Length': { type: 'string' },
  'Accept-Ranges': { type: 'string', description: 'bytes' },
  ETag: { type: 'string', description: 'the SHA-256 of the content, hex' },
  'Repr-Digest': { type: 'string', description: 'RFC 9530: of all of it, also with a range' },
  'Content-Disposition': { type: 'string' },
};
const readHeaders = Type.Object({
  range: Type.Optional(
    Type.String({
      description: 'one range, such as bytes=1048576-; several are answered with all',
    }),
  ),
  'if-range': Type.Optional(Type.String({ description: 'the ETag that the range is of' })),
  'if-none-match': Type.Optional(Type.String({ description: 'the ETag of what is there already' })),
});
const whole = { description: 'All bytes', headers: contentHeaders };
const answers = {
  200: {
    ...whole,
    description:
      'All bytes. The connection is cut where the stored content turns out to be corrupt.',
    content: binary,
  },
  206: {
    description: 'The range',
    headers: { ...contentHeaders, 'Content-Range': { type: 'string' } },
    content: binary,
  },
  304: Type.Null({ description: 'That is what is there' }),
  ...problems,
};
const headAnswers = {
  200: { ...whole, description: 'What a GET would send with them', content: binary },
  304: answers[304],
  ...problems,
};

const readRefusals: readonly FaultCode[] = [
  'is-a-directory',
  'range-invalid',
  'content-corrupt',
  'conflict',
];

export function fileContentRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { adminFiles } = parts;
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => (await adminFiles.get(id)).agency,
  };
  // What answers HEAD is described, too.
  const swagger = { exposeHeadRoute: true };
  const readConfig = {
    scope: 'files:read',
    agency: ofAgency,
    refusals: readRefusals,
    swagger,
  } as const;
  const atConfig = {
    scope: 'files:read',
    agency: { query: 'agency' },
    refusals: [...readRefusals, 'not-found', 'name-invalid', 'path-too-long'],
    swagger,
  } as const;
  const about = 'each download is a transfer of its own';

  for (const [method, operation, response, does] of [
    ['GET', 'get', answers, 'The content of'],
    ['HEAD', 'head', headAnswers, 'What a GET would tell of the content of'],
  ] as const) {
    app.route({
      method,
      url: '/v1/files/:id/content',
      config: readConfig,
      schema: {
        operationId: `${operation}FileContent`,
        tags,
        summary: `${does} a file; ${about}`,
        params,
        headers: readHeaders,
        response,
      },
      handler: (request, reply) =>
        sendContent(parts, request, reply, { fileId: request.params.id }),
    });
    app.route({
      method,
      url: '/v1/files/:id/versions/:versionId/content',
      config: readConfig,
      schema: {
        operationId: `${operation}FileVersionContent`,
        tags,
        summary: `${does} a version of a file, while it is kept; ${about}`,
        params: versionParams,
        headers: readHeaders,
        response,
      },
      handler: (request, reply) => {
        const { id: fileId, versionId } = request.params;
        return sendContent(parts, request, reply, { fileId, versionId });
      },
    });
    app.route({
      method,
      url: '/v1/files/content',
      config: atConfig,
      schema: {
        operationId: `${operation}FileContentAt`,
        tags,
        summary: `${does} the file at a path; ${about}`,
        querystring: place,
        headers: readHeaders,
        response,
      },
      handler: async (request, reply) => {
        const { agency, path } = request.query;
        const { id: fileId } = await adminFiles.at(agency, path);
        return sendContent(parts, request, reply, { fileId });
      },
    });
  }
  // Apart from the others, so that bytes are taken here alone, and nothing else is.
  void app.register(async (own: AdminApp) => putContent(own, parts));
}

const writeHeaders = Type.Object({
  'repr-digest': Type.Optional(
    Type.String({ description: 'RFC 9530, sha-256; Content-Digest and Digest do as well' }),
  ),
  'if-match': Type.Optional(
    Type.String({ description: 'the ETag of the content that may be replaced; * is any' }),
  ),
  'if-none-match': Type.Optional(Type.String({ description: '*, to replace nothing' })),
});
const file = { content: { 'application/json': { schema: FileRef } } };
const madeHeaders = {
  Location: { type: 'string' },
  ETag: { type: 'string', description: 'of the content' },
};

const writeRefusals: readonly FaultCode[] = [
  'not-found',
  'parent-not-found',
  'not-a-directory',
  'is-a-directory',
  'name-invalid',
  'path-too-long',
  'permission-denied',
  'precondition-failed',
  'digest-mismatch',
  'session-ended',
  'storage-full',
  'quota-exceeded',
  'memory-short',
];

function putContent(app: AdminApp, parts: AdminApiParts): void {
  const { apiUploadsMax: max, apiUploadsPerKeyMax: perKeyMax, fileBytesMax } = parts.limits;
  const places = new Places({ max, perKeyMax, full: 'memory-short', what: 'uploads' });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body));
  // What comes is read as it comes.
  app.setValidatorCompiler<TSchema>((route) =>
    route.httpPart === 'body' ? (value: unknown) => ({ value }) : compileValidator(route),
  );
  app.put(
    '/v1/files/content',
    {
      bodyLimit: fileBytesMax,
      config: {
        scope: 'files:write',
        agency: { query: 'agency' },
        streams: true,
        ownPreconditions: true,
        refusals: writeRefusals,
      },
      schema: {
        operationId: 'putFileContent',
        tags,
        summary: 'Upload a file; the answer comes once it is published, whole and durable',
        consumes: ['application/octet-stream'],
        querystring: place,
        headers: writeHeaders,
        body: { content: binary },
        response: {
          200: { description: 'The file, which was replaced', headers: madeHeaders, ...file },
          201: { description: 'The file, which is new', headers: madeHeaders, ...file },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const release = places.take(request.administrator?.id ?? '');
      try {
        const { agency: agencyCode, path } = request.query;
        const { file, replaced } = await receiveContent(parts, request, { agencyCode, path });
        return await reply
          .code(replaced ? 200 : 201)
          .headers({ location: `/v1/files/${file.id}`, etag: `"${file.sha256}"` })
          .send(shownFile(file));
      } finally {
        release();
      }
    },
  );
}
