import { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawProblem } from './faults.ts';
import type { AdminApp } from './parts.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is read as it comes, and may take as long as it goes on coming. */
    streams?: boolean;
  }
}

/** A client that was answered before it had sent all gets so long to read that. */
const lingerMs = 2_000;

/**
 * Cuts off who sends a body too slowly. Node has such a limit for a whole server, and uploads may take hours; the time
 * for the head of a request stays Node's.
 */
export function limitBodyTime(app: AdminApp, msMax: number): void {
  app.addHook('onRequest', async (request, reply) => {
    // A change that was approved is carried out without one, and its body is there already.
    if (!(request.raw.socket instanceof Socket)) return;
    const timer =
      request.routeOptions.config.streams === true
        ? undefined
        : setTimeout(() => cutOff(request, reply), msMax).unref();
    reply.raw.once('close', () => clearTimeout(timer));
    reply.raw.once('finish', () => {
      clearTimeout(timer);
      if (!request.raw.complete) setTimeout(() => cutOff(request, reply), lingerMs).unref();
    });
  });
}

function cutOff({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete || raw.destroyed) return;
  if (reply.raw.headersSent) raw.destroy();
  else
    raw.socket.end(
      rawProblem(Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })),
    );
}
