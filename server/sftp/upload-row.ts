import { partialOf } from '../blobs/inline-content.ts';
import { verifiedPrefix } from '../blobs/recovery.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { BlobGrant } from '../domain/grants.ts';
import type { StoredContent } from '../domain/requests.ts';

/** Has the monitor record where the bytes of an upload are: in the row, or (null) in the file. */
export type Keep = (content: StoredContent) => Promise<unknown>;

/** What the row of an upload has of its bytes, as far as they verify. */
export type Kept = { readonly size: number; readonly content: Uint8Array };

/**
 * What the monitor has on record of where an upload's bytes are. While they are in the row a recovery trusts the row, and
 * a file beside it is nothing.
 */
export class UploadRow {
  readonly #store: BlobStore;
  readonly #blob: BlobGrant;
  readonly #keep: Keep;
  #content: StoredContent;
  #isFile = false;

  constructor(store: BlobStore, blob: BlobGrant, keep: Keep) {
    this.#store = store;
    this.#blob = blob;
    this.#keep = keep;
    this.#content = blob.content;
  }

  /** Has it recorded that the bytes, durable, are these, or the file. */
  async keep(content: StoredContent): Promise<void> {
    if (content === null && this.#isFile) return;
    // Also where the answer is lost it may be so.
    if (content !== null) this.#content = content;
    await this.#keep(content);
    this.#content = content;
    this.#isFile = content === null;
  }

  /** The bytes are a file from now on, and where the row has some it says so, once the file has no less of them. */
  async onFile(makeDurable: () => Promise<number>): Promise<void> {
    if (this.#content === null) return;
    const keptBytes = (await this.kept())?.size ?? 0;
    if ((await makeDurable()) >= keptBytes) await this.keep(null);
  }

  /** What the row has; null where that is nothing. */
  async kept(): Promise<Kept | null> {
    const content = this.#content;
    if (content === null) return null;
    const { blobId, dataKey } = this.#blob;
    const size = await verifiedPrefix(this.#store, { blobId, dataKey, content });
    return size === 0 ? null : { size, content: partialOf(content, size) };
  }
}
