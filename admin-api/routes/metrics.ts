import { Type } from 'typebox';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { problems } from '../schemas.ts';

export function metricsRoutes(app: AdminApp, { operations }: AdminApiParts): void {
  app.get(
    '/metrics',
    {
      // A scrape every few seconds tells nothing of anyone's data, and would drown the reads that do.
      config: { scope: 'metrics:read', isUnrecorded: true },
      schema: {
        operationId: 'getMetrics',
        tags: ['server'],
        summary: 'Metrics in the text format of Prometheus; the read is not recorded',
        response: {
          200: {
            description: 'The metrics',
            content: { 'text/plain': { schema: Type.String() } },
          },
          ...problems,
        },
      },
    },
    async (_request, reply) => {
      const { metrics } = operations;
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  );
}
