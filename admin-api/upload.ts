import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { ContentWriter, type FinishedContent } from '../server/blobs/content-writer.ts';
import { Fault, refusalOf } from '../server/domain/faults.ts';
import { limits } from '../server/domain/limits.ts';
import type { Over, UploadEnd, UploadOpening } from '../server/files/admin-changes.ts';
import { digestsIn } from './digest-headers.ts';
import { holderOf } from './origin.ts';
import type { AdminApiParts } from './parts.ts';

export type UploadParts = Pick<AdminApiParts, 'adminChanges' | 'store' | 'onFault'>;

/**
 * Receives the body of a request as the content of a file, at the speed of the disk, and publishes it as the CLOSE of an
 * SFTP upload does: the answer is sent once content and entry are durable. Of what is cut off, or is not what its
 * digest says, nothing stays but the records.
 *
 * @throws Fault `media-type-unsupported`, `digest-mismatch`, `storage-full`, `quota-exceeded`, and what `beginUpload` throws
 */
export async function receiveContent(
  { adminChanges, store, onFault }: UploadParts,
  request: FastifyRequest,
  where: { readonly agencyCode: string; readonly path: string },
): Promise<UploadEnd> {
  const digests = digestsIn(request);
  // Fastify asks for a type only where there is a body, and without one it has nothing to hand over.
  if (request.headers['content-type'] === undefined)
    throw new Fault('media-type-unsupported', 'say Content-Type: application/octet-stream');
  const over = overIn(request);
  const opening = await adminChanges.beginUpload(holderOf(request), { ...where, over });
  const { openId } = opening;
  let writer: ContentWriter | undefined;
  const counted = { bytes: 0 };
  let finished: FinishedContent;
  try {
    checkSize(opening, Number(request.headers['content-length'] ?? 0));
    const { inlineBytesMax } = limits;
    writer = await ContentWriter.create(store, opening.blob, null, { inlineBytesMax });
    await takeBody(request, writer, (bytes) => {
      checkSize(opening, bytes);
      counted.bytes = bytes;
      adminChanges.noteProgress(openId, bytes);
    });
    finished = await writer.finish();
    const { sha256 } = finished;
    if (digests.some((digest) => digest !== sha256))
      throw new Fault('digest-mismatch', `what arrived has the SHA-256 ${sha256}`);
  } catch (error) {
    // What keeps it from that keeps nothing of the records: the file goes with its blob.
    await writer?.discard().catch(() => undefined);
    const { code } = refusalOf(error);
    const reason = code === 'internal' ? undefined : code;
    // Where that cannot be recorded now it is later: the caller hears of what is wrong with the upload.
    await adminChanges.dropUpload(openId, counted.bytes, reason).catch(onFault);
    throw error;
  }
  const { content } = writer;
  const bytesWritten = counted.bytes;
  const report = { kind: 'received', ...finished, content, bytesWritten, bytesRead: 0 } as const;
  return adminChanges.endUpload(openId, { ...report, change: {} });
}

/** What the request may replace (RFC 9110 section 13.1). The ETag of content is its SHA-256. */
function overIn({ headers }: FastifyRequest): Over {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*' && match === undefined) return 'nothing';
    throw new Fault('field-invalid', '*, alone', { pointer: '/if-none-match' });
  }
  if (match === undefined) return 'anything';
  if (match.trim() === '*') return 'something';
  return { sha256: match.split(',').map((tag) => tag.trim().replaceAll('"', '')) };
}

function checkSize(opening: UploadOpening, bytes: number): void {
  if (bytes > opening.sizeMax) throw new Fault(opening.sizeMaxFault, opening.sizeMaxReason);
}

/** `onBytes` is told how many there will be before they are taken. */
async function takeBody(
  request: FastifyRequest,
  writer: ContentWriter,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  let bytesBefore = 0;
  const watch = setInterval(() => {
    const least = (limits.stalledBytesPerSecondMin * limits.stalledMsMax) / 1000;
    if (bytes - bytesBefore < least) request.raw.destroy(new Fault('session-ended'));
    bytesBefore = bytes;
  }, limits.stalledMsMax);
  try {
    // Who is refused is still to hear why.
    for await (const piece of (request.body as Readable).iterator({ destroyOnReturn: false })) {
      const data = piece as Buffer;
      onBytes(bytes + data.length);
      await writer.write(bytes, data);
      bytes += data.length;
    }
  } catch (error) {
    if (request.raw.complete) throw error;
    // Nobody is there to be told.
    throw error instanceof Fault ? error : new Fault('session-ended', 'the body was cut off');
  } finally {
    clearInterval(watch);
  }
}
