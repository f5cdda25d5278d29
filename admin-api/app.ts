import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { Fault } from '../server/domain/faults.ts';
import { authenticate } from './authenticate.ts';
import { problemOf, rawProblem, sendProblem } from './faults.ts';
import { addressOf, originOf } from './origin.ts';
import type { AdminApiParts, AdminApp } from './parts.ts';
import { Refusals } from './refusals.ts';
import { adminKeyRoutes, AdminKeySchema, CreatedAdminKeySchema } from './routes/admin-keys.ts';
import { agencyRoutes, AgencySchema } from './routes/agencies.ts';
import { auditRoutes, AuditRowSchema } from './routes/audit.ts';
import { banRoutes, BanSchema } from './routes/bans.ts';
import { fileRoutes, FileSchema } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRoutes, UserKeySchema } from './routes/keys.ts';
import { lockRoutes, LockSchema } from './routes/locks.ts';
import { passwordRoutes } from './routes/passwords.ts';
import { sessionRoutes, SessionSchema } from './routes/sessions.ts';
import { transferRoutes, TransferSchema } from './routes/transfers.ts';
import { userRoutes, PathRuleSchema, UserSchema } from './routes/users.ts';
import { ProblemSchema } from './schemas.ts';
import { compileValidator } from './validation.ts';

export type { AdminApiParts } from './parts.ts';

export type AdminApi = {
  listen(host: string, port: number): Promise<{ readonly address: string; readonly port: number }>;
  /** Waits for the calls that are under way, and cuts off what takes too long. */
  close(): Promise<void>;
};

const connectionsMax = 1000;
const urlCharactersMax = 2048;
/** Node looks for connections that are too slow this often. */
const checksMs = 1000;
const closeMsMax = 10_000;

const sharedSchemas: readonly TSchema[] = [
  ProblemSchema,
  AgencySchema,
  PathRuleSchema,
  UserSchema,
  UserKeySchema,
  LockSchema,
  BanSchema,
  SessionSchema,
  FileSchema,
  TransferSchema,
  AuditRowSchema,
  AdminKeySchema,
  CreatedAdminKeySchema,
];

export function createAdminApi(parts: AdminApiParts): AdminApi {
  const app = createAdminApp(parts);
  return {
    listen: async (host, port) => {
      await app.listen({ host, port });
      const bound = app.server.address() as AddressInfo;
      return { address: bound.address, port: bound.port };
    },
    close: async () => {
      // A download whose client does not read must not keep the server from stopping.
      const cut = setTimeout(() => app.server.closeAllConnections(), closeMsMax);
      await app.close();
      clearTimeout(cut);
    },
  };
}

/** The API before it listens; tests call it without a socket. */
export function createAdminApp(parts: AdminApiParts): AdminApp {
  const { limits } = parts;
  const app: AdminApp = fastify({
    logger: false,
    bodyLimit: limits.apiBodyBytesMax,
    requestTimeout: limits.apiRequestMsMax,
    // A download whose client has stopped reading.
    connectionTimeout: limits.idleMsMax,
    http: { headersTimeout: limits.apiHeadersMsMax, connectionsCheckingInterval: checksMs },
    // Ours alone: a name from outside would let a caller put words into the ledger.
    requestIdHeader: false,
    genReqId: () => randomBytes(16).toString('hex'),
    trustProxy: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void answerFault(parts, error, request, reply),
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawProblem(error));
      else socket.destroy();
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = connectionsMax;

  app.setValidatorCompiler(compileValidator);
  for (const schema of sharedSchemas) app.addSchema(schema);
  takeOnlyJson(app);
  app.addHook('onRoute', declareScope);
  addHooks(app, parts);
  app.register(swagger, openApiOptions(parts.version));
  app.register(async () => {
    for (const register of routes) register(app, parts);
  });
  return app;
}

const routes: readonly ((app: AdminApp, parts: AdminApiParts) => void)[] = [
  healthRoutes,
  agencyRoutes,
  userRoutes,
  keyRoutes,
  passwordRoutes,
  lockRoutes,
  banRoutes,
  sessionRoutes,
  fileRoutes,
  transferRoutes,
  auditRoutes,
  adminKeyRoutes,
];

function takeOnlyJson(app: AdminApp): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    parse,
  );
}

/** Absence means refusal: a route that does not say what it needs stops the server from starting. */
function declareScope(route: RouteOptions): void {
  const scope = route.config?.scope;
  if (scope === undefined)
    throw new Error(`the route ${String(route.method)} ${route.url} declares no scope`);
  const security = scope === 'public' ? [] : [{ apiKey: [] }];
  route.schema = {
    ...route.schema,
    security,
    ...(scope !== 'public' && { 'x-scope': scope }),
  };
}

function addHooks(app: AdminApp, parts: AdminApiParts): void {
  const refusals = new Refusals(parts);
  app.decorateRequest('administrator', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    await authenticate(parts.adminKeys, request);
    // A compressed body could grow without bound behind the limit on its size.
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw new Fault(
        'media-type-unsupported',
        'send the body as it is, without a Content-Encoding',
      );
    }
  });
  // Before the answer goes out: what cannot be recorded is not told.
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method === 'GET' && request.administrator !== null && reply.statusCode < 300) {
      await recordRead(parts, request, reply.statusCode);
    }
    return payload;
  });
  app.setErrorHandler(async (error, request, reply) => {
    try {
      await recordIfRefused(refusals, error, request);
    } catch (failure) {
      return answerFault(parts, failure, request, reply);
    }
    return answerFault(parts, error, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    answerFault(parts, new Fault('route-unknown'), request, reply),
  );
}

async function recordIfRefused(
  refusals: Refusals,
  error: unknown,
  request: FastifyRequest,
): Promise<void> {
  const { status, code: reason } = problemOf(error, request.id);
  if (status !== 401 && status !== 403) return;
  const { method, url } = request;
  await refusals.record({
    origin: originOf(request),
    address: addressOf(request),
    method,
    url,
    status,
    reason,
  });
}

function answerFault(
  { onFault }: AdminApiParts,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.status === 500) onFault(error);
  return sendProblem(reply, problem);
}

function recordRead(
  { database, ledger }: AdminApiParts,
  request: FastifyRequest,
  status: number,
): Promise<void> {
  const { method } = request;
  const url = request.url.slice(0, urlCharactersMax);
  return database.write((unit) =>
    ledger.append(unit, {
      origin: originOf(request),
      outcome: 'success',
      reason: null,
      event: { event: 'api.read.1', method, url, status },
    }),
  );
}

function openApiOptions(version: string) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Waybill admin API',
        version,
        description:
          'Provision agencies, users and keys; see sessions, files, transfers and the audit ledger.',
      },
      tags: [
        'agencies',
        'users',
        'keys',
        'passwords',
        'locks',
        'bans',
        'sessions',
        'files',
        'transfers',
        'audit',
        'admin-keys',
        'server',
      ].map((name) => ({ name })),
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http' as const,
            scheme: 'bearer',
            bearerFormat: 'wb_<id>_<secret>',
            description: 'An admin key',
          },
        },
      },
    },
    refResolver: { buildLocalReference: (json: { $id?: unknown }) => String(json.$id) },
  };
}
