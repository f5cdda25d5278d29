import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { bodyOf } from './body.ts';
import type { Api } from './api.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';
import { printable } from './text.ts';
import { formatSize } from './units.ts';

export type Entry = {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly modifiedAt: string;
};

export type Download = {
  readonly api: Api;
  readonly entry: Entry;
  /** Another path of the API than that of the content of the entry. */
  readonly from?: string;
  /** `-` is stdout. */
  readonly output: string | undefined;
  readonly force: boolean;
};

/**
 * Saves a file under its name only once every byte is there and its SHA-256 is the recorded one. Bytes that go to
 * stdout cannot be taken back, so there the exit status tells.
 */
export async function downloadFile(
  parts: CliParts,
  { api, entry, from, output, force }: Download,
): Promise<void> {
  const target = output ?? safeName(entry.name);
  const toStdout = target === '-';
  if (!toStdout && !force && existsSync(target)) throw existsAlready(target);
  const response = await api.client.download(from ?? `/files/${segment(entry.id)}/content`);
  const expected = expectedHash(response, entry);
  const hash = createHash('sha256');
  const progress = showProgress(parts);
  progress.begin(entry.name, entry.size);
  const chunks = hashed(response, hash, progress.add);
  try {
    const size = toStdout
      ? await toStream(chunks, parts.stdout)
      : await toFile(chunks, target, force, () => verify(hash, expected, entry));
    progress.end();
    if (toStdout) verify(hash, expected, entry);
    else
      writeLine(
        parts.stderr,
        `${printable(target)}: ${formatSize(size)}, SHA-256 ${expected} as recorded`,
      );
  } finally {
    progress.end();
  }
}

/** The server's name for the file, as a name here: never a path, never hidden by surprise. */
function safeName(name: string): string {
  const safe = basename(name);
  if (safe === '' || safe === '.' || safe === '..' || safe === '-') {
    throw new CliFailure(
      exitCodes.usage,
      `the file is called '${printable(name)}'; say where to put it with -o`,
    );
  }
  return safe;
}

function existsAlready(target: string): CliFailure {
  return new CliFailure(
    exitCodes.failed,
    `${target} exists; name another file with -o, or replace it with --force`,
  );
}

/** From RFC 9530 `Repr-Digest`, a strong ETag that is the hash itself, or the entry. */
export function expectedHash(response: Response, entry: Pick<Entry, 'sha256'>): string {
  const [, base64] =
    /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(response.headers.get('repr-digest') ?? '') ?? [];
  if (base64 !== undefined) return Buffer.from(base64, 'base64').toString('hex');
  const [, etag] =
    /^"(?:sha256[-:])?([0-9a-f]{64})"$/.exec(response.headers.get('etag') ?? '') ?? [];
  const expected = etag ?? entry.sha256;
  if (expected !== null && expected !== undefined) return expected;
  throw new CliFailure(
    exitCodes.failed,
    'the server gave no SHA-256 to check the file against, so it was not saved',
  );
}

function verify(hash: Hash, expected: string, entry: Entry): void {
  const actual = hash.digest('hex');
  if (actual === expected) return;
  throw new CliFailure(
    exitCodes.failed,
    `${printable(entry.path)} did not arrive whole: its SHA-256 is ${actual}, and ${expected} was recorded`,
    ['try again; if it happens again, look at `waybill doctor --deep` on the host'],
  );
}

async function* hashed(
  response: Response,
  hash: Hash,
  add: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of bodyOf(response)) {
      hash.update(chunk);
      add(chunk.byteLength);
      yield chunk;
    }
  } catch (error) {
    const { message } = error as Error;
    throw new CliFailure(
      exitCodes.failed,
      `the download broke off (${printable(message)}); try again`,
    );
  }
}

export async function toStream(
  chunks: AsyncIterable<Uint8Array>,
  stream: CliParts['stdout'],
): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  return size;
}

/** Through a temporary file beside the target, so that no half of a file ever has its name. */
export async function toFile(
  chunks: AsyncIterable<Uint8Array>,
  target: string,
  force: boolean,
  check: () => void,
): Promise<number> {
  const temporary = `${target}.${randomBytes(4).toString('hex')}.part`;
  let size = 0;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of chunks) {
        size += chunk.byteLength;
        await file.writeFile(chunk);
      }
      check();
      await file.sync();
    } finally {
      await file.close();
    }
    if (force) await rename(temporary, target);
    else await placeNew(temporary, target);
    return size;
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(exitCodes.failed, `cannot save the file: ${(error as Error).message}`);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** `link` refuses a name that came up meanwhile, where `rename` would replace it. */
async function placeNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existsAlready(target);
    // File systems without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    await rename(temporary, target);
  }
}
