import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { Fault } from '../server/domain/faults.ts';
import { addAccess, type Access } from './access.ts';
import { limitBodyTime } from './body-time.ts';
import { problemOf, rawProblem, sendProblem } from './faults.ts';
import { addressOf, originOf } from './origin.ts';
import { createListener } from './listener-tls.ts';
import { replayedHeader } from './idempotency.ts';
import { describeAccess } from './openapi/access.ts';
import { openApiOptions } from './openapi/options.ts';
import type { AdminApiParts, AdminApp } from './parts.ts';
import { asPrecondition } from './preconditions.ts';
import { Refusals } from './refusals.ts';
import { adminKeyRoutes, AdminKeySchema, CreatedAdminKeySchema } from './routes/admin-keys.ts';
import { agencyRoutes, AgencySchema } from './routes/agencies.ts';
import { auditRoutes, AuditRowSchema } from './routes/audit.ts';
import { auditArchiveRoutes, LedgerArchiveSchema } from './routes/audit-archives.ts';
import { auditExportRoutes } from './routes/audit-export.ts';
import { auditVerificationRoutes, CheckpointSchema } from './routes/audit-verification.ts';
import { banRoutes, BanSchema } from './routes/bans.ts';
import { certificateRoutes, CertificateSchema } from './routes/certificates.ts';
import { eventRoutes } from './routes/events.ts';
import { fileContentRoutes } from './routes/file-content.ts';
import { FileVersionSchema, fileVersionRoutes } from './routes/file-versions.ts';
import { fileRoutes, FileSchema } from './routes/files.ts';
import { forwarderRoutes, ForwarderSchema } from './routes/forwarders.ts';
import { healthRoutes } from './routes/health.ts';
import { holdRoutes, HoldSchema } from './routes/holds.ts';
import { redactionRoutes } from './routes/redactions.ts';
import { KeyRotationSchema, keyLifeRoutes, OwnedKeySchema } from './routes/key-life.ts';
import { keyRoutes, UserKeySchema } from './routes/keys.ts';
import {
  legacyInteropRoutes,
  LegacyGrantSchema,
  LegacyUseSchema,
} from './routes/legacy-interop.ts';
import { lockRoutes, LockSchema } from './routes/locks.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { passwordRoutes } from './routes/passwords.ts';
import { PendingChangeSchema, pendingChangeRoutes } from './routes/pending-changes.ts';
import { reportRoutes } from './routes/reports.ts';
import { receiptRoutes, ReceiptSchema } from './routes/receipts.ts';
import { retentionJobRoutes } from './routes/retention-jobs.ts';
import {
  RetentionClockSchema,
  retentionReportRoutes,
  RetentionReportSchema,
} from './routes/retention-report.ts';
import { retentionRunRoutes } from './routes/retention-runs.ts';
import {
  RetentionItemSchema,
  RetentionJobSchema,
  RetentionRunSchema,
} from './routes/retention-schemas.ts';
import {
  secondFactorRoutes,
  SecondFactorSchema,
  TotpEnrolmentSchema,
} from './routes/second-factors.ts';
import { ReviewSchema, reviewRoutes } from './routes/reviews.ts';
import { sessionRoutes, SessionSchema } from './routes/sessions.ts';
import { transferRoutes, TransferSchema, TransferStorySchema } from './routes/transfers.ts';
import { userImportRoutes, UserImportSchema } from './routes/user-imports.ts';
import {
  CertificateRevocationSchema,
  certificateRevocationRoutes,
} from './routes/certificate-revocations.ts';
import { userCaRoutes, UserCaSchema } from './routes/user-cas.ts';
import { userRoutes, PathRuleSchema, UserSchema } from './routes/users.ts';
import { ProblemSchema } from './schemas.ts';
import { serializationWhenWanted } from './serialization.ts';
import { compileValidator } from './validation.ts';

export type { AdminApiParts } from './parts.ts';

export type AdminApi = {
  listen(host: string, port: number): Promise<{ readonly address: string; readonly port: number }>;
  /** Forgets what was kept for long enough: answers, and changes that were decided. */
  sweep(): Promise<void>;
  /** Waits for the calls that are under way, and cuts off what takes too long. */
  close(): Promise<void>;
};

const connectionsMax = 1000;
const urlCharactersMax = 2048;
const closeMsMax = 10_000;

const sharedSchemas: readonly TSchema[] = [
  ProblemSchema,
  AgencySchema,
  PathRuleSchema,
  UserSchema,
  UserKeySchema,
  OwnedKeySchema,
  KeyRotationSchema,
  UserImportSchema,
  LockSchema,
  SecondFactorSchema,
  TotpEnrolmentSchema,
  LegacyGrantSchema,
  LegacyUseSchema,
  UserCaSchema,
  CertificateRevocationSchema,
  BanSchema,
  SessionSchema,
  FileSchema,
  FileVersionSchema,
  TransferSchema,
  TransferStorySchema,
  HoldSchema,
  RetentionRunSchema,
  RetentionJobSchema,
  RetentionItemSchema,
  RetentionReportSchema,
  RetentionClockSchema,
  CertificateSchema,
  ReceiptSchema,
  AuditRowSchema,
  CheckpointSchema,
  LedgerArchiveSchema,
  ReviewSchema,
  ForwarderSchema,
  AdminKeySchema,
  CreatedAdminKeySchema,
  PendingChangeSchema,
];

export function createAdminApi(parts: AdminApiParts): AdminApi {
  const { app, access } = createAdminApp(parts);
  return {
    sweep: access.sweep,
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
      parts.tls?.close();
    },
  };
}

/** The API before it listens, which tests call without a socket, and what holds for every request. */
export function createAdminApp(parts: AdminApiParts): {
  readonly app: AdminApp;
  readonly access: Access;
} {
  const { limits } = parts;
  const app: AdminApp = fastify({
    logger: false,
    bodyLimit: limits.apiBodyBytesMax,
    serverFactory: (answer) => createListener(answer, limits, parts.tls),
    // Ours alone: a name from outside would let a caller put words into the ledger.
    requestIdHeader: false,
    genReqId: () => randomBytes(16).toString('hex'),
    trustProxy: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildSerializer: serializationWhenWanted() } },
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
  const access = addHooks(app, parts);
  app.register(swagger, openApiOptions(parts.version));
  app.register(async () => {
    for (const register of routes) register(app, parts);
    pendingChangeRoutes(app, parts, access.twoPerson);
  });
  return { app, access };
}

const routes: readonly ((app: AdminApp, parts: AdminApiParts) => void)[] = [
  healthRoutes,
  metricsRoutes,
  agencyRoutes,
  userRoutes,
  userImportRoutes,
  keyRoutes,
  keyLifeRoutes,
  passwordRoutes,
  secondFactorRoutes,
  lockRoutes,
  legacyInteropRoutes,
  userCaRoutes,
  certificateRevocationRoutes,
  banRoutes,
  sessionRoutes,
  fileRoutes,
  fileVersionRoutes,
  fileContentRoutes,
  transferRoutes,
  holdRoutes,
  retentionJobRoutes,
  retentionRunRoutes,
  retentionReportRoutes,
  certificateRoutes,
  receiptRoutes,
  eventRoutes,
  auditRoutes,
  auditExportRoutes,
  auditVerificationRoutes,
  auditArchiveRoutes,
  reportRoutes,
  reviewRoutes,
  redactionRoutes,
  forwarderRoutes,
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
  const { scope, refusals = [], resource, makes } = route.config ?? {};
  if (scope === undefined)
    throw new Error(`the route ${String(route.method)} ${route.url} declares no scope`);
  const access = describeAccess({
    method: String(route.method),
    url: route.url,
    isPublic: scope === 'public',
    hasResource: (resource ?? makes) !== undefined,
    showsOne: showsOne(route.schema?.response),
  });
  const told = { 'x-refusals': [...refusals, ...access.refusals] };
  const security = scope === 'public' ? [] : [{ apiKey: [] }];
  route.schema = {
    ...route.schema,
    security,
    ...(scope !== 'public' && { 'x-scope': scope }),
    ...(Object.keys(access.headers).length > 0 && {
      headers: withProperties(route.schema?.headers, access.headers),
    }),
    response: { ...access.responses, ...(route.schema?.response as object | undefined) },
    ...told,
  };
}

type Shown = { readonly properties?: object };
type Answered = Shown & {
  readonly content?: Readonly<Record<string, { readonly schema?: Shown }>>;
};

/** A page has no ETag, and a stream or a text has none. */
function showsOne(response: unknown): boolean {
  const { 200: good = {} } = (response ?? {}) as { 200?: Answered };
  const { content } = good;
  const { properties } = content?.['application/json']?.schema ?? good;
  const isPage = properties !== undefined && 'items' in properties;
  const types = Object.keys(content ?? {});
  const isTagged = ['application/octet-stream', 'application/json'].some((type) =>
    types.includes(type),
  );
  return !isPage && (content === undefined || isTagged);
}

function withProperties(own: unknown, more: Readonly<Record<string, TSchema>>): TSchema {
  const properties = (own as { properties?: Record<string, TSchema> } | undefined)?.properties;
  return Type.Object({ ...more, ...properties });
}

function addHooks(app: AdminApp, parts: AdminApiParts): Access {
  const refusals = new Refusals(parts);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
  limitBodyTime(app, parts.limits.apiRequestMsMax);
  const access = addAccess(app, parts);
  app.addHook('onRequest', async (request) => {
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
    const { isUnrecorded = false } = request.routeOptions.config;
    const isRead = request.administrator !== null && readsOnly(request, reply);
    if (isRead && !isUnrecorded && isTold(reply.statusCode)) {
      await recordRead(parts, request, reply.statusCode);
    }
    return payload;
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = asPrecondition(request, thrown);
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
  return access;
}

/** Also who is told again what was answered before. */
function readsOnly(request: FastifyRequest, reply: FastifyReply): boolean {
  const { method, routeOptions } = request;
  return (
    ['GET', 'HEAD'].includes(method) ||
    reply.hasHeader(replayedHeader) ||
    routeOptions.config.isRead?.(request) === true
  );
}

/** Also that nothing has changed. */
function isTold(status: number): boolean {
  return status < 300 || status === 304;
}

async function recordIfRefused(
  refusals: Refusals,
  error: unknown,
  request: FastifyRequest,
): Promise<void> {
  const { status, code: reason } = problemOf(error, request.id);
  if (status !== 401 && status !== 403 && status !== 429) return;
  const { method, url, administrator } = request;
  await refusals.record({
    origin: originOf(request),
    address: administrator === null ? addressOf(request) : administrator.id,
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
