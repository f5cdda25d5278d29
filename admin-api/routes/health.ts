import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { AdminKeys } from '../../server/accounts/admin-keys.ts';
import { bearerSecret } from '../authenticate.ts';
import { docsPage, docsPolicy } from '../docs/page.ts';
import { addressOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';

const publicRoute = { scope: 'public' } as const;
const ratedRoute = { scope: 'public', isRated: true, refusals: ['rate-exceeded'] } as const;
const Live = Type.Object({ status: Type.Literal('ok') });
const readiness = {
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'why it is not ready' }),
  degraded: Type.Array(Type.String(), {
    description:
      'what is not as it should be, though it serves: without a key its name alone (`disk`, `workers`, `forwarding` or `retention`), with a key that may call from here what is wrong with it, in words',
  }),
};
const Ready = Type.Object(readiness, { description: 'Ready' });
const NotReady = Type.Object(readiness, { description: 'Not ready' });

/** The only routes without a key: they tell nothing of anyone's data, and nothing that helps who means harm. */
export function healthRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { ready, operations } = parts;
  // Large, and the same for everybody: made once, when somebody asks.
  let documentText: string | undefined;
  let pageText: string | undefined;
  app.get(
    '/livez',
    {
      config: publicRoute,
      schema: {
        operationId: 'getLiveness',
        tags: ['server'],
        summary: 'Whether the process answers',
        response: { 200: Live },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      config: publicRoute,
      schema: {
        operationId: 'getReadiness',
        tags: ['server'],
        summary: 'Whether the server takes logins and calls, or why not',
        response: { 200: Ready, 503: NotReady },
      },
    },
    async (request, reply) => {
      const state = ready();
      const degraded = await operations.degraded();
      const shown = (await hasKey(parts.adminKeys, request))
        ? degraded.map(({ words }) => words)
        : [...new Set(degraded.map(({ part }) => part))];
      return reply.code(state.ready ? 200 : 503).send({
        ready: state.ready,
        reasons: [...state.reasons],
        degraded: shown,
      });
    },
  );
  app.get(
    '/openapi.json',
    {
      config: ratedRoute,
      schema: {
        operationId: 'getOpenApi',
        tags: ['server'],
        summary: 'This API as an OpenAPI 3.1 document',
        response: {
          200: {
            description: 'The document',
            content: {
              'application/json': {
                schema: Type.Unsafe<string>({ type: 'object', additionalProperties: true }),
              },
            },
          },
        },
      },
    },
    async (_request, reply) => {
      documentText ??= JSON.stringify(app.swagger());
      return reply.type('application/json; charset=utf-8').send(documentText);
    },
  );
  app.get(
    '/docs',
    {
      config: ratedRoute,
      schema: {
        operationId: 'getDocs',
        tags: ['server'],
        summary: 'This API as a page to read',
        response: {
          200: { description: 'The page', content: { 'text/html': { schema: Type.String() } } },
        },
      },
    },
    async (_request, reply) => {
      pageText ??= docsPage(app.swagger());
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', docsPolicy)
        .send(pageText);
    },
  );
}

/** Readiness is told to everybody, so a key that is wrong, or cannot be looked at now, is as none. */
async function hasKey(adminKeys: AdminKeys, request: FastifyRequest): Promise<boolean> {
  const secret = bearerSecret(request);
  if (secret === undefined) return false;
  try {
    await adminKeys.verifyAdminKey(secret, addressOf(request));
    return true;
  } catch {
    return false;
  }
}
