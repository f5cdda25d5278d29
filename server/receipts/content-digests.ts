import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContentReader } from '../blobs/content-reader.ts';
import type { BlobStore } from '../blobs/store.ts';
import { Fault } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import type { SignedHash } from '../signing/verify-sshsig.ts';

const pieceBytes = 1024 * 1024;
/** For one part of reading and hashing it rests so many: the server has other things to do. */
const restsPerWork = 3;
const keptMax = 1_000;

/**
 * Digests of contents. The one that the server keeps costs nothing; for another the whole content is read, at a pace that
 * nobody notices, and once: a sender that signs one content over and over has it read no second time.
 */
export class ContentDigests {
  readonly #store: BlobStore;
  /** By blob and hash, the oldest first; a content that was published never changes. */
  readonly #kept = new Map<string, Buffer>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** @throws Fault `storage-failed`, `server-stopping` */
  async of(file: BlobGrant, hash: SignedHash, signal: AbortSignal): Promise<Buffer> {
    if (hash === 'sha256' && file.sha256 !== null) return Buffer.from(file.sha256, 'hex');
    const name = `${file.blobId} ${hash}`;
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const digest = await this.#read(file, hash, signal);
    this.#kept.set(name, digest);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest);
    return digest;
  }

  async #read(file: BlobGrant, hash: SignedHash, signal: AbortSignal): Promise<Buffer> {
    const reader = await ContentReader.open(this.#store, file);
    try {
      const digest = createHash(hash);
      for (let at = 0; at < file.size; at += pieceBytes) {
        if (signal.aborted) throw new Fault('server-stopping');
        const startedMs = performance.now();
        digest.update(await reader.read(at, pieceBytes));
        if (file.size > pieceBytes)
          await sleep((performance.now() - startedMs) * restsPerWork, undefined, { ref: false });
      }
      return digest.digest();
    } finally {
      await reader.close();
    }
  }
}
