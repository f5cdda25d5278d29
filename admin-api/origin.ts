import type { FastifyRequest } from 'fastify';
import type { Actor, Origin } from '../server/domain/events.ts';
import type { Holder } from '../server/files/opens.ts';

const clientCharactersMax = 255;

/** Who calls, from where and in which request, for the ledger. */
export function originOf(request: FastifyRequest): Origin {
  const { administrator, approvedBy } = request;
  const actor: Actor =
    administrator === null
      ? { kind: 'nobody' }
      : {
          kind: 'admin',
          keyId: administrator.id,
          name: administrator.name,
          ...(approvedBy !== null && {
            approvedBy: { keyId: approvedBy.id, name: approvedBy.name },
          }),
        };
  return { actor, session: request.id, source: sourceOf(request) };
}

/** The peer's address as IPv4 where it is that; no header is believed. */
export function addressOf(request: FastifyRequest): string {
  return (request.raw.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

function sourceOf(request: FastifyRequest): string {
  const address = addressOf(request);
  return `${address.includes(':') ? `[${address}]` : address}:${request.raw.socket.remotePort ?? 0}`;
}

/** The caller as who holds a file open. The colon keeps its name apart from every user's. */
export function holderOf(request: FastifyRequest): Holder {
  const userAgent = request.headers['user-agent'] ?? '';
  return {
    origin: originOf(request),
    sessionId: request.id,
    userId: null,
    username: `admin:${request.administrator?.name ?? ''}`,
    client: userAgent.replace(/[^\x20-\x7e]/g, '?').slice(0, clientCharactersMax),
    quotaBytes: null,
  };
}
