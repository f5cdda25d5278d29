import { Readable, finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContentReader } from '../server/blobs/content-reader.ts';
import { refusalOf } from '../server/domain/faults.ts';
import type { FaultCode } from '../server/domain/faults.ts';
import type { FileOpening } from '../server/files/admin-view.ts';
import { holderOf } from './origin.ts';
import type { AdminApiParts } from './parts.ts';

type DownloadParts = Pick<AdminApiParts, 'adminFiles' | 'store' | 'onFault'>;

const pieceBytes = 256 * 1024;

/**
 * Sends the content of a file, as fast as the client takes it. The first piece is read before the answer starts, so that
 * what is corrupt from the start is a problem; what turns out to be corrupt later cuts the connection, and
 * Content-Length tells the client that the rest is missing.
 */
export async function sendContent(
  parts: DownloadParts,
  request: FastifyRequest,
  reply: FastifyReply,
  entryId: string,
): Promise<FastifyReply> {
  const opening = await parts.adminFiles.open(holderOf(request), entryId);
  const content = await startContent(parts, opening);
  content.on('error', parts.onFault);
  // Also when a hook refuses to send, or the client leaves before the first byte.
  finished(reply.raw, (error) => {
    content.destroy();
    const whole =
      error === undefined || error === null ? content.bytesSent === opening.grant.size : false;
    parts.adminFiles
      .close(opening.openId, content.bytesSent, whole, content.failure)
      .catch(parts.onFault);
  });
  return reply
    .headers({
      'content-type': 'application/octet-stream',
      'content-length': String(opening.grant.size),
      'content-disposition': dispositionOf(opening.file.name),
      ...digestHeaders(opening.grant.sha256),
    })
    .send(content);
}

async function startContent(
  parts: DownloadParts,
  { openId, grant }: FileOpening,
): Promise<ContentStream> {
  let reader: ContentReader | undefined;
  try {
    reader = await ContentReader.open(parts.store, grant);
    return new ContentStream(reader, await reader.read(0, pieceBytes));
  } catch (error) {
    await reader?.close();
    await parts.adminFiles.close(openId, 0, false, refusalOf(error).code);
    throw error;
  }
}

class ContentStream extends Readable {
  readonly #reader: ContentReader;
  #first: Buffer | null;
  /** Bytes handed to the response. */
  bytesSent = 0;
  /** What cut it off, if something did. */
  failure: FaultCode | undefined;

  constructor(reader: ContentReader, first: Buffer) {
    super({ highWaterMark: pieceBytes });
    this.#reader = reader;
    this.#first = first;
  }

  override _read(): void {
    this.#pushNext().catch((error: unknown) => {
      this.failure = refusalOf(error).code;
      this.destroy(error as Error);
    });
  }

  async #pushNext(): Promise<void> {
    const piece = this.#first ?? (await this.#reader.read(this.bytesSent, pieceBytes));
    this.#first = null;
    if (this.destroyed) return;
    this.bytesSent += piece.length;
    this.push(piece.length === 0 ? null : piece);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#reader.close().then(
      () => done(error),
      () => done(error),
    );
  }
}

function digestHeaders(sha256: string | null): Record<string, string> {
  if (sha256 === null) return {};
  // RFC 9530 section 3.
  return {
    etag: `"${sha256}"`,
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  };
}

/** RFC 6266: a plain name for old clients, and the real one in the form of RFC 8187. */
export function dispositionOf(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
