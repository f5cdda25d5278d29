import { realpathSync, statSync } from 'node:fs';
import type { Api } from './api.ts';
import { measure, readChunks } from './backup/files.ts';
import type { Entry } from './download.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';

type Upload = {
  readonly api: Api;
  readonly agency: string;
  readonly path: string;
  /** A file of this machine. */
  readonly source: string;
  /** Also over a file that exists. */
  readonly force: boolean;
};

/**
 * Sends a file with its SHA-256, which the server compares with what arrived before it publishes anything. A source that
 * changes meanwhile is refused by that, too.
 */
export async function uploadFile(
  parts: CliParts,
  { api, agency, path, source, force }: Upload,
): Promise<Entry> {
  const progress = showProgress(parts);
  try {
    // Whoever names a link means the file; backups, which share the reader, follow none.
    const file = realpathSync(source);
    const { size } = statSync(file);
    progress.begin(`hash of ${source}`, size);
    const { sha256 } = await measure(file, progress.add);
    progress.begin(source, size);
    const digest = Buffer.from(sha256, 'hex').toString('base64');
    return await api.client.upload<Entry>(
      '/files/content',
      { agency, path },
      {
        bytes: streamOf(readChunks(file), progress.add),
        headers: {
          'repr-digest': `sha-256=:${digest}:`,
          ...(!force && { 'if-none-match': '*' }),
        },
      },
    );
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(exitCodes.failed, `cannot read ${source}: ${(error as Error).message}`);
  } finally {
    progress.end();
  }
}

/** As `fetch` takes it: the next chunk is read when the one before is on its way. */
function streamOf(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done === true) {
        controller.close();
        return;
      }
      onBytes(next.value.length);
      controller.enqueue(next.value);
    },
    cancel: async () => void (await iterator.return?.()),
  });
}
