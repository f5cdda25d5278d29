/**
 * Where bytes at rest are. No path and no engine shows through, so that object storage can stand in for a local disk.
 * Every method throws a `Fault`: `storage-full`, `storage-failed` or (a blob that is not there) `content-corrupt`.
 */
export interface BlobStore {
  /** A new, empty blob, open for reading and writing. Fails when the id is taken. Not durable before `sync`. */
  create(blobId: string): Promise<BlobFile>;
  open(blobId: string, options: { readonly write: boolean }): Promise<BlobFile>;
  /** Idempotent; when it resolves, the blob does not come back after a power loss. */
  remove(blobId: string): Promise<void>;
  /** Every blob id there is, in no order. */
  list(): AsyncIterable<string>;
  /**
   * To be asked before `bytes` more are taken from a client, so that what else lives on the disk goes on. Says what a look
   * a moment ago said.
   *
   * @throws Fault `storage-full` when they would touch the reserve
   */
  admit(bytes: number): void;
  /** Bytes of the whole store, and bytes that can still be written. */
  space(): Promise<{ readonly bytesTotal: number; readonly bytesFree: number }>;
}

/** One open blob. Calls may overlap; calls on overlapping bytes are the caller's to order. */
export interface BlobFile {
  size(): Promise<number>;
  /** Bytes read into `target`; fewer than its length only where the file ends. */
  read(position: number, target: Buffer): Promise<number>;
  /** Writes all of the buffers, one behind the other. They must not change before this resolves. */
  write(position: number, buffers: readonly Buffer[]): Promise<void>;
  /** Cuts or extends (with zeros) to `bytes`. */
  truncate(bytes: number): Promise<void>;
  /** What was written, and the blob's very existence, survive a power loss once this resolves. */
  sync(): Promise<void>;
  /** Waits for calls that are under way. Idempotent. */
  close(): Promise<void>;
}
