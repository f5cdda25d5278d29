import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { FileSystem } from '../../server/blobs/file-system.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import type { BlobStore } from '../../server/blobs/store.ts';
import { ContentReader } from '../../server/blobs/content-reader.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { BlobGrant } from '../../server/domain/grants.ts';

export const block = 65_536;

/** A directory that goes away with the test. */
export function scratchDirectory(t: Test): string {
  const directory = fs.mkdtempSync(join(tmpdir(), 'waybill-blobs-'));
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function scratchStore(
  t: Test,
  fileSystem?: FileSystem,
): Promise<{ directory: string; store: BlobStore }> {
  const directory = scratchDirectory(t);
  return { directory, store: await openLocalDisk(directory, fileSystem) };
}

export function newBlob(): BlobGrant {
  return {
    blobId: randomBytes(16).toString('hex'),
    dataKey: randomBytes(32),
    size: 0,
    root: null,
    sha256: null,
    content: null,
  };
}

export function blobPath(directory: string, blobId: string): string {
  return join(directory, blobId.slice(0, 2), blobId);
}

/** Bytes that differ from block to block and are the same each time. */
export function patterned(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1)
    bytes[at] = (at * 7 + Math.floor(at / 251) + seed * 31) & 0xff;
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function publish(
  store: BlobStore,
  content: Buffer,
  blob = newBlob(),
): Promise<BlobGrant> {
  const writer = await ContentWriter.create(store, blob, null);
  for (let at = 0; at < content.length; at += 32_768)
    await writer.write(at, content.subarray(at, at + 32_768));
  return { ...blob, ...(await writer.finish()) };
}

export async function readAll(
  store: BlobStore,
  blob: BlobGrant,
  pieceBytes = 32_768,
): Promise<Buffer> {
  const reader = await ContentReader.open(store, blob);
  try {
    const pieces: Buffer[] = [];
    for (let at = 0; ;) {
      const piece = await reader.read(at, pieceBytes);
      if (piece.length === 0) return Buffer.concat(pieces);
      pieces.push(Buffer.from(piece));
      at += piece.length;
    }
  } finally {
    await reader.close();
  }
}

/** The code of the fault that `work` ends with; anything else is thrown. */
export async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

export type Call =
  'open' | 'close' | 'read' | 'writev' | 'fsync' | 'ftruncate' | 'fstat' | 'mkdir' | 'unlink';

/** The real file system with something in front of each call: an errno to fail with, or null to go on. */
export function failingFileSystem(decide: (call: Call) => string | null): FileSystem {
  const wrap =
    (call: Call) =>
    (...parts: unknown[]): void => {
      const code = decide(call);
      const done = parts.at(-1) as (error: Error | null) => void;
      if (code === null) (fs[call] as (...parts: unknown[]) => void)(...parts);
      else
        setImmediate(() =>
          done(Object.assign(new Error(`${code}: injected, '/secret/path'`), { code })),
        );
    };
  const calls: Call[] = [
    'open',
    'close',
    'read',
    'writev',
    'fsync',
    'ftruncate',
    'fstat',
    'mkdir',
    'unlink',
  ];
  const wrapped = Object.fromEntries(calls.map((call) => [call, wrap(call)]));
  return { ...fs, ...wrapped };
}
