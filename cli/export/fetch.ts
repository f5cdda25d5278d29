import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../body.ts';
import { readChunks } from '../backup/files.ts';
import type { Client } from '../client.ts';
import { segment } from '../client.ts';
import { expectedHash } from '../download.ts';
import type { Entry } from '../download.ts';
import { CliFailure, exitCodes } from '../parts.ts';

const attemptsMax = 5;
const waitMs = 500;

export type Fetched = { readonly sha256: string; readonly bytes: number };

/**
 * Brings the content of a file to `path`, from where an earlier attempt left off, and sees that it is what was recorded
 * when it came in. What breaks off is asked for again.
 *
 * @throws CliFailure
 */
export async function fetchContent(
  client: Client,
  entry: Entry,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<Fetched> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchRest(client, entry, path, onBytes);
    } catch (error) {
      if (!(error instanceof BrokenOff) || attempt === attemptsMax) throw error;
      await sleep(waitMs * attempt);
    }
  }
}

class BrokenOff extends CliFailure {}

async function fetchRest(
  client: Client,
  entry: Entry,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<Fetched> {
  const hash = createHash('sha256');
  const there = await hashOfThere(path, hash);
  const isRest = there > 0 && there < entry.size && entry.sha256 !== null;
  const url = `/files/${segment(entry.id)}/content`;
  const headers = { range: `bytes=${there}-`, 'if-range': `"${entry.sha256}"` };
  const response = await client.download(url, isRest ? headers : {});
  const goesOn = response.status === 206;
  const content = goesOn ? hash : createHash('sha256');
  const file = await open(path, goesOn ? 'a' : 'w', 0o600);
  let bytes = goesOn ? there : 0;
  try {
    for await (const chunk of piecesOf(response)) {
      content.update(chunk);
      await file.writeFile(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const expected = expectedHash(response, entry);
  const sha256 = content.digest('hex');
  if (sha256 === expected) return { sha256, bytes };
  await rm(path, { force: true });
  throw new BrokenOff(
    exitCodes.failed,
    `it did not arrive whole: its SHA-256 is ${sha256}, and ${expected} was recorded`,
  );
}

async function hashOfThere(path: string, hash: Hash): Promise<number> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || there.size === 0) return 0;
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return there.size;
}

async function* piecesOf(response: Response): AsyncIterable<Uint8Array> {
  try {
    yield* bodyOf(response);
  } catch (error) {
    throw new BrokenOff(
      exitCodes.failed,
      `the download broke off (${(error as Error).message}); run it again, and it goes on from there`,
    );
  }
}
