import { Readable, finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContentReader } from '../server/blobs/content-reader.ts';
import { Fault, refusalOf, type FaultCode } from '../server/domain/faults.ts';
import type { FileContent, FileOpening } from '../server/files/admin-view.ts';
import { rangeIn, type ByteRange } from './byte-range.ts';
import { holderOf } from './origin.ts';
import type { AdminApiParts } from './parts.ts';

type DownloadParts = Pick<AdminApiParts, 'adminFiles' | 'store' | 'onFault'>;

const pieceBytes = 256 * 1024;
/** A file may be replaced between the look at it and its opening. */
const attemptsMax = 3;

/**
 * Sends the content of a file, or of one of its versions, as fast as the client takes it, whole or a range. The first
 * piece is read before the answer starts, so that what is corrupt from the start is a problem; what turns out to be
 * corrupt later cuts the connection, and Content-Length tells the client that the rest is missing. HEAD and what the
 * client has already are answered without a transfer: no content was read.
 */
export async function sendContent(
  parts: DownloadParts,
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: { readonly fileId: string; readonly versionId?: string },
): Promise<FastifyReply> {
  const { headers, method } = request;
  for (let attempt = 1; ; attempt += 1) {
    const found = await parts.adminFiles.content(wanted.fileId, wanted.versionId);
    const { size } = found;
    const etag = `"${found.sha256}"`;
    if (isNamed(headers['if-none-match'], etag)) return reply.code(304).header('etag', etag).send();
    const isOfThis = headers['if-range'] === undefined || headers['if-range'] === etag;
    const range = method === 'GET' && isOfThis ? rangeIn(headers.range, size) : null;
    if (range === 'unsatisfiable') {
      void reply.header('content-range', `bytes */${size}`);
      throw new Fault('range-invalid', `the content has ${size} bytes`);
    }
    if (method === 'HEAD') return reply.headers(headersOf(found, null)).send();
    try {
      return await send(parts, request, reply, { found, range });
    } catch (error) {
      const isGone = error instanceof Fault && error.code === 'conflict';
      if (!isGone || wanted.versionId !== undefined || attempt === attemptsMax) throw error;
    }
  }
}

type Chosen = { readonly found: FileContent; readonly range: ByteRange | null };

async function send(
  parts: DownloadParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { found, range }: Chosen,
): Promise<FastifyReply> {
  const { id } = found.file;
  const opening = await parts.adminFiles.open(holderOf(request), id, found.versionId);
  const content = await startContent(parts, opening, range ?? { start: 0, end: found.size });
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
    .code(range === null ? 200 : 206)
    .headers(headersOf(found, range))
    .send(content);
}

/** Whether a list of ETags names it, weakly compared (RFC 9110 section 13.1.2). */
function isNamed(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}

function headersOf({ file, size, sha256 }: FileContent, range: ByteRange | null) {
  const { start, end } = range ?? { start: 0, end: size };
  return {
    'content-type': 'application/octet-stream',
    'content-length': String(end - start),
    'content-disposition': dispositionOf(file.name),
    'accept-ranges': 'bytes',
    etag: `"${sha256}"`,
    // RFC 9530 section 3: of all of it, whatever part is sent.
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    ...(range !== null && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  };
}

async function startContent(
  { adminFiles, store, onFault }: DownloadParts,
  { openId, grant }: FileOpening,
  range: ByteRange,
): Promise<ContentStream> {
  let reader: ContentReader | undefined;
  try {
    reader = await ContentReader.open(store, grant);
    const first = await reader.read(range.start, Math.min(pieceBytes, range.end - range.start));
    const onSent = (bytes: number) => adminFiles.noteProgress(openId, bytes);
    return new ContentStream({ reader, range, first, onSent });
  } catch (error) {
    // Neither keeps the caller from the reason, nor the one the other from its turn.
    await reader?.close().catch(onFault);
    await adminFiles.close(openId, 0, false, refusalOf(error).code).catch(onFault);
    throw error;
  }
}

type ContentStreamParts = {
  readonly reader: ContentReader;
  readonly range: ByteRange;
  /** The piece at its start. */
  readonly first: Buffer;
  readonly onSent: (bytes: number) => void;
};

class ContentStream extends Readable {
  readonly #parts: ContentStreamParts;
  #first: Buffer | null;
  /** Bytes handed to the response. */
  bytesSent = 0;
  /** What cut it off, if something did. */
  failure: FaultCode | undefined;

  constructor(parts: ContentStreamParts) {
    super({ highWaterMark: pieceBytes });
    this.#parts = parts;
    this.#first = parts.first;
  }

  override _read(): void {
    this.#pushNext().catch((error: unknown) => {
      this.failure = refusalOf(error).code;
      this.destroy(error as Error);
    });
  }

  async #pushNext(): Promise<void> {
    const { reader, range, onSent } = this.#parts;
    const at = range.start + this.bytesSent;
    const piece = this.#first ?? (await reader.read(at, Math.min(pieceBytes, range.end - at)));
    this.#first = null;
    if (this.destroyed) return;
    this.bytesSent += piece.length;
    onSent(this.bytesSent);
    this.push(piece.length === 0 ? null : piece);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#parts.reader.close().then(
      () => done(error),
      () => done(error),
    );
  }
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
