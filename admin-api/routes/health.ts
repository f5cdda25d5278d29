import { Type } from 'typebox';
import { docsPage, docsPolicy } from '../docs/page.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';

const publicRoute = { scope: 'public' } as const;
const Live = Type.Object({ status: Type.Literal('ok') });
const readiness = {
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'why it is not ready' }),
  degraded: Type.Array(Type.String(), {
    description: 'what is not as it should be, though it serves',
  }),
};
const Ready = Type.Object(readiness, { description: 'Ready' });
const NotReady = Type.Object(readiness, { description: 'Not ready' });

/** The only routes without a key: they tell nothing of anyone's data. */
export function healthRoutes(app: AdminApp, { ready, operations }: AdminApiParts): void {
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
    async (_request, reply) => {
      const state = ready();
      return reply.code(state.ready ? 200 : 503).send({
        ready: state.ready,
        reasons: [...state.reasons],
        degraded: [...(await operations.degraded())],
      });
    },
  );
  app.get(
    '/openapi.json',
    {
      config: publicRoute,
      schema: {
        operationId: 'getOpenApi',
        tags: ['server'],
        summary: 'This API as an OpenAPI 3.1 document',
        response: {
          200: Type.Object({}, { additionalProperties: true, description: 'The document' }),
        },
      },
    },
    async () => app.swagger(),
  );
  app.get(
    '/docs',
    {
      config: publicRoute,
      schema: {
        operationId: 'getDocs',
        tags: ['server'],
        summary: 'This API as a page to read',
        response: {
          200: { description: 'The page', content: { 'text/html': { schema: Type.String() } } },
        },
      },
    },
    async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', docsPolicy)
        .send(docsPage(app.swagger())),
  );
}
