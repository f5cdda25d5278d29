import { Readable, finished } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { AdminApiParts } from './parts.ts';

export const streamedPageItems = 500;
/** Pieces are gathered to this much, in characters: a row for itself would cost a turn of the loop each. */
const pieceCharacters = 64 * 1024;

/**
 * Sends text of any length as fast as the client takes it, and makes no more of it before. What fails on the way cuts the
 * connection: the client knows by that that the rest is missing.
 */
export function sendPieces(
  { onFault }: Pick<AdminApiParts, 'onFault'>,
  reply: FastifyReply,
  pieces: AsyncIterable<string>,
): FastifyReply {
  const stream = Readable.from(gathered(pieces), { objectMode: true, highWaterMark: 1 });
  stream.on('error', onFault);
  // Also where the answer is refused on its way out, and nobody reads it.
  finished(reply.raw, () => stream.destroy());
  return reply.send(stream);
}

async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length < pieceCharacters) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
