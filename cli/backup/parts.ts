import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CliFailure, exitCodes } from '../parts.ts';
import { measure, readChunks, writeWhole } from './files.ts';
import { openManifest, partNames } from './manifest.ts';
import type { Manifest, Part, PartName } from './manifest.ts';
import type { SealingKey } from './keys.ts';
import type { Repository } from './repository.ts';
import { seal, unseal } from './sealed.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** One backup, and the key that opens it. */
export type OpenBackup = {
  readonly repository: Repository;
  readonly name: string;
  readonly key: Buffer;
};

/** Seals a part into its place, and reads it back from there. @throws CliFailure where it is not what was written */
export async function sealPart(
  { repository, name: backup, key }: OpenBackup,
  name: PartName,
  plain: Bytes,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Part> {
  const path = join(repository.directoryOf(backup), name);
  const before = createHash('sha256');
  const written = await writeWhole(path, seal(key, name, hashing(plain, before)), onBytes);
  const after = createHash('sha256');
  const found = await measure(path);
  for await (const chunk of unseal(key, name, readChunks(path))) after.update(chunk);
  if (found.sha256 !== written.sha256 || after.digest('hex') !== before.digest('hex'))
    throw new CliFailure(exitCodes.failed, `${path} does not read back as it was written`, [
      'the disk or the network that the backup goes to is faulty',
    ]);
  return { name, ...written };
}

async function* hashing(
  chunks: Bytes,
  hash: ReturnType<typeof createHash>,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** What a part holds. */
export function unsealPart({ repository, name, key }: OpenBackup, part: PartName): Bytes {
  return unseal(key, part, readChunks(join(repository.directoryOf(name), part)));
}

/**
 * Opens a backup, having seen that every sealed part of it is there and is what the manifest says.
 *
 * @throws CliFailure that names what is missing or damaged
 */
export async function openBackup(
  repository: Repository,
  name: string,
  sealing: SealingKey,
): Promise<{ readonly backup: OpenBackup; readonly manifest: Manifest }> {
  const { manifest, key } = await openManifest(repository, name, sealing);
  for (const partName of partNames) {
    const path = join(repository.directoryOf(name), partName);
    const part = manifest.parts.find((each) => each.name === partName);
    const found = await measure(path).catch((error: unknown) => {
      throw damaged(name, `${path} cannot be read (${(error as Error).message})`);
    });
    if (found.bytes !== part?.bytes || found.sha256 !== part.sha256)
      throw damaged(
        name,
        `${path} is not what was written: it has ${found.bytes} bytes with SHA-256 ${found.sha256}, and the manifest says ${part?.bytes ?? 'no'} bytes with ${part?.sha256 ?? 'none'}`,
      );
  }
  return { backup: { repository, name, key }, manifest };
}

export function damaged(backup: string, how: string): CliFailure {
  return new CliFailure(exitCodes.failed, `the backup ${backup} is damaged: ${how}`, [
    'restore another one; `waybill backup list` shows them',
  ]);
}

/** A blob of a backup, as it is stored. */
export type BlobLine = { readonly id: string; readonly bytes: number; readonly sha256: string };

export function blobLine({ id, bytes, sha256 }: BlobLine): Buffer {
  return Buffer.from(`${id} ${bytes} ${sha256}\n`);
}

/** The blobs of a backup in the order of their ids. */
export async function* blobLines(backup: OpenBackup): AsyncIterable<BlobLine> {
  let rest = '';
  for await (const chunk of unsealPart(backup, 'blobs.sealed')) {
    const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [id = '', bytes = '', sha256 = ''] = line.split(' ');
      yield { id, bytes: Number(bytes), sha256 };
    }
  }
}

/** Looks up blobs in the list of another backup; asked in the order of their ids, it holds one line at a time. */
export class KnownBlobs {
  readonly #lines: AsyncIterator<BlobLine> | undefined;
  #next: BlobLine | undefined;
  #isDone = false;

  constructor(lines: AsyncIterable<BlobLine> | undefined) {
    this.#lines = lines?.[Symbol.asyncIterator]();
    this.#isDone = lines === undefined;
  }

  async find(id: string): Promise<BlobLine | undefined> {
    while (!this.#isDone && (this.#next === undefined || this.#next.id < id)) {
      const next = await this.#lines!.next();
      if (next.done === true) this.#isDone = true;
      else this.#next = next.value;
    }
    return this.#next?.id === id ? this.#next : undefined;
  }
}
